"""Receipts: where each figure of an answer comes from, so that no figure is made up unnoticed.

A figure is *verified* where a value of a tool result says the same, rounded as the figure is, in its unit, in the
record that the words before the figure name. It is *derived* where two values that stand in the same sentence give
it as difference, sum or ratio and a word says so. Everything else is *unverified*.

What may combine is bounded on purpose: among all pairs of a large result some ratio gives nearly every percentage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hab_core.chat.derivations import Cited, derive
from hab_core.chat.evidence import Evidence, Source, Text, Value
from hab_core.chat.figures import DATE_UNITS, Figure, find_figures
from hab_core.chat.wording import Wording
from hab_core.schemas.chat import Receipt, ToolCall

_ROUGHLY = re.compile(r"(?:약|대략|거의|거진)\s?$")
_BRACKET = re.compile(r"\s?\*{0,2}\s?\(\s?(?:전체의\s?|약\s?|비율\s?)?")
_COLON = re.compile(r"\*{0,2}\s?:\*{0,2}\s?")
_EXACT_BELOW = 10
_ROWS = ".items."
_KEY_FIELDS = frozenset(
    {"value", "keys", "min", "max", "items", "row_values", "column_values", "values", "span_days", "distinct_days",
     "days_without_rows"}
)  # fmt: skip
_SPANS = {"년간": 365.25, "일간": 1.0}
_SPAN_FIELDS = frozenset({"span_days", "distinct_days", "days_without_rows"})
_NEVER_ASKED = frozenset({"명", "원", "점"})
"""Counters that no argument (top_n, limit) is meant by."""
_LEVELS = frozenset({0.05, 0.01, 0.001})
_FIELDS_OF = {
    r"중앙값|중위수": {"median", "value", "values", "percentiles", "q2", "0.5"},
    r"평균(?:\s?ECLO|값)?": {"mean", "value", "values", "mean_eclo", "mean_share"},
    r"최솟값|최소": {"min", "value", "values", "low"},
    r"최댓값|최대": {"max", "value", "values", "high"},
    r"표준\s?편차": {"std", "value", "values"},
    r"합계|총합": {"sum", "value", "values"},
    r"크래머\s?V\)?": {"cramers_v"},
    r"상관계수|상관비\s?η": {"r", "matrix", "value"},
}
"""Words right before a figure, and the fields of results that they can mean."""
_CUES = [
    (re.compile(rf"(?:{words})(?:은|는|이|가|의|:|\s|\*|약|\(){{0,4}}$"), fields)
    for words, fields in _FIELDS_OF.items()
]


def find_receipts(
    response: str, calls: Sequence[ToolCall], question: str = "", names: Sequence[str] = ()
) -> list[Receipt]:
    """Returns one receipt for each figure of an answer, in order.

    Args:
        response: The answer.
        calls: The tool calls it rests on.
        question: What was asked; figures repeated from it are verified by it.
        names: Names of datasets, whose digits are no figures.
    """
    return _Auditor(response, calls, question, names).receipts()


def unverified(receipts: Sequence[Receipt]) -> list[str]:
    """Returns the figures that have no source, each once."""
    return list(dict.fromkeys(receipt.figure for receipt in receipts if receipt.status == "unverified"))


class _Auditor:
    """Looks for the source of every figure of one answer."""

    def __init__(self, response: str, calls: Sequence[ToolCall], question: str, given: Sequence[str]) -> None:
        """Gathers the evidence and finds the figures."""
        self.response = response
        self.evidence = Evidence.of(calls)
        names = [*self.evidence.names(), *given]
        self.figures = find_figures(response, names)
        self.asked = find_figures(question, names)
        self.wording = Wording(response, self.figures, self.evidence.labels)
        self.numbered = list(self.evidence.numbered())

    def receipts(self) -> list[Receipt]:
        """Returns the receipts."""
        found = {figure.start: self._chosen(figure) for figure in self.figures}
        bound = self._check_pairs(found)
        self._check_rows(found)
        for figure in self.figures:
            if found[figure.start] is None:
                found[figure.start] = self._derived(figure, found, bound.get(figure.start))
        return [_receipt(figure, found[figure.start]) for figure in self.figures]

    def _chosen(self, figure: Figure) -> Source | None:
        """Returns the best direct source of a figure; None where none fits the words before it."""
        sources = list(self._sources(figure))
        named = set() if figure.date else self.wording.records_before(figure)
        lists = {(call, _root(record)) for call, record in named}
        fitting = [
            each
            for each in sources
            if not each.record or (each.call, each.record) in named or (each.call, _root(each.record)) not in lists
        ]
        fitting.sort(key=lambda each: (each.call, each.record) not in named)
        return next(iter(fitting), None)

    def _sources(self, figure: Figure) -> Iterator[Source]:
        """Yields every direct source of a figure: those in results, then in arguments, then in the question."""
        if figure.date:
            yield from self._dated(figure)
            return
        if figure.unit in DATE_UNITS:
            yield from self._named_so(figure)
        fields = self._fields(figure)
        found = [value for value in self.evidence.values if self._says(figure, value)]
        if fields and any(value.field in fields for value in self.evidence.values):
            found = [value for value in found if value.field in fields or value.in_input]
        for value in sorted(found, key=lambda each: (_ROWS in f".{each.path}", each.in_input)):
            yield Source("verified", value.call, value.path, value.number, value.record)
        if figure.value in _LEVELS and self.response[: figure.start].rstrip().endswith("<"):
            for value in self.evidence.values:
                if value.field == "p" and value.number < figure.value:
                    yield Source("verified", value.call, value.path, value.number, value.record)
        for asked in self.asked:
            same_unit = asked.unit == figure.unit or not asked.unit or not figure.unit
            if not asked.date and asked.value == figure.value and same_unit:
                yield Source("verified", None, "question", figure.value)

    def _fields(self, figure: Figure) -> set[str]:
        """Returns the fields that the word right before a figure can mean; empty where it says nothing."""
        before = self.response[max(0, figure.start - 16) : figure.start]
        return next((fields for words, fields in _CUES if words.search(before)), set())

    def _dated(self, figure: Figure) -> Iterator[Source]:
        """Yields the dates of the results that a date shortens, and those of arguments and question."""
        parts = figure.date
        for text, date in self.evidence.dates():
            if date[: len(parts)] == parts:
                yield Source("verified", text.call, text.path, text.text, text.record)
        asked = any(each.date[: len(parts)] == parts for each in self.asked)
        given = {value.number for value in self.evidence.values if value.in_input}
        if asked or (len(parts) <= 3 and given.issuperset(parts)):
            yield Source("verified", None, "question", figure.text)

    def _named_so(self, figure: Figure) -> Iterator[Source]:
        """Yields the labels that are this number with this unit; what follows must be of the same record."""
        labels = [text for text, number, unit in self.numbered if (number, unit) == (figure.value, figure.unit)]
        in_lists = [text for text in labels if text.record]
        following = self.wording.measured_by(figure)
        for text in in_lists or labels:
            if following is None or not text.record or self._in_record(following, text):
                yield Source("verified", text.call, text.path, text.text, text.record)
        if figure.unit == "년":
            for text, date in self.evidence.dates():
                if date[0] == figure.value and not text.record.count("items"):
                    yield Source("verified", text.call, text.path, text.text)

    def _in_record(self, figure: Figure, label: Text) -> bool:
        """Whether a figure says something of the record of a label, of one named alike, or of no record at all."""
        places = [(value.call, value.record) for value in self.evidence.values if self._says(figure, value)]
        alike = [place for place in places if label.text in self.evidence.labels.get(place, ())]
        return bool(alike) or not places or any(not record for _, record in places)

    def _says(self, figure: Figure, value: Value) -> bool:
        """Whether a figure is a value, rounded as the figure is and in its unit."""
        number = abs(value.number)
        if figure.unit == "%":
            return self._says_percent(figure, value)
        if figure.unit in ("%p", "배"):
            return False
        if figure.unit in _SPANS:
            return value.field in _SPAN_FIELDS and round(number / _SPANS[figure.unit]) == figure.value
        if value.in_input and figure.unit in _NEVER_ASKED:
            return False
        if figure.unit in DATE_UNITS:
            whole = value.number == figure.value and value.number.is_integer()
            return whole and (value.in_input or (value.field in _KEY_FIELDS and not self.evidence.measures(value)))
        if value.is_share and figure.step == 1:
            return False
        return self._rounds(figure, number)

    def _says_percent(self, figure: Figure, value: Value) -> bool:
        """Whether a percentage is a share, or a percentile; 상위 10% is the 90th."""
        number = abs(value.number)
        if value.is_share:
            return self._rounds(figure, number * 100)
        from_top = self.response[max(0, figure.start - 3) : figure.start].strip() == "상위"
        return value.field == "percentile" and self._rounds(figure, 100 - number if from_top else number)

    def _rounds(self, figure: Figure, number: float) -> bool:
        """Whether a number rounds to a figure; small whole figures must be exact unless they say 약."""
        wanted = abs(figure.value)
        if figure.rough:
            return wanted <= number < wanted + max(figure.step, _last_place(wanted))
        roughly = bool(_ROUGHLY.search(self.response[max(0, figure.start - 4) : figure.start]))
        if figure.step >= 1 and wanted < _EXACT_BELOW and not roughly and figure.unit != "%":
            return number == wanted
        return abs(number - wanted) <= figure.step / 2 + 1e-9 * max(1.0, number)

    def _check_pairs(self, found: dict[int, Source | None]) -> dict[int, Figure]:
        """Takes the sources of figures that stand together, as 274대(25.7%) or 50: 274대, but come from two records.

        Returns:
            For each percentage in brackets the count before it, which alone it may be a share of.
        """
        bound: dict[int, Figure] = {}
        for first, second in pairwise(self.figures):
            between = self.response[first.end : second.start]
            bracket = bool(_BRACKET.fullmatch(between)) and second.unit == "%" and first.unit not in DATE_UNITS
            if not bracket and not _COLON.fullmatch(between):
                continue
            if bracket and found[first.start] is not None:
                bound[second.start] = first
            if self._apart(first, second, strictly=bracket):
                found[second.start] = None
                if not bracket:
                    found[first.start] = None
        return bound

    def _apart(self, first: Figure, second: Figure, strictly: bool) -> bool:
        """Whether two figures have sources in one list (strictly: the first in any list), but none in one record."""
        records = [
            {(each.call, each.record) for each in self._sources(figure) if each.record} for figure in (first, second)
        ]
        lists = [{(call, _root(record)) for call, record in each} for each in records]
        return bool(lists[0] if strictly else lists[0] & lists[1]) and not records[0] & records[1]

    def _check_rows(self, found: dict[int, Source | None]) -> None:
        """Takes the sources of figures that stand in one line of a list but come from different rows of a table."""
        for figures in self.wording.lines():
            rows = {figure.start: self._rows_only(figure) for figure in figures if found[figure.start] is not None}
            rows = {start: places for start, places in rows.items() if places}
            if len(rows) < 2:
                continue
            counts = [place for places in rows.values() for place in places]
            best = max(counts, key=lambda place: (counts.count(place), place))
            for start, places in rows.items():
                if best not in places:
                    found[start] = None

    def _rows_only(self, figure: Figure) -> set[tuple[int | None, str]]:
        """Returns the rows of tables that a figure can come from; empty where it can come from elsewhere too."""
        sources = list(self._sources(figure))
        if not all(_ROWS in f".{each.record}" for each in sources):
            return set()
        return {(each.call, each.record) for each in sources}

    def _derived(self, figure: Figure, found: dict[int, Source | None], bound: Figure | None) -> Source | None:
        """Returns how values cited in the same sentence give a figure; None where they don't."""
        if figure.date or figure.unit in DATE_UNITS:
            return None
        start, end = self.wording.sentence(figure)
        named = self.wording.named_in(start, end)
        cited, parts = [], []
        for other in self.figures:
            source = found[other.start]
            if other is figure or source is None or source.call is None or not isinstance(source.value, float):
                continue
            value = Cited(str(source.path), source.call, source.value, source.record)
            here = start <= other.start < end
            recalled = self.wording.sentence_before(figure, 2) <= other.start < start and (
                (source.call, source.record) in named
            )
            if bound is None and self.wording.sentence_before(figure) <= other.start < end:
                parts.append(value)
            if source.status == "verified" and (other is bound if bound is not None else here or recalled):
                cited.append(value)
        return self._first_fitting(
            figure,
            derive(
                figure.unit,
                self.response[start:end],
                cited,
                self.evidence.values,
                parts=parts,
                of_total_only=bound is not None,
            ),
        )

    def _first_fitting(self, figure: Figure, sources: Iterator[Source]) -> Source | None:
        """Returns the first derived source that rounds to a figure."""
        for source in sources:
            if isinstance(source.value, float) and self._rounds(figure, abs(source.value)):
                return source
        return None


def _last_place(number: float) -> float:
    """Returns the place of the last digit of a whole number that is not zero: 1,000 of 36,000."""
    place = 1.0
    while number and number % (place * 10) == 0:
        place *= 10
    return place


def _root(record: str) -> str:
    """Returns the list that a record lies in."""
    return record.rpartition(".")[0]


def _receipt(figure: Figure, source: Source | None) -> Receipt:
    """Returns the receipt of a figure."""
    if source is None:
        return Receipt(figure=figure.text, value=figure.value, status="unverified", start=figure.start)
    return Receipt(
        figure=figure.text,
        value=source.value,
        status=source.status,
        tool_call=source.call,
        path=source.path,
        start=figure.start,
    )
