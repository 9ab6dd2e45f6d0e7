"""The tools on tables that nobody thought of: gaps, one row, equal values, huge numbers, mixed text, no rows."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from hab_core.analysis.registry import tools
from hab_core.datasets.dictionaries import encoded
from hab_core.datasets.profile import profile_table
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput
from tests.core.analysis.analysis_files import is_, run

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WHOLE = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1), st.none())
SMALL = st.one_of(st.integers(-9, 9), st.none())
NUMBER = st.one_of(st.floats(-1e6, 1e6, width=32), st.floats(allow_nan=False, allow_infinity=False), st.none())
WORD = st.one_of(st.sampled_from(["가", "나", "다", "", " ", "수성구", "(a+)+$", "|"]), st.text(max_size=5), st.none())
MOMENT = st.one_of(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.none())


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Returns a table of up to 40 rows with a column of each kind."""
    rows = draw(st.integers(0, 40))
    kinds: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
        "정수": (WHOLE, pl.Int64),
        "작은 수": (SMALL, pl.Int64),
        "실수": (NUMBER, pl.Float64),
        "글": (WORD, pl.String),
        "말": (st.sampled_from(["가", "나", None]), pl.String),
        "때": (MOMENT, pl.Datetime("us")),
        "참": (st.sampled_from([True, False, None]), pl.Boolean),
    }
    columns = {
        name: pl.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=dtype, strict=True)
        for name, (values, dtype) in kinds.items()
    }
    return pl.DataFrame(columns)


def table_of(frame: pl.DataFrame) -> Table:
    """Returns the table as a server has it: repeated text as codes."""
    return Table.coded(encoded(frame).lazy(), profile_table(frame))


ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "get_value_counts": [{"column": name} for name in ("정수", "실수", "글", "때", "참")],
    "filter_dataframe": [{"conditions": [{"any_of": [is_("말", "==", "가"), is_("실수", ">", 0)]}]}],
    "sort_dataframe": [{"column": ["말", "실수"], "ascending": True}, {"column": "정수"}],
    "group_by_aggregate": [
        {"by": "group", "group_by": ["말", "참"], "value_column": "정수", "aggregate": ["sum", "mean", "std", "max"]},
        {"group_by": "글", "value_column": ["실수", "때"], "aggregate": "max"},
    ],
    "get_unique_values": [{"column": name} for name in ("실수", "글", "때")],
    "get_outliers": [{"column": "정수"}, {"column": "실수", "method": "robust_z"}],
    "calculate_percentile": [{"column": "실수", "percentile": [0, 50, 99.5, 100]}],
    "cross_tabulation": [{"columns": ["말", "글"]}, {"columns": ["참", "작은 수"]}],
    "get_correlation": [{}, {"method": "spearman"}],
    "get_column_correlation_with_target": [
        {"target_column": "실수"},
        {"target_column": "정수", "columns": ["글", "때", "참", "실수"], "method": "spearman"},
    ],
    "get_temporal_pattern": [
        {"by": by, "value_column": "실수", "aggregate": how}
        for by, how in (("year", "mean"), ("month", "sum"), ("hour", "median"), ("time_period", "mean"))
    ],
    "get_column_statistics": [{"columns": ["정수", "실수", "글", "때", "참", "말"]}],
    "summarize_categorical_distribution": [{"columns": ["글", "참", "말"]}],
}  # fmt: skip


@pytest.mark.parametrize(
    "tool", [spec.name for spec in tools() if spec.on == "table" and spec.name != "get_geo_bounds"]
)
@FEW
@given(frame=frames())
def test_every_tool_gives_a_sound_answer(tool: str, frame: pl.DataFrame) -> None:
    for arguments in ARGUMENTS.get(tool, [{}]):
        for conditions in ([], [is_("작은 수", "not_null")]):
            given_ = arguments if not conditions else {**arguments, "conditions": conditions}
            try:
                answer = run(tool, table_of(frame), **given_)
            except InvalidInput as error:
                assert tool == "summarize_categorical_distribution" or "열" in error.message  # noqa: PT017
                continue
            json.dumps(answer.model_dump(mode="json"), allow_nan=False, ensure_ascii=False)
            assert answer.text
            assert 0 <= answer.result["rows"] <= frame.height


def close(found: float | None, expected: float) -> None:
    """Asserts that a figure agrees with the expected one, or is missing where that is no finite number."""
    if not math.isfinite(expected):
        assert found is None or abs(found) > 1e150
    else:
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9 * max(1.0, abs(expected)))


@FEW
@given(frame=frames())
def test_statistics_agree_with_pandas(frame: pl.DataFrame) -> None:
    frame = frame.with_columns(pl.col("실수").clip(-1e6, 1e6))
    result = run("get_column_statistics", table_of(frame), columns=["작은 수", "실수"]).result
    for each in result["columns"]:
        values = pd.Series(frame[each["column"]].drop_nulls().to_list(), dtype=float)
        assert each["count"] == len(values)
        if len(values):
            close(each["mean"], values.mean())
            close(each["std"], values.std())
            close(each["median"], values.median())
            close(each["q1"], values.quantile(0.25))
            assert each["sum"] == pytest.approx(values.sum(), rel=1e-6, abs=1e-6)
            assert each["distinct"] == values.nunique()


@FEW
@given(frame=frames())
def test_counts_and_groups_agree_with_pandas(frame: pl.DataFrame) -> None:
    table = table_of(frame)
    for name in ("글", "말"):
        counts = pd.Series(frame[name].to_list(), dtype=object).value_counts()
        result = run("get_value_counts", table, column=name, top_n=100).result
        assert {each["value"]: each["count"] for each in result["values"]} == counts.to_dict()
        assert run("get_unique_values", table, column=name).result["values"] == sorted(counts.index)
    theirs = pd.DataFrame(
        {"말": frame["말"].to_list(), "수": frame["작은 수"].cast(pl.Float64).to_list()}, dtype=object
    )
    theirs["수"] = theirs["수"].astype(float)
    grouped = theirs.groupby("말", dropna=False)["수"].agg(["mean", "count", "median"])
    groups = run(
        "group_by_aggregate", table, group_by="말", value_column="작은 수", aggregate=["mean", "count", "median"]
    ).result["groups"]
    assert len(groups) == len(grouped)
    by_key = {None if pd.isna(key) else key: row for key, row in grouped.iterrows()}
    for group in groups:
        expected = by_key[group["keys"][0]]
        for found, name in zip(group["values"], ("mean", "count", "median"), strict=True):
            assert (found is None and math.isnan(expected[name])) or found == pytest.approx(expected[name], abs=1e-12)


@FEW
@given(
    rows=st.lists(
        st.tuples(SMALL, SMALL, st.one_of(st.floats(-1e3, 1e3, width=16), st.none())), min_size=3, max_size=40
    )
)
def test_correlations_agree_with_pandas(rows: list[tuple[Any, ...]]) -> None:
    frame = pl.DataFrame(rows, schema={"가": pl.Int64, "나": pl.Int64, "다": pl.Float64}, orient="row")
    theirs = pd.DataFrame({name: frame[name].cast(pl.Float64).to_list() for name in frame.columns}, dtype=float)
    for method in ("pearson", "spearman"):
        result = run("get_correlation", table_of(frame), method=method).result
        for pair in result["pairs"]:
            both = theirs[pair["columns"]].dropna()
            assert pair["n"] == len(both)
            varied = len(both) > 1 and (both.nunique() > 1).all()
            if not varied:
                assert pair["r"] is None
                continue
            x, y = both.to_numpy().T
            if method == "spearman":
                x, y = stats.rankdata(x), stats.rankdata(y)
            if min(x.std() / np.abs(x).max(), y.std() / np.abs(y).max()) > 1e-6:
                assert pair["r"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)


def alike(first: Any, second: Any) -> None:
    """Asserts that two answers agree; floats may differ in the last digits, as sums do with the order of the rows."""
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        for key in first:
            alike(first[key], second[key])
    elif isinstance(first, list):
        assert len(first) == len(second)
        for one, other in zip(by_name(first), by_name(second), strict=True):
            alike(one, other)
    elif isinstance(first, float) and isinstance(second, float):
        assert first == pytest.approx(second, rel=1e-6, abs=1e-9)
    else:
        assert first == second


def by_name(items: list[Any]) -> list[Any]:
    """Returns items in the order of the columns they are about, where they are ranked by a float."""
    if items and isinstance(items[0], dict) and {"r", "value"} & items[0].keys():
        return sorted(items, key=lambda item: str(item.get("columns") or item.get("column") or item.get("label")))
    return items


@FEW
@given(frame=frames())
def test_codes_and_text_give_the_same_answers(frame: pl.DataFrame) -> None:
    longer = pl.concat([frame] * 12) if frame.height else frame
    as_text, as_codes = Table.of(longer.lazy(), profile_table(longer)), table_of(longer)
    for tool, several in ARGUMENTS.items():
        for arguments in several:
            answers = []
            for table in (as_text, as_codes):
                try:
                    answers.append(run(tool, table, **arguments).result)
                except InvalidInput as error:
                    answers.append({"error": error.message})
            alike(answers[0], answers[1])
