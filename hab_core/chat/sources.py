"""The datasets a question is about: a table with the name people know it by, and what its rows are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput


class RowNoun(NamedTuple):
    """What one row is, and the counter that Korean counts it with."""

    noun: str
    counter: str


_ROW_NOUNS = (
    (re.compile(r"주차장|주차구획"), RowNoun("주차장", "곳")),
    (re.compile(r"보안등|가로등"), RowNoun("보안등", "개")),
    (re.compile(r"단속카메라|무인.*카메라|단속구분"), RowNoun("카메라", "대")),
    (re.compile(r"보호\s?구역|대상시설"), RowNoun("보호구역", "곳")),
    (re.compile(r"사고(?:번호|일시|유형|내용)|교통사고"), RowNoun("사고", "건")),
    (re.compile(r"cctv|카메라", re.IGNORECASE), RowNoun("카메라", "대")),
)
_DEFAULT_NOUN = RowNoun("자료", "건")


@dataclass(frozen=True, eq=False)
class Source:
    """One dataset of a question.

    Attributes:
        id: Its identifier, by which tool calls name it.
        name: Its name.
        table: Its rows, lazily.
    """

    id: str
    name: str
    table: Table

    @property
    def rows_are(self) -> RowNoun:
        """What a row is, judged by the name of the dataset and its columns; 자료 where nothing tells."""
        told = " ".join([*self.table.stored_columns, self.name])
        return next((noun for pattern, noun in _ROW_NOUNS if pattern.search(told)), _DEFAULT_NOUN)


def find_source(sources: list[Source], name: object) -> Source:
    """Returns the dataset that a tool call names by id or name; the only one where it names none.

    Raises:
        InvalidInput: There are several and none of them is named so.
    """
    if name is None and len(sources) == 1:
        return sources[0]
    for source in sources:
        if name in (source.id, source.name):
            return source
    valid = [source.id for source in sources]
    raise InvalidInput.of("dataset", f"dataset에 다음 중 하나를 적어주세요: {', '.join(valid)}", valid)
