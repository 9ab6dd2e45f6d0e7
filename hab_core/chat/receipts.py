"""Receipts: where each figure of an answer comes from, so that no figure is made up unnoticed.

A figure is *verified* where a value of a tool result says the same, rounded as the figure is, in its unit, and in
the record that the words before the figure name. It is *derived* where two values that stand in the same sentence
give it as difference, sum or ratio and a word says so. Everything else is *unverified*.

What may combine is bounded on purpose: among all pairs of a large result some ratio gives nearly every percentage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from hab_core.chat.evidence import Evidence, Value
from hab_core.chat.figures import Figure, find_figures
from hab_core.schemas.chat import Receipt, ToolCall

_SENTENCE = re.compile(r"(?<!\d)[.!?](?=\s|$)|(?<=[가-힣])\.(?=\s|$)|\n")
_DIFFERENCE = re.compile(
    r"차이|보다|더\s|늘|줄|증가|감소|격차|대비|비해|변화|벌어|앞서|많[고으은습다]|적[고으은습다]|높[고으은습다]|낮[고으은습다]|상승|하락"
)
_SUM = re.compile(r"합|모두|총|더하|더해|함께|전체|이상이|두\s|상위")
_RATIO = re.compile(r"배|대비|비율|비중|차지|중\s|가운데|에\s?해당|늘|줄|증가|감소|비해|더\s|상승|하락|%")
_ROUGHLY = re.compile(r"(?:약|대략|거의|거진|쯤)\s?$")
_EXACT_BELOW = 10
_MOST_TERMS = 10
_TOTALS = frozenset({"rows", "total_rows", "total", "count", "cells"})
_DATE_UNITS = frozenset({"시", "월", "일", "년", "세"})
_KEY_FIELDS = frozenset(
    {
        "value",
        "keys",
        "min",
        "max",
        "items",
        "row_values",
        "column_values",
        "values",
        "span_days",
        "distinct_days",
        "days_without_rows",
    }
)
_CLAUSE = 60


class _Source(NamedTuple):
    """A value that a figure may come from."""

    status: str
    call: int | None
    path: str | None
    value: float | str
    record: str = ""


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
        self.ends = [0, *(match.end() for match in _SENTENCE.finditer(response)), len(response) + 1]
        self._records_of_label = self._index_labels()

    def receipts(self) -> list[Receipt]:
        """Returns the receipts."""
        found = {figure.start: self._chosen(figure) for figure in self.figures}
        self._check_pairs(found)
        for figure in self.figures:
            if found[figure.start] is None:
                found[figure.start] = self._derived(figure, found)
        return [_receipt(figure, found[figure.start]) for figure in self.figures]

    def _index_labels(self) -> dict[str, list[tuple[int, str]]]:
        """Returns the records that each label names."""
        found: dict[str, list[tuple[int, str]]] = {}
        for place, labels in self.evidence.labels.items():
            for label in labels:
                found.setdefault(label, []).append(place)
        return found

    def _chosen(self, figure: Figure) -> _Source | None:
        """Returns the best direct source of a figure; None where there is none that fits the words before it."""
        sources = list(self._sources(figure))
        if not sources:
            return None
        named = self._named_records(figure)
        if named and not figure.date:
            lists = {(call, record.rpartition(".")[0]) for call, record in named}
            sources = [
                each
                for each in sources
                if not each.record
                or (each.call, each.record) in named
                or (each.call, each.record.rpartition(".")[0]) not in lists
            ]
        return next(iter(sources), None)

    def _sources(self, figure: Figure) -> Iterator[_Source]:
        """Yields every direct source of a figure, those in results first."""
        if figure.date:
            yield from self._dated(figure)
            return
        if figure.unit in _DATE_UNITS:
            yield from self._named_so(figure)
        inputs: list[_Source] = []
        for value in self.evidence.values:
            if self._says(figure, value):
                source = _Source("verified", value.call, value.path, value.number, value.record)
                if value.path.startswith("input"):
                    inputs.append(source)
                else:
                    yield source
        yield from inputs
        for asked in self.asked:
            same_unit = asked.unit == figure.unit or not asked.unit or not figure.unit
            if not asked.date and asked.value == figure.value and same_unit:
                yield _Source("verified", None, "question", figure.value)

    def _dated(self, figure: Figure) -> Iterator[_Source]:
        """Yields the dates of the results that a date shortens, and those of the question."""
        parts = figure.date
        for text, date in self.evidence.dates():
            if date[: len(parts)] == parts:
                yield _Source("verified", text.call, text.path, text.text, text.record)
        if any(asked.date[: len(parts)] == parts for asked in self.asked):
            yield _Source("verified", None, "question", figure.text)
        numbers = {value.number for value in self.evidence.values if value.path.startswith("input")}
        if parts[0] in numbers and len(parts) == 2 and parts[1] in numbers:
            yield _Source("verified", None, "question", figure.text)

    def _named_so(self, figure: Figure) -> Iterator[_Source]:
        """Yields the labels that are this number with this unit, and the years of dates."""
        following = self._following(figure)
        for text, number, unit in self.evidence.numbered():
            if number == figure.value and unit == figure.unit:
                agrees = following is None or self._in_record(following, text.call, text.record)
                if agrees:
                    yield _Source("verified", text.call, text.path, text.text, text.record)
        if figure.unit == "년":
            for text, date in self.evidence.dates():
                if date[0] == figure.value and not text.record:
                    yield _Source("verified", text.call, text.path, text.text)

    def _following(self, figure: Figure) -> Figure | None:
        """Returns the figure that a label belongs to: the next one in its clause that is no label itself."""
        for other in self.figures:
            if other.start >= figure.end:
                near = other.start - figure.end <= 12 and "," not in self.response[figure.end : other.start]
                return other if near and not other.date and other.unit not in _DATE_UNITS else None
        return None

    def _in_record(self, figure: Figure, call: int, record: str) -> bool:
        """Whether a figure has a source in a record, or none in any record of that list."""
        where = [
            (value.call, value.record) for value in self.evidence.values if value.record and self._says(figure, value)
        ]
        siblings = [
            place for place in where if place[0] == call and place[1].rpartition(".")[0] == record.rpartition(".")[0]
        ]
        return (call, record) in siblings or not record

    def _named_records(self, figure: Figure) -> set[tuple[int, str]]:
        """Returns the records that the words before a figure name, back to the figure before it."""
        before = [
            other.end
            for other in self.figures
            if other.end <= figure.start and other.unit not in _DATE_UNITS and not other.date
        ]
        floor = max([self._sentence(figure)[0], figure.start - _CLAUSE, *before[-1:]])
        words = self.response[floor : figure.start]
        best, place = "", -1
        for label in self._records_of_label:
            at = words.rfind(label) if label else -1
            if at >= 0 and _stands_alone(words, at, label) and (at + len(label), len(label)) > (place, len(best)):
                best, place = label, at + len(label)
        return set(self._records_of_label.get(best, []))

    def _sentence(self, figure: Figure) -> tuple[int, int]:
        """Returns where the sentence of a figure begins and ends."""
        for start, end in pairwise(self.ends):
            if start <= figure.start < end:
                return start, end
        return 0, len(self.response)

    def _says(self, figure: Figure, value: Value) -> bool:
        """Whether a figure is a value, rounded as the figure is and in its unit."""
        number = abs(value.number)
        if figure.unit == "%":
            return self._rounds(figure, number * 100 if value.is_share else number) and (
                value.is_share or value.field in ("percentile", "percentiles")
            )
        if figure.unit == "%p" or figure.unit == "배":
            return False
        if figure.unit in _DATE_UNITS:
            return value.number == figure.value and _tells_time(value)
        if value.is_share and figure.step == 1:
            return False
        return self._rounds(figure, number)

    def _rounds(self, figure: Figure, number: float) -> bool:
        """Whether a number rounds to a figure; small whole figures must be exact unless they say 약."""
        wanted = abs(figure.value)
        if figure.rough:
            return wanted <= number < wanted * 1.1
        whole = figure.step >= 1
        roughly = bool(_ROUGHLY.search(self.response[max(0, figure.start - 4) : figure.start]))
        if whole and wanted < _EXACT_BELOW and not roughly and figure.unit != "%":
            return number == wanted
        return abs(number - wanted) <= figure.step / 2 + 1e-9 * max(1.0, number)

    def _check_pairs(self, found: dict[int, _Source | None]) -> None:
        """Takes the source from a percentage in brackets behind a count of another record."""
        for first, second in pairwise(self.figures):
            between = self.response[first.end : second.start]
            if second.unit != "%" or not re.fullmatch(r"\s?\*{0,2}\s?\(\s?(?:전체의\s?|약\s?)?", between):
                continue
            count, share = found[first.start], found[second.start]
            if count is None or share is None or not count.record or not share.record:
                continue
            records = {each.record for each in self._sources(first)} & {each.record for each in self._sources(second)}
            if not records:
                found[second.start] = None

    def _derived(self, figure: Figure, found: dict[int, _Source | None]) -> _Source | None:
        """Returns how two values cited in the same sentence give a figure; None where they don't."""
        start, end = self._sentence(figure)
        sentence = self.response[start:end]
        cited = [
            source
            for other in self.figures
            if start <= other.start < end and other is not figure and (source := found[other.start]) is not None
            and isinstance(source.value, float) and source.status == "verified" and source.path != "question"
        ]  # fmt: skip
        if figure.date or figure.unit in _DATE_UNITS:
            return None
        for status, call, path, value in self._combinations(figure, sentence, cited):
            if self._rounds(figure, abs(value)):
                return _Source(status, call, path, value)
        return None

    def _combinations(
        self, figure: Figure, sentence: str, cited: list[_Source]
    ) -> Iterator[tuple[str, int | None, str | None, float]]:
        """Yields what may be combined to a figure of this unit."""
        percent = figure.unit in ("%", "%p")
        for a in cited:
            for b in cited:
                if a is b or not isinstance(a.value, float) or not isinstance(b.value, float):
                    continue
                if _alike(a, b):
                    yield from _pair(figure.unit, sentence, a, b)
            if percent and isinstance(a.value, float) and _RATIO.search(sentence):
                yield from self._of_total(a)
        if _SUM.search(sentence):
            yield from self._running_sums(percent, cited)

    def _of_total(self, part: _Source) -> Iterator[tuple[str, int | None, str | None, float]]:
        """Yields the share of a value of the totals of its own call."""
        if not isinstance(part.value, float):
            return
        for total in self.evidence.values:
            own = total.call == part.call and total.path != part.path
            if own and total.field in _TOTALS and not total.record and total.number:
                yield "derived", part.call, f"{part.path} / {total.path}", part.value / total.number * 100

    def _running_sums(self, percent: bool, cited: list[_Source]) -> Iterator[tuple[str, int | None, str | None, float]]:
        """Yields the sums of the first values of the lists that are cited: 상위 세 곳을 합하면."""
        wanted = {(each.call, each.record.rpartition(".")[0]) for each in cited if each.record}
        sums: dict[tuple[int, str, str], tuple[int, float]] = {}
        for value in self.evidence.values:
            root = value.record.rpartition(".")[0]
            if (
                (value.call, root) not in wanted
                or value.is_share != percent
                or value.path != f"{value.record}.{value.field}"
            ):
                continue
            key = (value.call, root, value.field)
            terms, total = sums.get(key, (0, 0.0))
            if terms < _MOST_TERMS:
                sums[key] = (terms + 1, total + value.number)
                if terms:
                    yield (
                        "derived",
                        value.call,
                        f"{root}.0–{terms}.{value.field}",
                        sums[key][1] * (100 if percent else 1),
                    )


def _pair(unit: str, sentence: str, a: _Source, b: _Source) -> Iterator[tuple[str, int | None, str | None, float]]:
    """Yields difference, sum and ratio of two values, as far as the sentence speaks of them."""
    if not isinstance(a.value, float) or not isinstance(b.value, float):
        return
    shares = bool(re.search(r"share$", str(a.path)))
    factor = 100.0 if shares else 1.0
    if unit == "%":
        if b.value and not shares and _RATIO.search(sentence):
            yield "derived", a.call, f"{a.path} / {b.path}", a.value / b.value * 100
            yield "derived", a.call, f"({a.path} - {b.path}) / {b.path}", (a.value / b.value - 1) * 100
        if shares and _SUM.search(sentence):
            yield "derived", a.call, f"{a.path} + {b.path}", (a.value + b.value) * 100
    elif unit == "배":
        if b.value:
            yield "derived", a.call, f"{a.path} / {b.path}", a.value / b.value
    elif unit == "%p" or not shares:
        if _DIFFERENCE.search(sentence):
            yield "derived", a.call, f"{a.path} - {b.path}", (a.value - b.value) * factor
        if _SUM.search(sentence):
            yield "derived", a.call, f"{a.path} + {b.path}", (a.value + b.value) * factor


def _alike(a: _Source, b: _Source) -> bool:
    """Whether two values measure the same: the same field of two records or of two calls."""
    last_a, last_b = str(a.path).split("."), str(b.path).split(".")
    return [part for part in last_a if not part.isdigit()] == [part for part in last_b if not part.isdigit()]


def _tells_time(value: Value) -> bool:
    """Whether a number can be a year, a month, a day, an hour or an age: whole, in the arguments or a key."""
    return value.number.is_integer() and (value.path.startswith("input") or value.field in _KEY_FIELDS)


def _stands_alone(words: str, at: int, label: str) -> bool:
    """Whether a label is no part of a longer number or of a longer word."""
    before = words[at - 1] if at else " "
    if label[0].isdigit() and (before.isdigit() or before in ".,"):
        return False
    return not (before.isalnum() and len(label) < 2)


def _receipt(figure: Figure, source: _Source | None) -> Receipt:
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
