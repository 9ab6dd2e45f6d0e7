"""The parameters of the tools: one name, one meaning, one bound, whichever tool takes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

MAX_SHOWN_COLUMNS = 50
MAX_GROUP_KEYS = 4
MAX_AGGREGATES = 8

_Name = Annotated[str, Field(min_length=1, max_length=1_000)]

ColumnName = Annotated[_Name, Field(description="열 이름. 파생 열(예: 사고일시.월, 시군구.구)도 쓸 수 있습니다.")]
ColumnNames = Annotated[
    list[_Name],
    Field(min_length=1, max_length=MAX_SHOWN_COLUMNS, description="열 이름 목록. 생략하면 알맞은 열을 모두 씁니다."),
]
ShownColumns = Annotated[
    list[_Name],
    Field(min_length=1, max_length=MAX_SHOWN_COLUMNS, description="보여줄 열 목록. 생략하면 원본 열 전부입니다."),
]
SortKeys = Annotated[
    _Name | Annotated[list[_Name], Field(min_length=1, max_length=MAX_GROUP_KEYS)],
    Field(description="정렬 기준 열 이름, 또는 우선순위대로 여러 개의 목록."),
]
GroupKeys = Annotated[
    _Name | Annotated[list[_Name], Field(min_length=1, max_length=MAX_GROUP_KEYS)],
    Field(description="묶을 열 이름, 또는 여러 개의 목록. 예: 요일, 사고일시.월, [시군구.구, 기상상태]"),
]
ValueColumn = Annotated[_Name, Field(description="값을 계산할 열 이름.")]
ValueColumns = Annotated[
    _Name | Annotated[list[_Name], Field(min_length=1, max_length=MAX_AGGREGATES)],
    Field(description="값을 계산할 열 이름, 또는 여러 개의 목록. 건수만 셀 때는 생략합니다."),
]
TargetColumn = Annotated[_Name, Field(description="다른 열과의 관계를 볼 숫자 열. 예: ECLO")]
TwoColumns = Annotated[list[_Name], Field(min_length=2, max_length=2, description="서로 견줄 두 열 [행, 열].")]

AggregateName = Literal["count", "sum", "mean", "median", "min", "max", "std", "nunique"]
Aggregates = Annotated[
    AggregateName | Annotated[list[AggregateName], Field(min_length=1, max_length=MAX_AGGREGATES)],
    Field(
        description="계산: count 건수, sum 합계, mean 평균, median 중앙값, min 최솟값, max 최댓값, std 표준편차, "
        "nunique 서로 다른 값의 수. 여러 개면 목록."
    ),
]
OneAggregate = Annotated[
    Literal["sum", "mean", "median", "min", "max"], Field(description="value_column의 계산 방법. 기본은 평균(mean).")
]
TemporalUnit = Annotated[
    Literal["year", "month", "day", "weekday", "hour", "time_period"],
    Field(
        description="묶는 단위: year 연, month 월(1~12), day 일(1~31), weekday 요일, hour 시(0~23), "
        "time_period 시간대(심야·출근·일반·퇴근)."
    ),
]
CorrelationMethod = Annotated[
    Literal["pearson", "spearman"],
    Field(description="pearson 직선 관계, spearman 순위 관계(이상치와 곡선에 강함)."),
]
OutlierMethod = Annotated[
    Literal["iqr", "robust_z"],
    Field(description="목록에 쓸 기준: iqr은 사분위 범위의 1.5배 밖, robust_z는 중앙값·MAD로 구한 |z| > 3.5."),
]
SampleMethod = Annotated[
    Literal["random", "head", "tail"], Field(description="random 고루 뽑기(매번 같은 표본), head 처음, tail 끝.")
]
SortBy = Annotated[Literal["value", "group"], Field(description="정렬 기준: value 첫 번째 계산값, group 묶은 열의 값.")]
Percentiles = Annotated[
    Annotated[float, Field(ge=0, le=100)]
    | Annotated[list[Annotated[float, Field(ge=0, le=100)]], Field(min_length=1, max_length=50)],
    Field(description="백분위수 0~100, 하나 또는 목록. 예: 90 또는 [25, 50, 75]"),
]
BinLimit = Annotated[
    int,
    Field(
        ge=2,
        le=200,
        description="숫자 열의 값을 이 수까지의 구간으로 나누어 셉니다(히스토그램). 생략하면 세지 않습니다.",
    ),
]
TopN = Annotated[int, Field(ge=1, le=100, description="보여줄 값의 개수.")]
RowLimit = Annotated[int, Field(ge=1, le=200, description="보여줄 행의 수.")]
ValueLimit = Annotated[int, Field(ge=1, le=500, description="보여줄 값의 수.")]
GroupLimit = Annotated[int, Field(ge=1, le=500, description="보여줄 묶음의 수.")]
AxisLimit = Annotated[
    int, Field(ge=1, le=50, description="축마다 보여줄 값의 수. 나머지는 합계와 검정에만 들어갑니다.")
]
SampleSize = Annotated[int, Field(ge=1, le=100, description="뽑을 행의 수.")]
Ascending = Annotated[bool, Field(description="true 작은 값부터, false 큰 값부터.")]
AscendingEach = Annotated[
    bool | Annotated[list[bool], Field(min_length=1, max_length=MAX_GROUP_KEYS)],
    Field(description="true 작은 값부터, false 큰 값부터. 정렬 열이 여럿이면 목록도 됩니다."),
]
