"""Analysis tools on the wire: what a tool is, how it is called, which rows it looks at, what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from hab_core.schemas.common import AnswerModel, OneOf, RequestModel, Text

OPERATORS = ("==", "!=", ">", ">=", "<", "<=", "in", "between", "contains", "is_null", "not_null")
MAX_CONDITIONS = 50
MAX_CONDITION_DEPTH = 5
MAX_VALUES = 1_000

ToolCategory = Literal["개요", "통계", "결측", "선택", "집계", "상관", "시간", "공간", "예측"]
ChartKind = Literal["bar", "line", "heatmap", "scatter", "map", "histogram", "box", "violin"]


class _Condition(RequestModel):
    """Base of conditions: what they compare with is taken as it stands, spaces included."""

    model_config = ConfigDict(str_strip_whitespace=False)


class Condition(_Condition):
    """One comparison of a column with a value; missing cells meet only ``is_null``.

    ``in`` takes a list, ``between`` a list of two (both ends included), ``is_null`` and ``not_null`` no value.
    Dates are ISO text and stand for their whole span: ``2021-03`` is all of March 2021.
    ``contains`` looks for the text as it stands; it is no pattern.
    """

    column: Text = Field(min_length=1)
    operator: Annotated[str, OneOf(OPERATORS)]
    value: Any = Field(None, description="what fits the operator and the kind of the column, checked against both")


class AnyOf(_Condition):
    """Holds where at least one of its conditions holds."""

    any_of: list[ConditionNode] = Field(min_length=1, max_length=MAX_CONDITIONS)


class AllOf(_Condition):
    """Holds where all of its conditions hold; needed only inside ``any_of``."""

    all_of: list[ConditionNode] = Field(min_length=1, max_length=MAX_CONDITIONS)


def _kind_of_node(node: Any) -> str:
    """Returns which of the three a condition is, by the key that it carries."""
    if isinstance(node, dict):
        return next((key for key in ("any_of", "all_of") if key in node), "condition")
    if isinstance(node, AnyOf):
        return "any_of"
    return "all_of" if isinstance(node, AllOf) else "condition"


ConditionNode = Annotated[
    Annotated[Condition, Tag("condition")] | Annotated[AnyOf, Tag("any_of")] | Annotated[AllOf, Tag("all_of")],
    Discriminator(_kind_of_node),
]
Conditions = Sequence[Condition | AnyOf | AllOf]
"""Conditions joined by and."""

_COMPARISON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "column": {"type": "string"},
        "operator": {"type": "string", "enum": list(OPERATORS)},
        "value": {
            "description": "in: 목록, between: [시작, 끝], is_null·not_null: 생략. "
            "날짜는 ISO 문자열이며 2021-03은 3월 전체입니다."
        },
    },
    "required": ["column", "operator"],
    "additionalProperties": False,
}
_ANY_OF_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"any_of": {"type": "array", "items": _COMPARISON_SCHEMA, "minItems": 1}},
    "required": ["any_of"],
    "additionalProperties": False,
}
CONDITIONS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"anyOf": [_COMPARISON_SCHEMA, _ANY_OF_SCHEMA]},
    "maxItems": MAX_CONDITIONS,
}
"""What a language model is told of conditions: one level of ``any_of`` says nearly everything."""

ConditionList = Annotated[
    list[ConditionNode],
    Field(
        max_length=MAX_CONDITIONS,
        description="이 조건을 모두 만족하는 행만 봅니다. 여러 조건 중 하나면 되는 경우 any_of로 묶습니다.",
    ),
    WithJsonSchema(CONDITIONS_SCHEMA),
]


class ToolInfo(AnswerModel):
    """What a caller, a person or a language model, needs to know of a tool before calling it."""

    name: str
    category: ToolCategory
    description: str
    input_schema: dict[str, Any]


class ToolRequest(RequestModel):
    """The body of a tool call."""

    arguments: dict[str, Any] = Field(default_factory=dict)


class ChartSeries(AnswerModel):
    """One line or one set of bars.

    In a heatmap one row; in a map ``x`` is longitude and ``y`` latitude; in a histogram ``x`` holds the edges of the
    bins, one more than ``y`` has counts; in a box plot ``x`` names five percentiles and ``y`` holds their values; in a
    violin ``x`` holds values and ``y`` their density.
    """

    name: str
    x: list[Any]
    y: list[Any]


class ChartSpec(AnswerModel):
    """A picture as data: which kind, what the axes are called, and the values."""

    kind: ChartKind
    title: str
    x: str = Field(description="what the horizontal axis shows")
    y: str = Field(description="what the vertical axis shows")
    series: list[ChartSeries]


class ToolRun(AnswerModel):
    """What a tool found: typed result, Korean text made from it, and a picture where one says more."""

    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any]
    text: str = Field(description="Markdown")
    chart: ChartSpec | None = None
    duration_ms: float
    truncated: bool = Field(description="true where the result was cut to stay small; the text says how")
