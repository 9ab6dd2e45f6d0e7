"""The same analyses in pandas, on a table that is already in memory.

Each function returns the figures that the tool of its name returns, without text or picture. They are written as an
experienced user of pandas writes them: vectorised, without copies that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

CASUALTIES = ["사망자수", "중상자수", "경상자수", "부상신고자수"]
QUANTITIES = [*CASUALTIES, "위도", "경도", "제한속도", "도로폭", "기온", "강수량", "교통량"]
CLASSES = ["사고유형", "도로형태", "요일", "기상상태", "노면상태", "시군구", "법규위반", "가해운전자 차종", "사고내용",
           "가해운전자 성별", "피해운전자 차종", "피해운전자 성별"]  # fmt: skip
MORE_CLASSES = ["가해운전자 연령", "가해운전자 상해정도", "피해운전자 상해정도"]


def eclo(table: pd.DataFrame) -> pd.Series:
    """Returns ECLO of each row."""
    return 10 * table["사망자수"] + 5 * table["중상자수"] + 3 * table["경상자수"] + table["부상신고자수"]


def dataframe_info(table: pd.DataFrame) -> object:
    """Returns rows, types, gaps, distinct values and ranges."""
    numbers = table[QUANTITIES]
    return table.shape, table.dtypes, table.isna().sum(), table.nunique(), numbers.min(), numbers.max()


def column_statistics(table: pd.DataFrame) -> object:
    """Returns the description of the quantities."""
    numbers = table[QUANTITIES].assign(ECLO=eclo(table))
    return numbers.describe(), numbers.skew(), numbers.sum(), numbers.nunique(), (numbers == 0).sum()


def missing_values(table: pd.DataFrame) -> object:
    """Returns the gaps of each column and the rows without any."""
    gaps = table.isna()
    return gaps.sum().sort_values(ascending=False), int((~gaps.any(axis=1)).sum())


def value_counts(table: pd.DataFrame) -> object:
    """Returns counts and shares of one column."""
    counts = table["시군구"].value_counts(dropna=False)
    return counts.head(20), (counts / counts.sum()).head(20), len(counts)


def filter_dataframe(table: pd.DataFrame) -> object:
    """Returns the rows in the rain of one 구, and how many."""
    found = table[
        (table["기상상태"] == "비") & table["시군구"].str.contains("수성구", regex=False) & (table["경상자수"] >= 1)
    ]
    return len(found), found.head(20)


def sort_dataframe(table: pd.DataFrame) -> object:
    """Returns the first rows by two keys."""
    return table.sort_values(["사망자수", "사고일시"], ascending=False).head(20)


def correlation(table: pd.DataFrame) -> object:
    """Returns Pearson's r, n and p of every pair."""
    numbers = table[QUANTITIES].assign(ECLO=eclo(table))
    r = numbers.corr()
    there = numbers.notna().to_numpy().astype(np.float64)
    n = there.T @ there
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r.to_numpy() * np.sqrt((n - 2) / (1 - r.to_numpy() ** 2))
    return r, n, 2 * stats.t.sf(np.abs(t), n - 2)


def group_by_aggregate(table: pd.DataFrame) -> object:
    """Returns mean, sum and count of ECLO by 구 and weather."""
    gu = table["시군구"].str.split(" ").str[1]
    found = eclo(table).groupby([gu, table["기상상태"]]).agg(["mean", "sum", "count"])
    return found.sort_values("mean", ascending=False)


def unique_values(table: pd.DataFrame) -> object:
    """Returns the different values of one column in order."""
    values = table["시군구"].dropna().unique()
    return sorted(values)[:100], len(values), int(table["시군구"].isna().sum())


def date_range(table: pd.DataFrame) -> object:
    """Returns first and last day and the days with rows."""
    dates = table["사고일시"]
    return dates.min(), dates.max(), dates.dt.normalize().nunique(), dates.isna().sum(), (dates.dt.hour != 0).any()


def outliers(table: pd.DataFrame) -> object:
    """Returns both rules and the most extreme rows."""
    values = table["교통량"]
    q1, median, q3 = values.quantile([0.25, 0.5, 0.75])
    mad = (values - median).abs().median()
    z = 0.6744897501960817 * (values - median) / mad
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    outside = (values < low) | (values > high)
    return outside.sum(), (z.abs() > 3.5).sum(), z[outside].abs().nlargest(20)


def sample_rows(table: pd.DataFrame) -> object:
    """Returns five rows drawn at random."""
    return table.sample(5, random_state=1)


def percentile(table: pd.DataFrame) -> object:
    """Returns five percentiles of one column."""
    return table["기온"].quantile([0.1, 0.25, 0.5, 0.75, 0.9]), table["기온"].notna().sum()


def geo_bounds(table: pd.DataFrame) -> object:
    """Returns bounds, mean and median of the points in Korea."""
    points = table[["위도", "경도"]].dropna()
    points = points[points["위도"].between(33, 38.7) & points["경도"].between(124.5, 132)]
    return len(points), points.min(), points.max(), points.mean(), points.median()


def cross_tabulation(table: pd.DataFrame) -> object:
    """Returns counts, shares and the chi-square test of two columns."""
    counts = pd.crosstab(table["기상상태"], table["사고유형"])
    test = stats.chi2_contingency(counts, correction=False)
    v = np.sqrt(test.statistic / (counts.to_numpy().sum() * (min(counts.shape) - 1)))
    return counts, counts / counts.to_numpy().sum(), counts.div(counts.sum(axis=1), axis=0), test, v


def missing_pattern(table: pd.DataFrame) -> object:
    """Returns patterns of gaps and what they go with."""
    gaps = table.isna()
    gaps = gaps.loc[:, gaps.any()]
    patterns = gaps.value_counts().head(10)
    found = []
    for name in gaps:
        others = [other for other in CLASSES[:8] if other != name]
        found += [stats.chi2_contingency(pd.crosstab(table[each], gaps[name]), correction=False) for each in others]
        found += [stats.pearsonr(table[each], gaps[name].astype(float)) for each in CASUALTIES]
    return patterns, gaps.corr(), found


def correlation_with_target(table: pd.DataFrame) -> object:
    """Returns r with the quantities, and η with the classes, of ECLO."""
    target = eclo(table)
    r = table[QUANTITIES].corrwith(target)
    total = ((target - target.mean()) ** 2).sum()
    found = {}
    classes = {name: table[name] for name in [*CLASSES, *MORE_CLASSES]}
    classes["구"] = table["시군구"].str.split(" ").str[1]
    for name in ("사고유형", "도로형태"):
        classes[f"{name} 대분류"] = table[name].str.split(" - ").str[0]
    for name, values in classes.items():
        groups = target.groupby(values).agg(["mean", "count"])
        found[name] = np.sqrt((groups["count"] * (groups["mean"] - target.mean()) ** 2).sum() / total)
    return r, found


def data_types(table: pd.DataFrame) -> object:
    """Returns type, gaps, distinct values and examples of each column."""
    return table.dtypes, table.isna().sum(), table.nunique(), {name: table[name].dropna().head(3) for name in table}


def temporal_pattern(table: pd.DataFrame) -> object:
    """Returns count, share and mean ECLO by hour."""
    found = eclo(table).groupby(table["사고일시"].dt.hour).agg(["size", "mean"])
    return found, found["size"] / found["size"].sum()


def categorical_distribution(table: pd.DataFrame) -> object:
    """Returns counts, entropy and concentration of the classes."""
    found = {}
    for name in CLASSES:
        share = table[name].value_counts(normalize=True)
        found[name] = (share.head(10), -(share * np.log2(share)).sum(), (share**2).sum(), (share < 0.01).sum())
    return found


PEERS: dict[str, Callable[[pd.DataFrame], object]] = {
    "get_dataframe_info": dataframe_info,
    "get_column_statistics": column_statistics,
    "get_missing_values": missing_values,
    "get_value_counts": value_counts,
    "filter_dataframe": filter_dataframe,
    "sort_dataframe": sort_dataframe,
    "get_correlation": correlation,
    "group_by_aggregate": group_by_aggregate,
    "get_unique_values": unique_values,
    "get_date_range": date_range,
    "get_outliers": outliers,
    "get_sample_rows": sample_rows,
    "calculate_percentile": percentile,
    "get_geo_bounds": geo_bounds,
    "cross_tabulation": cross_tabulation,
    "analyze_missing_pattern": missing_pattern,
    "get_column_correlation_with_target": correlation_with_target,
    "detect_data_types": data_types,
    "get_temporal_pattern": temporal_pattern,
    "summarize_categorical_distribution": categorical_distribution,
}

NEEDED: dict[str, list[str]] = {
    "get_column_statistics": QUANTITIES,
    "get_value_counts": ["시군구"],
    "get_correlation": QUANTITIES,
    "group_by_aggregate": ["시군구", "기상상태", *CASUALTIES],
    "get_unique_values": ["시군구"],
    "get_date_range": ["사고일시"],
    "get_outliers": ["교통량"],
    "calculate_percentile": ["기온"],
    "get_geo_bounds": ["위도", "경도"],
    "cross_tabulation": ["기상상태", "사고유형"],
    "get_column_correlation_with_target": [*QUANTITIES, *CLASSES, *MORE_CLASSES],
    "get_temporal_pattern": ["사고일시", *CASUALTIES],
    "summarize_categorical_distribution": CLASSES,
}
"""The columns that an analysis reads; the others read all, as they answer with rows or look at every column."""
