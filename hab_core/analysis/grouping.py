"""Rows counted and summed up by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from hab_core.analysis.aggregates import WORDS, aggregate_of, check_aggregate
from hab_core.analysis.coding import stored_key
from hab_core.analysis.columns import Column, Family
from hab_core.analysis.conditions import Conditions
from hab_core.analysis.counting import count_values, shares
from hab_core.analysis.ordering import scale_of
from hab_core.analysis.parameters import (
    Aggregates,
    Ascending,
    ColumnName,
    ColumnNames,
    GroupKeys,
    GroupLimit,
    SortBy,
    TopN,
    ValueColumns,
)
from hab_core.analysis.view import View
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis_figures import (
    Aggregate,
    CategoryDistribution,
    CategoryResult,
    Group,
    GroupResult,
    ValueCounts,
)

MAX_DISTRIBUTIONS = 12
MAX_CATEGORIES = 1_000
_RARE = 0.01
_MOST_RANKS = 8


def get_value_counts(
    table: Table, *, column: ColumnName, top_n: TopN = 20, ascending: Ascending = False, conditions: Conditions = ()
) -> ValueCounts:
    """한 열의 값마다 건수와 비율을 셉니다. 기본은 많은 것부터입니다.

    "요일별 건수", "가장 많은 사고유형" 같은 물음에 쓰세요. 두 열을 엮으면 cross_tabulation, 평균·합계가 필요하면
    group_by_aggregate가 맞습니다.
    """
    view = View(table, conditions)
    chosen = view.find(column)
    counts = count_values(view, [chosen])[0]
    present = counts.filter(pl.col("value").is_not_null())
    total = int(present["count"].sum())
    if ascending:
        present = present.sort(["count", "value"], nulls_last=True)
    head = present.head(top_n)
    if present.height > top_n:
        view.cut_note(f"값 {present.height:,}개 중 {'적은' if ascending else '많은'} 순으로 {top_n}개만 보여줍니다.")
    return ValueCounts(
        **view.said() | {"rows": int(counts["count"].sum())},
        column=chosen.name,
        distinct=present.height,
        missing=int(counts["count"].sum()) - total,
        values=shares(head.rows(), total),
        others=total - int(head["count"].sum()),
    )


def group_by_aggregate(
    table: Table,
    *,
    group_by: GroupKeys,
    value_column: ValueColumns | None = None,
    aggregate: Aggregates | None = None,
    by: SortBy = "value",
    ascending: Ascending | None = None,
    limit: GroupLimit = 50,
    conditions: Conditions = (),
) -> GroupResult:
    """하나 이상의 열로 행을 묶고 묶음마다 건수·합계·평균·중앙값·최소·최대·표준편차·서로 다른 값의 수를 구합니다.

    "구별 평균 ECLO", "요일과 시간대별 사망자 합계" 같은 물음에 쓰세요. value_column을 생략하면 건수만 세고,
    aggregate를 생략하면 평균을 구합니다. 기본은 값이 큰 묶음부터이고,
    by가 group이면 묶은 열의 순서대로입니다. 연·월·시간별 흐름은 get_temporal_pattern이 빈 구간까지 보여줍니다.
    """
    view = View(table, conditions)
    keys = view.find_all([group_by] if isinstance(group_by, str) else group_by, "group_by")
    wanted = _wanted(view, value_column, aggregate)
    frame = _grouped(view, keys, wanted)
    total, group_count = int(frame["count"].sum()), frame.height
    upwards = by == "group" if ascending is None else ascending
    frame = _sorted(frame, len(keys), len(wanted), by, upwards).head(limit)
    if group_count > limit:
        view.cut_note(f"묶음 {group_count:,}개 중 {limit}개만 보여줍니다.")
    groups = []
    for row in frame.rows():
        key, count, computed = row[: len(keys)], row[len(keys)], row[len(keys) + 1 :]
        values = [count if spec.column is None else value for spec, value in zip(wanted, computed, strict=True)]
        groups.append(Group(keys=list(key), count=count, share=count / total, values=values))
    return GroupResult(
        **view.said() | {"rows": total},
        group_by=[key.name for key in keys],
        aggregates=wanted,
        group_count=group_count,
        groups=groups,
    )


def summarize_categorical_distribution(
    table: Table,
    *,
    column: ColumnName | None = None,
    columns: ColumnNames | None = None,
    top_n: TopN = 10,
    conditions: Conditions = (),
) -> CategoryResult:
    """범주 열의 분포를 요약합니다: 가장 흔한 값과 그 비율, 고르게 퍼졌는지(엔트로피, 고른 정도, 집중도), 드문 값의 수.

    여러 범주 열을 한꺼번에 훑거나 치우침을 볼 때 쓰세요. 열을 생략하면 범주 열을 모두 봅니다.
    """
    view = View(table, conditions)
    chosen = _categories(view, column, columns)
    counted = count_values(view, chosen)
    found = [_distribution(each, counts, top_n) for each, counts in zip(chosen, counted, strict=True)]
    if any(len(each.values) < each.distinct for each in found):
        view.cut_note(f"열마다 많은 순으로 {top_n}개 값만 보여줍니다.")
    return CategoryResult(**view.said(), columns=found)


def _wanted(view: View, value_column: ValueColumns | None, aggregate: Aggregates | None) -> list[Aggregate]:
    """Returns what is to be computed; raises where a function does not suit a column."""
    functions = [aggregate] if isinstance(aggregate, str) else aggregate
    if value_column is None:
        if functions and set(functions) != {"count"}:
            raise InvalidInput.of("value_column", "건수(count) 말고 다른 계산에는 value_column이 필요합니다.")
        return [Aggregate(name="건수", aggregate="count", column=None)]
    names = [value_column] if isinstance(value_column, str) else value_column
    columns = view.find_all(names, "value_column")
    found = []
    for column in columns:
        for function in dict.fromkeys(functions or ["mean"]):
            check_aggregate(view, column, function, "value_column")
            found.append(Aggregate(name=f"{column.name} {WORDS[function]}", aggregate=function, column=column.name))
    return found


def _grouped(view: View, keys: list[Column], wanted: list[Aggregate]) -> pl.DataFrame:
    """Returns one row a group: keys, count, aggregates."""
    key_columns = [stored_key(key).alias(f"key{i}") for i, key in enumerate(keys)]
    aggregated = [pl.len().cast(pl.Int64).alias("count")]
    for i, each in enumerate(wanted):
        values = pl.len() if each.column is None else aggregate_of(view, view.columns[each.column], each.aggregate)
        aggregated.append(values.alias(f"value{i}"))
    return view.frame.group_by(key_columns).agg(aggregated).collect().with_columns(pl.selectors.enum().cast(pl.String))


def _sorted(frame: pl.DataFrame, keys: int, values: int, by: str, ascending: bool) -> pl.DataFrame:
    """Returns groups in the order asked for; equals follow by key, missing values come last."""
    ranked = [_natural(frame, f"key{i}") for i in range(keys)]
    if by == "group":
        return frame.sort(ranked, descending=not ascending, nulls_last=True)
    first = pl.col("value0" if values else "count")
    return frame.sort([first, *ranked], descending=[not ascending] + [False] * keys, nulls_last=True)


def _natural(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Returns what a key is sorted by: its rank where it is a weekday or a period of the day, else itself."""
    if frame.schema[name] != pl.String:
        return pl.col(name)
    distinct = frame[name].unique()
    scale = scale_of(distinct.to_list()) if distinct.len() <= _MOST_RANKS else None
    return pl.col(name).replace_strict(scale, default=None) if scale else pl.col(name)


def _categories(view: View, column: str | None, columns: list[str] | None) -> list[Column]:
    """Returns the columns whose distribution is wanted: those named, else every categorical one."""
    if column is not None or columns is not None:
        named = ([column] if column is not None else []) + (columns or [])
        return view.cut(view.find_all(named, "column" if columns is None else "columns"), MAX_DISTRIBUTIONS, "열")
    fitting = [each for each in view.own_columns if each.kind in ("category", "boolean")]
    if not fitting:
        texts = [each.name for each in view.columns.values() if each.family is Family.TEXT]
        raise InvalidInput.of("columns", "이 표에는 범주 열이 없습니다. columns에 볼 열을 적어주세요.", texts[:50])
    return view.cut(fitting, MAX_DISTRIBUTIONS, "범주 열")


def _distribution(column: Column, counts: pl.DataFrame, top_n: int) -> CategoryDistribution:
    """Returns how the rows spread over the values of one column, from ``count_values``."""
    present = counts.filter(pl.col("value").is_not_null())
    numbers = present["count"].to_numpy()
    total = int(numbers.sum())
    head = present.head(top_n)
    facts: dict[str, Any] = {"mode": None, "mode_share": None, "entropy": None, "evenness": None, "concentration": None}
    if total:
        share = numbers / total
        entropy = float(-(share * np.log2(share)).sum()) + 0.0
        evenness = entropy / np.log2(len(share)) if len(share) > 1 else None
        facts = {"mode": head["value"][0], "mode_share": share[0], "entropy": entropy, "evenness": evenness}
        facts["concentration"] = float((share**2).sum())
    return CategoryDistribution(
        column=column.name,
        count=total,
        missing=int(counts["count"].sum()) - total,
        distinct=present.height,
        rare=int(np.count_nonzero(numbers < _RARE * total)),
        values=shares(head.rows(), total),
        others=total - int(head["count"].sum()),
        **facts,
    )
