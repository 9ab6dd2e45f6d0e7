"""The functions that sum up a column within groups."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.view import View, clean
from hab_core.errors import InvalidInput

WORDS = {
    "count": "건수",
    "sum": "합계",
    "mean": "평균",
    "median": "중앙값",
    "min": "최솟값",
    "max": "최댓값",
    "std": "표준편차",
    "nunique": "서로 다른 값",
}
"""The functions in Korean."""
_OF_NUMBERS = frozenset({"sum", "mean", "median", "std"})
_OF_ORDERED = frozenset({"min", "max"})
_EXPRESSIONS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "count": pl.Expr.count,
    "mean": pl.Expr.mean,
    "median": pl.Expr.median,
    "min": pl.Expr.min,
    "max": pl.Expr.max,
    "std": pl.Expr.std,
    "nunique": lambda values: values.drop_nulls().n_unique(),
}
_EXACT = 2**62


def check_aggregate(view: View, column: Column, aggregate: str, field: str) -> None:
    """Raises InvalidInput where the function means nothing for the column."""
    if aggregate in _OF_NUMBERS:
        view.find_number(column.name, field)
    elif aggregate in _OF_ORDERED and column.family not in (Family.NUMBER, Family.DATE):
        raise InvalidInput.of(
            "aggregate",
            f"'{column.name}'은(는) {column.family.value} 열이어서 {WORDS[aggregate]}을 구할 수 없습니다.",
            ["count", "nunique"],
        )


def aggregate_of(view: View, column: Column, aggregate: str) -> pl.Expr:
    """Returns the expression of a function over a column; a sum of no values is null, not 0."""
    values = clean(column)
    if aggregate != "sum":
        return _EXPRESSIONS[aggregate](values)
    wide = column.dtype.is_integer() and not sums_fit(view, column)
    total = (values.cast(pl.Int128) if wide else values).sum()
    return pl.when(values.count() > 0).then(total)


def sums_fit(view: View, column: Column) -> bool:
    """Returns whether no sum over the column can leave 64 bits."""
    profile = view.profile_of(column)
    if profile is None:
        return True
    ends = [abs(int(end)) for end in (profile.min, profile.max) if isinstance(end, int | float)]
    return bool(ends) and max(ends) * max(view.table.rows, 1) < _EXACT
