"""The data of a chart as a table that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from hab_core.schemas.analysis import ChartSeries, ChartSpec

_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(spec: ChartSpec) -> bytes:
    """Returns the data of a chart as CSV: UTF-8 with a byte order mark, text that looks like a formula escaped."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows_of(spec):
        writer.writerow([_cell(value) for value in row])
    return (_BOM + text.getvalue()).encode()


def rows_of(spec: ChartSpec) -> Iterator[list[Any]]:
    """Gives the header and the rows of a chart's data."""
    if spec.kind == "heatmap":
        yield [f"{spec.y} \\ {spec.x}", *(spec.series[0].x if spec.series else [])]
        for series in spec.series:
            yield [series.name, *series.y]
    elif spec.kind == "histogram":
        yield ["묶음", "이상", "미만", spec.y]
        for series in spec.series:
            yield from ([series.name, *bin_] for bin_ in zip(series.x, series.x[1:], series.y, strict=False))
    elif spec.kind == "box":
        yield [spec.x, *(spec.series[0].x if spec.series else [])]
        yield from ([series.name, *series.y] for series in spec.series)
    else:
        yield from _lines(spec)


def _lines(spec: ChartSpec) -> Iterator[list[Any]]:
    """Gives the points of lines and bars: side by side where all stand at the same places, else one after another."""
    names = [series.name for series in spec.series]
    if len({tuple(map(str, series.x)) for series in spec.series}) == 1:
        yield [spec.x, *(names if len(names) > 1 else [spec.y])]
        yield from ([x, *values] for x, *values in zip(spec.series[0].x, *map(_values, spec.series), strict=False))
        return
    yield ["계열", spec.x, spec.y]
    for series in spec.series:
        yield from ([series.name, x, y] for x, y in zip_longest(series.x, series.y))


def _values(series: ChartSeries) -> list[Any]:
    """Returns what a series shows."""
    return series.y


def _cell(value: Any) -> Any:
    """Returns a cell; text that a spreadsheet would compute gets a leading apostrophe, a gap is empty."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
