"""What tool results hold, as places that a figure can come from: values with their path, and the record they lie in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from hab_core.schemas.chat import ReceiptStatus, ToolCall

_SHARES = re.compile(r"share$|^level$|^evenness$|^concentration$|^low_expected$|^in_daegu$")
_NUMBERED = re.compile(r"^\d+(?:\.\d+)?\s?(?:시|월|일|년|세|대|분기|점|위|시간|km|%)?$")
_ISO = re.compile(r"^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d)?)?)?$")
_MOST_VALUES = 20_000


class Value(NamedTuple):
    """A number of a result.

    Attributes:
        call: Index of the tool call.
        path: Where in the result.
        field: The last name in the path.
        number: The number.
        record: The list element it lies in (path of the element); empty outside lists.
    """

    call: int
    path: str
    field: str
    number: float
    record: str

    @property
    def is_share(self) -> bool:
        """Whether it is a share of 1, which texts give in percent."""
        return bool(_SHARES.search(self.field))

    @property
    def in_input(self) -> bool:
        """Whether it is an argument of the call, not a finding."""
        return self.path.startswith("input")


class Source(NamedTuple):
    """Where a figure comes from.

    Attributes:
        status: ``verified`` or ``derived``.
        call: Index of the tool call; None for the question.
        path: Where in its result, or how two places are combined.
        value: The exact value.
        record: The list element it lies in; empty outside lists.
    """

    status: ReceiptStatus
    call: int | None
    path: str | None
    value: float | str
    record: str = ""


class Text(NamedTuple):
    """A text of a result or of the arguments, where it stands and the record it lies in."""

    call: int
    path: str
    text: str
    record: str


@dataclass(frozen=True)
class Evidence:
    """Everything that the tool calls of an answer hold."""

    values: list[Value]
    texts: list[Text]
    labels: dict[tuple[int, str], list[str]]
    """The names of each record, by call and path of the record."""

    @classmethod
    def of(cls, calls: Sequence[ToolCall]) -> Evidence:
        """Returns what successful and failed calls hold: arguments and results."""
        values: list[Value] = []
        texts: list[Text] = []
        for index, call in enumerate(calls):
            for root, tree in (("input", call.input), ("", call.result or {})):
                for place in _walk(tree, root, ""):
                    if isinstance(place.leaf, str):
                        texts.append(Text(index, place.path, place.leaf, place.record))
                    elif len(values) < _MOST_VALUES:
                        values.append(Value(index, place.path, place.field, float(place.leaf), place.record))
        return cls(values, texts, _labels(texts, values))

    def names(self) -> list[str]:
        """Returns the texts with digits that are names, not figures: columns, places, codes."""
        found = {text.text for text in self.texts if any(letter.isdigit() for letter in text.text)}
        return [name for name in found if len(name) < 200 and not _NUMBERED.match(name) and not _ISO.match(name)]

    def measures(self, value: Value) -> bool:
        """Whether a number is what was computed for a labelled part of the calendar, not its name."""
        return value.field == "value" and (value.call, value.record) in self.labelled

    @cached_property
    def labelled(self) -> frozenset[tuple[int, str]]:
        """The records that have a label of their own."""
        return frozenset((text.call, text.record) for text in self.texts if text.path.endswith(".label"))

    def dates(self) -> Iterator[tuple[Text, tuple[int, ...]]]:
        """Yields the texts that are dates, with their parts."""
        for text in self.texts:
            match = _ISO.match(text.text)
            if match is not None:
                yield text, tuple(int(part) for part in match.groups() if part is not None)

    def numbered(self) -> Iterator[tuple[Text, float, str]]:
        """Yields labels that are numbers with a unit (18시, 54세), with number and unit."""
        for text in self.texts:
            if _NUMBERED.match(text.text):
                number = re.match(r"\d+(?:\.\d+)?", text.text)
                if number is not None:
                    yield text, float(number.group()), text.text[number.end() :].strip()


class _Place(NamedTuple):
    """A leaf of a tree of JSON."""

    path: str
    field: str
    leaf: Any
    record: str


def _walk(node: Any, path: str, record: str, field: str = "") -> Iterator[_Place]:
    """Yields the numbers and texts of a tree; NaN, truth values and nulls are no evidence."""
    if isinstance(node, Mapping):
        for key, child in node.items():
            yield from _walk(child, f"{path}.{key}" if path else str(key), record, str(key))
    elif isinstance(node, list):
        for i, child in enumerate(node):
            inner = f"{path}.{i}"
            is_record = isinstance(child, dict | list)
            yield from _walk(child, inner, inner if is_record else record, field)
    elif isinstance(node, str) or (isinstance(node, int | float) and not isinstance(node, bool)):
        yield _Place(path, field, node, record)


def _labels(texts: Sequence[Text], values: Sequence[Value]) -> dict[tuple[int, str], list[str]]:
    """Returns the names of each record: its texts, and numbers that name it rather than measure it."""
    found: dict[tuple[int, str], list[str]] = {}
    for text in texts:
        if text.record and len(text.text) > 0:
            found.setdefault((text.call, text.record), []).append(text.text)
    for value in values:
        if value.record and value.field in ("value", "keys", "percentile") and value.path.split(".")[-2:] != ["value"]:
            found.setdefault((value.call, value.record), []).append(f"{value.number:g}")
    return found
