"""Each tool on real accidents, beside an independent computation in pandas and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.core.analysis.analysis_files import Real, is_, run

RAIN = is_("기상상태", "==", "비")
NUMBERS = ["사망자수", "중상자수", "경상자수", "부상신고자수", "ECLO"]


def same(found: Any, expected: Any) -> None:
    """Asserts that two numbers agree to nine digits."""
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.fixture(params=["stored", "in memory"])
def real(taas: Real, request: pytest.FixtureRequest) -> Real:
    """The accidents as a server opens them and as a frame: the answers must be the same."""
    return taas if request.param == "stored" else taas._replace(table=taas.in_memory)


def test_get_dataframe_info(real: Real) -> None:
    result = run("get_dataframe_info", real.table).result
    theirs = real.pandas.drop(columns=["ECLO", "구", "대분류"])
    assert (result["rows"], result["column_count"]) == theirs.shape
    assert result["missing_cells"] == int(theirs.isna().sum().sum())
    assert {each["name"]: each["distinct"] for each in result["columns"]} == theirs.nunique().to_dict()
    some = run("get_dataframe_info", real.table, conditions=[RAIN]).result
    rainy = theirs[theirs["기상상태"] == "비"]
    assert {each["name"]: each["missing"] for each in some["columns"]} == rainy.isna().sum().to_dict()
    fatal = next(each for each in some["columns"] if each["name"] == "사망자수")
    assert (fatal["min"], fatal["max"]) == (rainy["사망자수"].min(), rainy["사망자수"].max())


@pytest.mark.parametrize("conditions", [[], [RAIN]])
def test_get_column_statistics(real: Real, conditions: list[dict[str, Any]]) -> None:
    theirs = real.pandas if not conditions else real.pandas[real.pandas["기상상태"] == "비"]
    result = run("get_column_statistics", real.table, conditions=conditions).result
    assert [each["column"] for each in result["columns"]] == NUMBERS
    for each in result["columns"]:
        values = theirs[each["column"]]
        expected = values.describe()
        for name, of_pandas in (("mean", "mean"), ("std", "std"), ("min", "min"), ("q1", "25%"), ("median", "50%")):
            same(each[name], expected[of_pandas])
        same(each["q3"], expected["75%"])
        same(each["max"], expected["max"])
        same(each["skewness"], stats.skew(values))
        assert each["sum"] == values.sum()
        assert each["zeros"] == (values == 0).sum()
        assert each["distinct"] == values.nunique()
        assert each["count"] == len(values)


def test_get_column_statistics_of_text_and_dates(real: Real) -> None:
    result = run("get_column_statistics", real.table, columns=["피해운전자 차종", "사고일시"]).result
    text, moments = result["columns"]
    counts = real.pandas["피해운전자 차종"].value_counts()
    assert text["missing"] == real.pandas["피해운전자 차종"].isna().sum()
    assert [(each["value"], each["count"]) for each in text["top"]] == list(counts.head(5).items())
    assert moments["min"] == real.pandas["사고일시"].min().isoformat()
    assert moments["max"] == real.pandas["사고일시"].max().isoformat()


def test_get_missing_values(real: Real) -> None:
    theirs = real.pandas.drop(columns=["ECLO", "구", "대분류"])
    for conditions, rows in (([], theirs), ([RAIN], theirs[theirs["기상상태"] == "비"])):
        result = run("get_missing_values", real.table, conditions=conditions).result
        assert {each["column"]: each["missing"] for each in result["columns"]} == rows.isna().sum().to_dict()
        assert result["complete_rows"] == len(rows.dropna())


@pytest.mark.parametrize(
    ("column", "of_pandas"),
    [("요일", "요일"), ("시군구", "시군구"), ("시군구.구", "구"), ("사고유형.대분류", "대분류")],
)
def test_get_value_counts(real: Real, column: str, of_pandas: str) -> None:
    counts = real.pandas[of_pandas].value_counts()
    result = run("get_value_counts", real.table, column=column, top_n=10).result
    found = {each["value"]: each["count"] for each in result["values"]}
    assert found == {value: counts[value] for value in found}
    assert sorted(found.values(), reverse=True) == counts.head(10).tolist()
    assert result["distinct"] == len(counts)
    assert result["others"] == counts.sum() - sum(found.values())
    same(result["values"][0]["share"], counts.iloc[0] / counts.sum())
    rising = run("get_value_counts", real.table, column=column, top_n=3, ascending=True).result
    assert [each["count"] for each in rising["values"]] == sorted(counts.tolist())[:3]


def test_filter_dataframe(real: Real) -> None:
    conditions = [
        RAIN,
        is_("시군구.구", "==", "수성구"),
        {"any_of": [is_("경상자수", ">=", 2), is_("사망자수", ">", 0)]},
    ]
    run_ = run(
        "filter_dataframe", real.table, conditions=conditions, columns=["사고번호", "ECLO", "시군구.구"], limit=7
    )
    theirs = real.pandas
    theirs = theirs[(theirs["기상상태"] == "비") & (theirs["구"] == "수성구")]
    theirs = theirs[(theirs["경상자수"] >= 2) | (theirs["사망자수"] > 0)]
    assert run_.result["rows"] == len(theirs)
    assert run_.result["table"]["items"] == theirs[["사고번호", "ECLO", "구"]].head(7).to_numpy().tolist()
    assert run_.truncated


def test_sort_dataframe(real: Real) -> None:
    theirs = real.pandas.sort_values(["ECLO", "사고일시"], ascending=[False, True], kind="stable").head(15)
    arguments = {"column": ["ECLO", "사고일시"], "ascending": [False, True], "limit": 15}
    result = run("sort_dataframe", real.table, columns=["사고번호", "ECLO"], **arguments).result
    assert result["table"]["items"] == theirs[["사고번호", "ECLO"]].to_numpy().tolist()
    first = real.pandas.sort_values("사망자수", ascending=False, kind="stable")["사고번호"].head(9).tolist()
    result = run("sort_dataframe", real.table, column="사망자수", columns=["사고번호"], limit=9).result
    assert [row[0] for row in result["table"]["items"]] == first
    latest = real.pandas.sort_values("사고일시", ascending=False, kind="stable")["사고번호"].head(5).tolist()
    result = run("sort_dataframe", real.table, column="사고일시", columns=["사고번호"], limit=5).result
    assert [row[0] for row in result["table"]["items"]] == latest


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_get_correlation(real: Real, method: str) -> None:
    result = run("get_correlation", real.table, method=method).result
    assert result["columns"] == NUMBERS
    assert len(result["pairs"]) == 10
    test = stats.pearsonr if method == "pearson" else stats.spearmanr
    for pair in result["pairs"]:
        expected = test(*(real.pandas[name] for name in pair["columns"]))
        same(pair["r"], expected.statistic)
        assert pair["p"] == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-300)
        assert pair["n"] == len(real.pandas)


def test_group_by_aggregate(real: Real) -> None:
    aggregates = ["mean", "sum", "count", "median", "min", "max", "std", "nunique"]
    run_ = run(
        "group_by_aggregate",
        real.table,
        group_by=["시군구.구", "기상상태"],
        value_column="ECLO",
        aggregate=aggregates,
        limit=500,
    )
    theirs = real.pandas.groupby(["구", "기상상태"])["ECLO"].agg(aggregates)
    assert run_.result["group_count"] == len(theirs)
    means = [group["values"][0] for group in run_.result["groups"]]
    assert means == sorted(means, reverse=True)
    for group in run_.result["groups"]:
        expected = theirs.loc[tuple(group["keys"])]
        for value, name in zip(group["values"], aggregates, strict=True):
            if pd.isna(expected[name]):
                assert value is None
            else:
                same(value, expected[name])


def test_groups_follow_the_calendar(real: Real) -> None:
    groups = run("group_by_aggregate", real.table, group_by="요일", by="group").result["groups"]
    assert [group["keys"][0][0] for group in groups] == list("월화수목금토일")


def test_get_unique_values(real: Real) -> None:
    result = run("get_unique_values", real.table, column="시군구", limit=500).result
    assert result["values"] == sorted(real.pandas["시군구"].dropna().unique())
    some = run("get_unique_values", real.table, column="시군구", conditions=[RAIN], limit=5)
    rainy = real.pandas[real.pandas["기상상태"] == "비"]["시군구"]
    assert some.result["distinct"] == rainy.nunique()
    assert some.result["values"] == sorted(rainy.unique())[:5]
    assert some.truncated


def test_get_date_range(real: Real) -> None:
    for conditions, theirs in (([], real.pandas), ([RAIN], real.pandas[real.pandas["기상상태"] == "비"])):
        only = run("get_date_range", real.table, conditions=conditions).result["columns"][0]
        dates = theirs["사고일시"]
        assert (only["first"], only["last"]) == (dates.min().isoformat(), dates.max().isoformat())
        assert only["distinct_days"] == dates.dt.normalize().nunique()
        assert only["span_days"] == (dates.max().normalize() - dates.min().normalize()).days + 1
        assert only["days_without_rows"] == only["span_days"] - only["distinct_days"]
        assert only["has_hours"]


@pytest.mark.parametrize("method", ["iqr", "robust_z"])
def test_get_outliers(real: Real, method: str) -> None:
    values = real.pandas["ECLO"]
    result = run("get_outliers", real.table, column="ECLO", method=method, limit=10).result
    iqr, robust = result["rules"]
    q1, q3 = values.quantile([0.25, 0.75])
    same([iqr["lower"], iqr["upper"]], [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)])
    assert (iqr["below"], iqr["above"]) == ((values < iqr["lower"]).sum(), (values > iqr["upper"]).sum())
    z = (values - values.median()) / stats.median_abs_deviation(values, scale="normal")
    assert robust["above"] == (z > 3.5).sum()
    assert robust["below"] == (z < -3.5).sum()
    rule = iqr if method == "iqr" else robust
    outside = values[(values < rule["lower"]) | (values > rule["upper"])]
    extreme = (outside - values.median()).abs().sort_values(ascending=False, kind="stable").head(10)
    assert [each["row"] - 1 for each in result["outliers"]] == extreme.index.tolist()
    assert [each["value"] for each in result["outliers"]] == values[extreme.index].tolist()
    same([each["robust_z"] for each in result["outliers"]], z[extreme.index].tolist())


@pytest.mark.parametrize("conditions", [[], [RAIN]])
def test_get_sample_rows(real: Real, conditions: list[dict[str, Any]]) -> None:
    chosen = real.pandas if not conditions else real.pandas[real.pandas["기상상태"] == "비"]
    for method, n in (("random", 4), ("random", 40), ("head", 6), ("tail", 6)):
        result = run(
            "get_sample_rows", real.table, n=n, method=method, columns=["사고번호", "요일"], conditions=conditions
        ).result
        rows = [number - 1 for number in result["row_numbers"]]
        assert result["table"]["items"] == real.pandas.loc[rows, ["사고번호", "요일"]].to_numpy().tolist()
        assert len(set(rows)) == n
        assert set(rows) <= set(chosen.index)
        if method != "random":
            assert rows == (chosen.index[:n] if method == "head" else chosen.index[-n:]).tolist()


def test_calculate_percentile(real: Real) -> None:
    asked = [0, 10, 33.3, 50, 90, 99.9, 100]
    result = run("calculate_percentile", real.table, column="ECLO", percentile=asked).result
    expected = np.percentile(real.pandas["ECLO"], asked)
    same([each["value"] for each in result["percentiles"]], expected.tolist())


@pytest.mark.parametrize("conditions", [[], [is_("시군구명", "==", "수성구")]])
def test_get_geo_bounds(cctv: Real, conditions: list[dict[str, Any]]) -> None:
    theirs = cctv.pandas if not conditions else cctv.pandas[cctv.pandas["시군구명"] == "수성구"]
    points = theirs[["위도", "경도"]].dropna()
    points = points[points["위도"].between(33, 38.7) & points["경도"].between(124.5, 132)]
    result = run("get_geo_bounds", cctv.table, conditions=conditions).result
    assert result["count"] == len(points)
    same([result["south"], result["north"]], [points["위도"].min(), points["위도"].max()])
    same([result["west"], result["east"]], [points["경도"].min(), points["경도"].max()])
    same(list(result["center"].values()), [points["위도"].mean(), points["경도"].mean()])
    same(list(result["median_center"].values()), [points["위도"].median(), points["경도"].median()])


@pytest.mark.parametrize(("columns", "of_pandas"), [
    (["기상상태", "사고유형"], ["기상상태", "사고유형"]),
    (["시군구.구", "사고유형.대분류"], ["구", "대분류"]),
    (["피해운전자 차종", "시군구"], ["피해운전자 차종", "시군구"]),
])  # fmt: skip
def test_cross_tabulation(real: Real, columns: list[str], of_pandas: list[str]) -> None:
    counts = pd.crosstab(real.pandas[of_pandas[0]], real.pandas[of_pandas[1]])
    result = run("cross_tabulation", real.table, columns=columns, limit=6).result
    test = stats.chi2_contingency(counts, correction=False)
    same(result["chi_square"], test.statistic)
    assert result["degrees_of_freedom"] == test.dof
    assert result["p"] == pytest.approx(test.pvalue, rel=1e-6, abs=1e-300)
    same(result["cramers_v"], stats.contingency.association(counts, method="cramer"))
    same(result["low_expected"], (test.expected_freq < 5).mean())
    assert result["total"] == counts.to_numpy().sum()
    for i, row in enumerate(result["row_values"]):
        assert result["row_totals"][i] == counts.loc[row].sum()
        for j, column in enumerate(result["column_values"]):
            cell = result["cells"][i][j]
            assert cell["count"] == counts.loc[row, column]
            same(cell["row_share"], counts.loc[row, column] / counts.loc[row].sum())
            same(cell["column_share"], counts.loc[row, column] / counts[column].sum())
            same(cell["share"], counts.loc[row, column] / counts.to_numpy().sum())


def test_analyze_missing_pattern(real: Real) -> None:
    theirs = real.pandas.drop(columns=["ECLO", "구", "대분류"])
    result = run("analyze_missing_pattern", real.table).result
    patterns = {frozenset(each["columns"]): each["count"] for each in result["patterns"]}
    gaps = theirs.isna()
    by_row = gaps.apply(lambda row: frozenset(gaps.columns[row]), axis=1).value_counts()
    assert patterns == by_row.to_dict()
    first = result["findings"][0]
    assert first["verdict"] == "related"
    assert "MNAR" in first["explanation"]
    for relation in first["relations"]:
        other = relation["other"].replace("사고일시.연", "사고일시")
        missing = gaps[first["column"]]
        if relation["measure"] == "cramers_v":
            values = theirs[other].dt.year if other == "사고일시" else theirs[other]
            table = pd.crosstab(values, missing)
            same(relation["strength"], stats.contingency.association(table, method="cramer"))
            assert relation["p"] == pytest.approx(
                stats.chi2_contingency(table, correction=False).pvalue, rel=1e-6, abs=1e-300
            )
        else:
            expected = stats.pearsonr(theirs[other], missing.astype(float))
            same(relation["strength"], abs(expected.statistic))
            assert relation["p"] == pytest.approx(expected.pvalue, rel=1e-6)


def test_gaps_at_random_are_not_called_related(real: Real) -> None:
    import polars as pl

    from hab_core.datasets.table import Table

    frame = real.in_memory.frame.select("요일", "기상상태", "경상자수").collect().head(5_000)
    holes = pl.Series(np.random.default_rng(3).random(frame.height) < 0.1)
    frame = frame.with_columns(pl.when(~holes).then(pl.col("경상자수")).alias("경상자수"))
    finding = run("analyze_missing_pattern", Table.from_frame(frame)).result["findings"][0]
    assert finding["verdict"] == "unrelated"


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_get_column_correlation_with_target(real: Real, method: str) -> None:
    result = run("get_column_correlation_with_target", real.table, target_column="ECLO", method=method, top_n=50).result
    names = {"시군구.구": "구", "사고유형.대분류": "대분류"}
    target = real.pandas["ECLO"].astype(float)
    checked = 0
    for each in result["columns"]:
        name = names.get(each["column"], each["column"])
        if name not in real.pandas:
            continue
        checked += 1
        other = real.pandas[name]
        if each["measure"] == "eta":
            groups = [values for _, values in target.groupby(other)]
            known = target[other.notna()]
            between = sum(len(values) * (values.mean() - known.mean()) ** 2 for values in groups)
            same(each["value"], np.sqrt(between / ((known - known.mean()) ** 2).sum()))
            assert each["p"] == pytest.approx(stats.f_oneway(*groups).pvalue, rel=1e-6, abs=1e-300)
            assert each["groups"] == len(groups)
        else:
            expected = (stats.pearsonr if method == "pearson" else stats.spearmanr)(other, target)
            same(each["value"], expected.statistic)
    assert checked >= 20


def test_detect_data_types(real: Real) -> None:
    result = run("detect_data_types", real.table).result
    kinds = {each["name"]: each["kind"] for each in result["columns"]}
    assert (kinds["사고번호"], kinds["사고일시"], kinds["사망자수"], kinds["요일"]) == (
        "code",
        "date",
        "integer",
        "category",
    )
    assert kinds["시군구.구"] == "category"
    missing = {each["name"]: each["missing"] for each in result["columns"] if not each["derived"]}
    assert missing == real.pandas[list(missing)].isna().sum().to_dict()


@pytest.mark.parametrize("by", ["year", "month", "day", "weekday", "hour", "time_period"])
@pytest.mark.parametrize("aggregate", ["mean", "sum", "median"])
def test_get_temporal_pattern(real: Real, by: str, aggregate: str) -> None:
    theirs = real.pandas[real.pandas["기상상태"] == "비"]
    dates = theirs["사고일시"].dt
    periods = pd.cut(
        dates.hour, [-1, 6, 9, 17, 21, 23], labels=["심야", "출근시간대", "일반시간대", "퇴근시간대", "밤"]
    )
    labels = {
        "year": dates.year.astype(str) + "년",
        "month": dates.month.astype(str) + "월",
        "day": dates.day.astype(str) + "일",
        "weekday": dates.day_of_week.map(lambda day: "월화수목금토일"[day] + "요일"),
        "hour": dates.hour.astype(str) + "시",
        "time_period": periods.astype(str).replace("밤", "심야"),
    }[by]
    expected = theirs["ECLO"].groupby(labels).agg(["size", aggregate])
    result = run(
        "get_temporal_pattern", real.table, by=by, value_column="ECLO", aggregate=aggregate, conditions=[RAIN]
    ).result
    assert len(result["buckets"]) == {"year": 3, "month": 12, "day": 31, "weekday": 7, "hour": 24, "time_period": 4}[by]
    for bucket in result["buckets"]:
        assert bucket["count"] == expected["size"].get(bucket["label"], 0)
        same(bucket["share"], bucket["count"] / len(theirs))
        if bucket["count"]:
            same(bucket["value"], expected[aggregate][bucket["label"]])
    assert result["busiest"] in expected.index[expected["size"] == expected["size"].max()]


def test_summarize_categorical_distribution(real: Real) -> None:
    names = ["요일", "기상상태", "피해운전자 차종", "시군구.구"]
    result = run("summarize_categorical_distribution", real.table, columns=names, top_n=3).result
    for each in result["columns"]:
        share = real.pandas[{"시군구.구": "구"}.get(each["column"], each["column"])].value_counts(normalize=True)
        assert each["mode"] == share.index[0]
        same(each["entropy"], stats.entropy(share, base=2))
        same(each["evenness"], stats.entropy(share, base=2) / np.log2(len(share)))
        same(each["concentration"], (share**2).sum())
        assert each["rare"] == (share < 0.01).sum()
        assert each["distinct"] == len(share)
