"""A table as CSV for download: formulas escaped, in parts, each different text looked at once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from hab_core.datasets.export import UTF8_BOM, csv_lines, escape_formula

_ROWS = 20_000


def csv_parts(frame: pl.LazyFrame, *, rows: int = _ROWS) -> Iterator[bytes]:
    """Yields a table as CSV: UTF-8 with a byte order mark, CR LF, dates as ``2022-01-01`` or ``2022-01-01 01:00:00``.

    Args:
        frame: The stored columns, or any others.
        rows: How many rows a part holds; memory grows by one part, not by the table.
    """
    yield UTF8_BOM + csv_lines([frame.collect_schema().names()])
    offset = 0
    while (part := frame.slice(offset, rows).collect()).height:
        escaped = part.with_columns([_escaped(part[name]) for name, kind in part.schema.items() if kind == pl.String])
        text = escaped.write_csv(
            include_header=False,
            line_terminator="\r\n",
            date_format="%Y-%m-%d",
            datetime_format="%Y-%m-%d %H:%M:%S",
        )
        yield text.encode()
        offset += part.height


def _escaped(text: pl.Series) -> pl.Series:
    """Returns a column whose formulas have a leading apostrophe."""
    words = text.drop_nulls().unique()
    safe = {word: escape_formula(word) for word in words}
    changed = {word: replacement for word, replacement in safe.items() if word != replacement}
    return text.replace(changed) if changed else text
