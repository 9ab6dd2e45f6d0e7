from __future__ import annotations

import re

import pytest

from hab_ui.markdown import safe

_JOINER = "\u2060"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![그림](http://evil.example/x.png)", r"!\[그림\](http\://evil.example/x.png)"),
        ("[여기](http://evil.example)", r"\[여기\](http\://evil.example)"),
        ("<img src=x onerror=alert(1)>", r"\<img src=x onerror=alert(1)>"),
        (":red[속임수]", r"\:red\[속임수\]"),
        ("값은 $5와 $6", r"값은 \$5와 \$6"),
        ("18~20시, 22~23시", r"18\~20시, 22\~23시"),
    ],
    ids=["picture", "link", "html", "directive", "formula", "strike"],
)
def test_nothing_works_that_could_send_a_request_or_mislead(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_headings_lists_and_tables_stay() -> None:
    text = "# 결과\n\n- 하나\n- 둘\n\n| 요일 | 건수 |\n|:---|---:|\n| 월 | 3 |\n"
    assert safe(text) == text


def test_code_stays_as_it_is() -> None:
    assert safe("열 `a[0]:$x` 그리고 :red[x]") == r"열 `a[0]:$x` 그리고 \:red\[x\]"
    assert safe("```\nx[1] = $y\n```\n끝[1]") == "```\nx[1] = $y\n```\n끝\\[1\\]"


def test_code_that_is_still_being_written_stays_too() -> None:
    assert safe("보기:\n```\nx[1]") == "보기\\:\n```\nx[1]"


def test_what_is_escaped_already_is_not_escaped_again() -> None:
    assert safe(r"\[대괄호\] \| \*별\*") == r"\[대괄호\] \| \*별\*"


def test_bold_text_ends_between_a_sign_and_a_particle() -> None:
    """CommonMark takes ``**25%**로`` for no bold text; letters on both sides of the stars mend that."""
    shown = safe("**25%**로")
    assert shown == f"{_JOINER}**{_JOINER}25%{_JOINER}**{_JOINER}로"
    assert re.sub(_JOINER, "", shown) == "**25%**로"
