"""What two values of a sentence may give: difference, sum and ratio, where a word of the sentence speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hab_core.chat.evidence import Source, Value

_DIFFERENCE = re.compile(
    r"차이|보다|더\s|늘|줄|증가|감소|격차|대비|비해|변화|벌어|앞서|많[고으은습다]|적[고으은습다]|높[고으은습다]|낮[고으은습다]|상승|하락"
)
_SUM = re.compile(r"합(?!계)|모두|총|더하|더해|함께|두\s|상위|이들")
_SHARE = re.compile(r"대비|비율|비중|차지|가운데|해당|\s중\s|중에서|전체")
_CHANGE = re.compile(r"늘|줄|증가|감소|비해|더\s|상승|하락|보다|대비|변화")
_PER = re.compile(r"하루|당\s|꼴|매일|평균|한\s?달|매월|마다")
_MOST_TERMS = 10
_SUMMED = frozenset({"count", "share", "value"})
_TOTALS = frozenset({"rows", "total_rows", "total", "count", "cells"})


class Cited(NamedTuple):
    """A value that stands in a sentence: where it comes from and what it is."""

    path: str
    call: int | None
    value: float
    record: str

    @property
    def is_share(self) -> bool:
        """Whether it is a share of 1."""
        return self.path.endswith("share")


def derive(
    unit: str,
    sentence: str,
    cited: Sequence[Cited],
    values: Sequence[Value],
    *,
    parts: Sequence[Cited] = (),
    of_total_only: bool = False,
) -> Iterator[Source]:
    """Yields what the values cited in a sentence may give, on the scale that a figure of this unit is written in.

    Args:
        unit: ``%``, ``%p``, ``배``, a counter or empty.
        sentence: The words that say what is combined.
        cited: The values, none of which is the figure itself.
        values: Everything the tool results hold, for totals and running sums.
        parts: Further values that may be a part of a total: sums and those of the sentence before.
        of_total_only: Whether only a share of a total is possible: a percentage in brackets behind its count.
    """
    if unit == "%" and (of_total_only or _SHARE.search(sentence)):
        for part in (*cited, *parts):
            yield from _of_totals(part, values)
    if of_total_only:
        return
    for a in cited:
        for b in cited:
            if a is not b:
                yield from _pair(unit, sentence, a, b)
    if _SUM.search(sentence):
        yield from _running_sums(unit, cited, values)


def _pair(unit: str, sentence: str, a: Cited, b: Cited) -> Iterator[Source]:
    """Yields difference, sum and ratio of two values, as far as unit and sentence speak of them."""
    alike = _shape(a.path) == _shape(b.path)
    if unit == "배" and b.value and alike:
        yield _source(a, f"{a.path} / {b.path}", a.value / b.value)
    elif unit == "%" and alike and a.is_share:
        if _SUM.search(sentence):
            yield _source(a, f"{a.path} + {b.path}", (a.value + b.value) * 100)
    elif unit == "%" and alike and b.value:
        if _SHARE.search(sentence):
            yield _source(a, f"{a.path} / {b.path}", a.value / b.value * 100)
        if _CHANGE.search(sentence):
            yield _source(a, f"({a.path} - {b.path}) / {b.path}", (a.value / b.value - 1) * 100)
    elif unit not in ("%", "배"):
        yield from _plain(unit, sentence, a, b, alike)


def _plain(unit: str, sentence: str, a: Cited, b: Cited, alike: bool) -> Iterator[Source]:
    """Yields what two values give in their own unit, or two shares in percentage points."""
    if (unit == "%p") != a.is_share:
        return
    factor = 100.0 if a.is_share else 1.0
    if alike and _DIFFERENCE.search(sentence):
        yield _source(a, f"{a.path} - {b.path}", (a.value - b.value) * factor)
    if alike and _SUM.search(sentence):
        yield _source(a, f"{a.path} + {b.path}", (a.value + b.value) * factor)
    if b.value and unit != "%p" and _PER.search(sentence):
        yield _source(a, f"{a.path} / {b.path}", a.value / b.value)


def _of_totals(part: Cited, values: Sequence[Value]) -> Iterator[Source]:
    """Yields the share of a value of the totals of its own call."""
    for total in values:
        own = total.call == part.call and total.path != part.path
        if own and total.field in _TOTALS and not total.record and total.number:
            yield _source(part, f"{part.path} / {total.path}", part.value / total.number * 100)


def _running_sums(unit: str, cited: Sequence[Cited], values: Sequence[Value]) -> Iterator[Source]:
    """Yields the sums of the first values of the lists that are cited: 상위 세 곳을 합하면."""
    percent = unit in ("%", "%p")
    wanted = {(each.call, _root(each.record)) for each in cited if each.record}
    sums: dict[tuple[int, str, str], tuple[int, float]] = {}
    for value in values:
        root = _root(value.record)
        direct = value.path == f"{value.record}.{value.field}"
        if (value.call, root) not in wanted or value.is_share != percent or not direct or value.field not in _SUMMED:
            continue
        terms, total = sums.get((value.call, root, value.field), (0, 0.0))
        if terms >= _MOST_TERMS:
            continue
        sums[value.call, root, value.field] = (terms + 1, total + value.number)
        if terms:
            path = f"{root}.0–{terms}.{value.field}"
            yield Source("derived", value.call, path, (total + value.number) * (100 if percent else 1))


def _source(a: Cited, path: str, value: float) -> Source:
    """Returns a derived source."""
    return Source("derived", a.call, path, value)


def _shape(path: str) -> list[str]:
    """Returns a path without its indices: two values of one shape measure the same."""
    return [part for part in path.split(".") if not part.isdigit()]


def _root(record: str) -> str:
    """Returns the list that a record lies in."""
    return record.rpartition(".")[0]
