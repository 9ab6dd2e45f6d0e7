"""Questions as keys: the normal form of a question, and whether it leans on what was said before.

Both are pure functions: a cache may store an answer only under a question that stands on its own.
"""

from __future__ import annotations

import re
import unicodedata

_LEANING = re.compile(
    r"^(?:그럼|그러면|그렇다면|그렇담|그리고|그런데|근데|그래서|그래도|그거|그건|그게|그것|그중|그\s|이\s중|이중|이건|이거|이것|저건|또\s|또는\s|또,|다음은|다음으로|나머지|반대로|추가로|더\s|아까|방금|위\s|위의|위에|앞의|앞에서|이어서|계속|다시|여기서|거기서|왜\??$|왜\s?그)"
    r"|그\s?중(?:에|에서|\s)|이\s?중에서|그\s?(?:다음|외|밖|때|곳|날|구|동|값|결과|사고|달|해|요일|시간대?|지역|이유|데이터|표|열)(?=[^가-힣]|은|는|이|가|을|를|에|의|에서|들|도|만|과|와)"
    r"|(?:위|앞|방금|아까|이전|직전|지난)(?:의|에서|\s)?\s?(?:결과|답변?|질문|내용|말|표|조건|대화|것|언급|그래프|차트|사고|값)"
    r"|(?:방금|아까)\s|(?:해당|같은|동일한)\s?(?:조건|기간|방식|지역|구|시간대?|요일|결과|데이터|사고)|마찬가지로|거기(?:서|에)|나머지는|말고\s?다른|다른\s?(?:건|것은)"
    r"|(?:이|그|저)(?:것|거|건)(?:들)?(?:은|는|이|을|를|도|에|보다|만)?(?=\s|\?|$)"
)
_SHORT_TAIL = re.compile(r"^\S{1,12}(?:은|는|도)\s?[?？]*$")
_ASKS = re.compile(
    r"몇|얼마|언제|어디|무엇|뭐|누가|누구|어느|어떤|무슨|왜|건수|평균|합계|비율|별|가장|최|분포|결측|기간|범위|종류|시간|요일|값은|수는"
)


def leans_on_context(question: str) -> bool:
    """Returns whether a question can only be understood with the turns before it: 그럼 북구는? 그중 야간은?"""
    text = " ".join(unicodedata.normalize("NFC", question).split())
    if _LEANING.search(text):
        return True
    return bool(_SHORT_TAIL.match(text)) and not _ASKS.search(text)


def normalise_question(question: str) -> str:
    """Returns a question without what makes no difference: form of Unicode, case, blanks, closing marks.

    Equal normal forms ask the same; words and their order are kept.
    """
    text = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(text.split()).strip(" .?!~…。？！")
