"""What a question says of a table: conditions, groups, measures, order, and the words that give its aim away."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hab_core.chat.offline import numbers
from hab_core.chat.offline.columns import Meant, find_columns
from hab_core.chat.offline.lexicon import Lexicon
from hab_core.chat.offline.text import Question, Token, choose, squeeze
from hab_core.chat.offline.times import Unit, find_times, find_units
from hab_core.chat.offline.values import condition_of, find_values, yes_or_no
from hab_core.chat.offline.words import (
    CLASSIFIERS,
    GROUP_AFTER,
    GROUP_BEFORE,
    KNOWN_BEFORE_ROWS,
    SIGNALS,
    SUPERLATIVE_BEFORE,
)

Condition = dict[str, Any]
_ORDER = ("column", "value", "time", "unit")
_NUMBER_WANTED = frozenset(
    {"mean", "sum", "median", "max", "min", "std", "outlier", "percentile", "correlation", "most", "least"}
)
_FUNCTIONS = ("mean", "median", "std", "sum", "max", "min")
_ADDITIVE = re.compile(r"(?:수|인원|건수|대수|량|액|합계|횟수|면수)$")
_CONTEXT_ONLY = 3
_ADDRESS = re.compile(r"(?<![가-힣□])([가-힣]{1,8}\d{0,3}(?:동|읍|면|리|로|길|시장|역))(?:에|의|에서|쪽|\s|$)")
_NO_ADDRESS = re.compile(
    r"도로|얼마|어디|구역$|지역$|별로$|으로$|대로$|따로$|서로$|주로$|바로$|새로$|위로$|그대로$|라면$|하면$|보면$|우리$|거리$|정리$|자리$|끼리$|활동$|이동$|자동$"
)
_MEASURED = re.compile(r"(?:평균|합계|총|중앙값)\s?$")
"""What makes a column a measure also where 기준 follows it: 평균 ECLO 기준으로."""
_HIGH = re.compile(r"(?:높|큰|비싼|긴|넓|빠른|낮|작|싼|짧)[가-힣]*\s?$")


@dataclass(frozen=True)
class Group:
    """Something rows are grouped by: the column, and the unit of time or place it stands for."""

    column: str
    unit: str | None = None


@dataclass
class Reading:
    """A question as the rules understand it.

    Attributes:
        question: The question.
        lexicon: The table it is asked of.
        signals: Names of ``SIGNALS`` whose words occur.
        conditions: Which rows are asked about.
        groups: What they are grouped by.
        measures: Columns of numbers that something is computed of.
        others: Other columns that are named.
        compared: Column several values of which are set against each other.
        contrasts: Sets of conditions that are set against each other, by what the question calls them.
        target: The condition whose share is asked for: the last one named.
        top: How many are asked for.
        aggregates: The functions that are named.
        unknown: A noun before what the rows are called that the table knows nothing of: 음주운전 사고.
        context: Columns of a party that is spoken of without naming one of its columns.
    """

    question: Question
    lexicon: Lexicon
    signals: frozenset[str] = frozenset()
    conditions: list[Condition] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    compared: str | None = None
    contrasts: dict[str, list[Condition]] = field(default_factory=dict)
    target: Condition | None = None
    top: int | None = None
    aggregates: list[str] = field(default_factory=list)
    context: list[str] = field(default_factory=list)
    unknown: str | None = None

    def has(self, *names: str) -> bool:
        """Whether one of these signals was given."""
        return not self.signals.isdisjoint(names)

    @property
    def aggregate(self) -> str | None:
        """The first function that is named; None where none is."""
        return self.aggregates[0] if self.aggregates else None

    @property
    def keys(self) -> list[str]:
        """Columns that can serve as keys: groups first, then other columns that are named."""
        return list(dict.fromkeys([*(group.column for group in self.groups), *self.others]))

    @property
    def ascending(self) -> bool:
        """Whether the fewest or lowest are asked for."""
        return self.has("least") and not re.search(
            r"(?:가장|제일|젤)\s?(?:많|큰|높|비싼)|최다|최대|상위", self.question.text
        )

    @cached_property
    def recognised(self) -> int:
        """How many things of the table the question names."""
        return len(self.conditions) + len(self.groups) + len(self.measures) + len(self.others) + len(self.contrasts)


def read(message: str, lexicon: Lexicon) -> Reading:
    """Returns what a question says of a table."""
    return _Reader(Question.of(message), lexicon).read()


class _Reader:
    """Reads one question against one table, step by step."""

    def __init__(self, question: Question, lexicon: Lexicon) -> None:
        """Finds everything that may be meant and keeps what fits together best."""
        self.question = question
        self.lexicon = lexicon
        candidates = [
            *find_columns(question, lexicon.columns),
            *find_values(question, lexicon),
            *find_times(question, lexicon),
            *find_units(question, lexicon),
        ]
        self.tokens = choose(candidates, _ORDER)
        self.reading = Reading(question, lexicon)
        self.spent: list[tuple[int, int]] = []
        self._aimed = -1

    def read(self) -> Reading:
        """Returns the reading."""
        known = [token for token in self.tokens if token.kind != "unit"]
        plain = self.question.masked(known)
        self.reading.signals = frozenset(name for name, words in SIGNALS.items() if re.search(words, plain))
        self.reading.aggregates = [name for name in _FUNCTIONS if self.reading.has(name)]
        self._columns()
        self._bounds()
        self._values()
        self._times()
        self._units()
        self._addresses()
        for start, end in self.spent:
            plain = plain[:start] + "□" * (end - start) + plain[end:]
        self.reading.top = numbers.top_n(plain)
        self.reading.unknown = self._unknown()
        return self.reading

    def _columns(self) -> None:
        """Decides of each column that is named what it is there for."""
        for token in self._of("column"):
            condition = yes_or_no(token, self.question, self.lexicon)
            equal = numbers.equal_to(token, self.question)
            best = token.meaning[0].column
            if condition is not None and not self._quantity_wanted(token):
                self._add(condition)
            elif equal is not None and self.lexicon.is_number(best):
                self._add({"column": best, "operator": "==", "value": equal[0]})
                self.spent.append((self.question.span(token)[1], equal[1]))
            elif self._is_classifier(token):
                continue
            elif _is_context(token.meaning) or self._of_row_noun(token):
                self.reading.context += [meant.column for meant in token.meaning]
            else:
                self._place(token)

    def _is_classifier(self, token: Token) -> bool:
        """Whether a word only says of the column before it that it has classes: 유형 in 법규위반 유형별."""
        start, end = self.question.span(token)
        behind_column = any(other.end == token.start for other in self._of("column"))
        return behind_column and self.question.text[start:end] in CLASSIFIERS

    def _of_row_noun(self, token: Token) -> bool:
        """Whether a part of a name only belongs to what the rows are called: 단속 in 단속카메라."""
        noun = squeeze(self.lexicon.source.rows_are.noun)
        return token.meaning[0].completeness < 1 and self.question.rest(token.end).startswith(noun)

    def _quantity_wanted(self, token: Token) -> bool:
        """Whether a column of yes and no shares its name with a count, which is what the question asks about."""
        numeric = any(self.lexicon.is_number(meant.column) for meant in token.meaning)
        booleans = any(meant.column in self.lexicon.booleans for meant in token.meaning)
        return numeric and booleans and self.reading.has("mean", "sum", "most", "least")

    def _place(self, token: Token) -> None:
        """Puts a column that is named among groups, measures or others."""
        before, after = self.question.before(token), self.question.after(token)
        grouped = bool(GROUP_AFTER.match(after) or GROUP_BEFORE.search(before)) and not _MEASURED.search(before)
        superlative = bool(SUPERLATIVE_BEFORE.search(before))
        column = self._meant(token.meaning, number=not grouped)
        number = self.lexicon.is_number(column)
        if number and superlative and not grouped:
            quantity = bool(_HIGH.search(before)) or bool(_ADDITIVE.search(column)) or column == "ECLO"
            grouped = not quantity
        if grouped or (superlative and not number):
            self._group(Group(column))
        elif number:
            _append(self.reading.measures, column)
        else:
            _append(self.reading.others, column)

    def _meant(self, meaning: list[Meant], number: bool) -> str:
        """Returns the column that is meant: a number where a number is wanted, a class where groups are."""
        wanted = number and self.reading.has(*_NUMBER_WANTED)
        fitting = [each.column for each in meaning if self.lexicon.is_number(each.column) == wanted]
        if wanted and fitting:
            return fitting[0]
        if not number and fitting and meaning[0].completeness < 1:
            return next((name for name in fitting if self.lexicon.kind(name) == "category"), fitting[0])
        return meaning[0].column

    def _bounds(self) -> None:
        """Turns bounds and ages into conditions; a column that only bounds something is no measure."""
        known = self._of("time", "value")
        text = self.question.masked(known)
        for start, end in self.spent:
            text = text[:start] + "□" * (end - start) + text[end:]
        named = [(self.question.span(token)[0], self._bounded(token)) for token in self._of("column")]
        for span, conditions in numbers.find_bounds(self.question, text, named, self.lexicon):
            self.spent.append(span)
            for condition in conditions:
                self._add(condition)
                self._no_measure(condition["column"], span)

    def _bounded(self, token: Token) -> str:
        """Returns which of the columns a word may mean has values that can be bounded: numbers or ages."""
        fitting = (
            meant.column
            for meant in token.meaning
            if self.lexicon.is_number(meant.column) or meant.column in self.lexicon.ages
        )
        first: str = token.meaning[0].column
        return next(fitting, first)

    def _no_measure(self, column: str, span: tuple[int, int]) -> None:
        """Takes a column out of measures and others where it was named only to be bounded."""
        tokens = [token for token in self._of("column") if self._bounded(token) == column]
        if len(tokens) > 1 or any(self.question.span(token)[0] > span[1] for token in tokens):
            return
        meant = {each.column for token in tokens for each in token.meaning}
        self.reading.measures = [name for name in self.reading.measures if name not in meant]
        self.reading.others = [name for name in self.reading.others if name not in meant]

    def _values(self) -> None:
        """Turns values into conditions; several of one column are set against each other."""
        seen: dict[str, list[Condition]] = {}
        for token in self._of("value"):
            near = [
                meant.column
                for other in reversed(self._of("column"))
                if other.end <= token.start
                for meant in other.meaning
            ]
            condition = condition_of(token, self.question, self.lexicon, near)
            seen.setdefault(condition["column"], []).append(condition)
            self._name_used(condition["column"])
            self._aim(token, condition)
        for column, conditions in seen.items():
            positive = [each for each in conditions if each["operator"] != "!="]
            for condition in conditions if len(positive) < 2 else [each for each in conditions if each not in positive]:
                self._add(condition)
            if len(positive) > 1:
                values = sorted({value for each in positive for value in _listed(each["value"])})
                self._add({"column": column, "operator": "in", "value": values})
                self.reading.compared = self.reading.compared or column

    def _aim(self, token: Token, condition: Condition) -> None:
        """Takes a condition for what a share is asked of, where no later one is named."""
        if token.start >= self._aimed:
            self._aimed = token.start
            self.reading.target = condition

    def _name_used(self, column: str) -> None:
        """Takes a column out of the others where it was named only to say of which column a value is."""
        for name in self.lexicon.sources_of(column):
            if name in self.reading.others and not self.reading.has("share"):
                self.reading.others.remove(name)

    def _times(self) -> None:
        """Turns times into conditions; several of one part of the date are set against each other."""
        by_column: dict[str, list[Token]] = {}
        for token in self._of("time"):
            by_column.setdefault(token.meaning[0]["column"], []).append(token)
            self._aim(token, token.meaning[0])
            for condition in token.meaning:
                self.reading.measures = [name for name in self.reading.measures if name != condition["column"]]
        for column, tokens in by_column.items():
            if len(tokens) == 1:
                for condition in tokens[0].meaning:
                    self._add(condition)
            elif all(len(t.meaning) == 1 and t.meaning[0]["operator"] == "==" for t in tokens):
                values = [token.meaning[0]["value"] for token in tokens]
                self._add({"column": column, "operator": "in", "value": list(dict.fromkeys(values))})
                self.reading.compared = self.reading.compared or column
            else:
                self._contrast(tokens)

    def _contrast(self, tokens: list[Token]) -> None:
        """Sets times against each other that no single column tells apart: 주말 and 평일."""
        for token in tokens:
            start, end = self.question.span(token)
            self.reading.contrasts[self.question.text[start:end]] = list(token.meaning)

    def _units(self) -> None:
        """Turns units of time and place into groups."""
        for token in self._of("unit"):
            unit: Unit = token.meaning
            bare = unit.name in ("gu", "dong") and any(
                condition["column"] in unit.columns and condition["operator"] == "=="
                for condition in self.reading.conditions
            )
            if not bare:
                self._group(Group(unit.columns[0], unit.name))

    def _unknown(self) -> str | None:
        """Returns the noun that says which rows are meant and that neither table nor rules know."""
        noun = self.lexicon.source.rows_are.noun
        rest = self.question.masked(self.tokens)
        for start, end in self.spent:
            rest = rest[:start] + "□" * (end - start) + rest[end:]
        for match in re.finditer(
            rf"(?<![가-힣a-z□\d])([가-힣a-z]{{2,12}})\s{noun}(?![가-힣]*(?:유형|내용|일시))", rest
        ):
            if not KNOWN_BEFORE_ROWS.search(match[1]) and match[1] not in squeeze(self.lexicon.source.name):
                return match[1]
        return None

    def _addresses(self) -> None:
        """Looks for names of streets and neighbourhoods that no column lists in the addresses."""
        if not self.lexicon.addresses:
            return
        rest = self.question.masked(self.tokens)
        for match in _ADDRESS.finditer(rest):
            name = match[1]
            if len(name) > 2 and not _NO_ADDRESS.search(name) and name != self.lexicon.source.rows_are.noun:
                self._add({"column": self.lexicon.addresses[0], "operator": "contains", "value": name})

    def _group(self, group: Group) -> None:
        """Adds a group, once."""
        if group.column not in (each.column for each in self.reading.groups):
            self.reading.groups.append(group)

    def _add(self, condition: Condition) -> None:
        """Adds a condition, once."""
        _append(self.reading.conditions, condition)

    def _of(self, *kinds: str) -> list[Token]:
        """Returns the tokens of these kinds, in the order of the question."""
        return [token for token in self.tokens if token.kind in kinds]


def is_additive(column: str) -> bool:
    """Whether values of a column are counts that add up over rows, by its name."""
    return bool(_ADDITIVE.search(column))


def _is_context(meaning: list[Meant]) -> bool:
    """Whether a word is part of the names of many columns and so names none of them."""
    return len(meaning) >= _CONTEXT_ONLY and meaning[0].completeness < 0.9


def _listed(value: Any) -> list[Any]:
    """Returns a value, or the values of a list."""
    return value if isinstance(value, list) else [value]


def _append(items: list[Any], item: Any) -> None:
    """Adds an item, once."""
    if item not in items:
        items.append(item)
