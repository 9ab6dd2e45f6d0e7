"""Conditions: checked against the kinds of the columns and compiled to one polars expression, and said in Korean.

Missing cells meet ``is_null`` and nothing else. ``contains`` compares literally: no text can act as a pattern, so
none can make the search hang.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

import polars as pl

from hab_core.analysis.columns import Column, Family
from hab_core.analysis.moments import Span, parse_span
from hab_core.errors import InvalidInput
from hab_core.schemas.analysis import MAX_CONDITION_DEPTH, MAX_CONDITIONS, MAX_VALUES, AllOf, AnyOf, Condition
from hab_core.schemas.analysis import Conditions as Conditions

_ORDERED = ("==", "!=", ">", ">=", "<", "<=", "in", "between", "is_null", "not_null")
_VALID: dict[Family, tuple[str, ...]] = {
    Family.NUMBER: _ORDERED,
    Family.DATE: _ORDERED,
    Family.TEXT: ("==", "!=", "in", "contains", "is_null", "not_null"),
    Family.BOOLEAN: ("==", "!=", "in", "is_null", "not_null"),
}
_EXPECTED = {
    Family.NUMBER: "숫자여야 합니다",
    Family.DATE: "날짜여야 합니다. 예: 2021-03-01, 2021-03, 2021-03-01T08:00",
    Family.TEXT: "문자열이어야 합니다",
    Family.BOOLEAN: "true 또는 false여야 합니다",
}
_LABELS = {
    "==": "{column} = {value}",
    "!=": "{column} ≠ {value}",
    ">": "{column} > {value}",
    ">=": "{column} ≥ {value}",
    "<": "{column} < {value}",
    "<=": "{column} ≤ {value}",
    "in": "{column} ∈ {{{value}}}",
    "between": "{column} {value}",
    "contains": "{column}에 '{value}' 포함",
    "is_null": "{column} 값 없음",
    "not_null": "{column} 값 있음",
}
_WORDS = {
    "==": "같음", "!=": "다름", ">": "초과", ">=": "이상", "<": "미만", "<=": "이하", "in": "다음 중 하나",
    "between": "이상 이하", "contains": "포함(글자 그대로)", "is_null": "값 없음", "not_null": "값 있음",
}  # fmt: skip
"""The operators in Korean, for people who choose one."""
_LARGEST = 1e300
_INT64 = (-(2**63), 2**63 - 1)
_SHOWN_VALUES = 5
_SHOWN_TEXT = 40

Find = Callable[[str, str], Column]
"""Finds a column by the name a caller gave; the second argument is the field to blame."""


class _Place(NamedTuple):
    """A condition, its column, and where in the request it stands."""

    condition: Condition
    column: Column
    path: str

    def refuse(self, field: str, message: str, valid: Iterable[Any] | None = None) -> InvalidInput:
        """Returns the error that names this condition's field."""
        return InvalidInput.of(f"{self.path}.{field}", f"'{self.column.name}' 조건: {message}", valid)


def operator_words() -> dict[str, str]:
    """Returns each operator with its Korean name."""
    return dict(_WORDS)


def compile_conditions(conditions: Conditions, find: Find) -> pl.Expr | None:
    """Returns the one expression that is true for the rows that meet all conditions; None where there are none.

    Raises:
        InvalidInput: An unknown column, an operator that does not suit the column, a value of another type, too many
            conditions or too deep nesting; the message names the column and what would work.
    """
    if not conditions:
        return None
    if _count(conditions, 1) > MAX_CONDITIONS:
        raise InvalidInput.of("conditions", f"조건은 {MAX_CONDITIONS}개까지 사용할 수 있습니다.")
    return _join(and_, conditions, find, "conditions")


def describe_conditions(conditions: Conditions) -> str:
    """Returns the conditions as one Korean phrase; empty where there are none."""
    return " 그리고 ".join(map(_describe, conditions))


def _describe(node: Condition | AnyOf | AllOf) -> str:
    """Returns one condition in words and signs."""
    if isinstance(node, AnyOf):
        return "(" + " 또는 ".join(map(_describe, node.any_of)) + ")"
    if isinstance(node, AllOf):
        return "(" + " 그리고 ".join(map(_describe, node.all_of)) + ")"
    return _LABELS[node.operator].format(column=node.column, value=_describe_value(node))


def _describe_value(condition: Condition) -> str:
    """Returns what a condition compares with, shortened."""
    value = condition.value
    if condition.operator == "between":
        return " ~ ".join(str(end)[:_SHOWN_TEXT] for end in value)
    if isinstance(value, list):
        more = f" 외 {len(value) - _SHOWN_VALUES}개" if len(value) > _SHOWN_VALUES else ""
        return ", ".join(str(each)[:_SHOWN_TEXT] for each in value[:_SHOWN_VALUES]) + more
    text = str(value)
    return text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1] + "…"


def _count(nodes: Conditions, depth: int) -> int:
    """Returns how many comparisons there are; raises where they are nested too deep."""
    if depth > MAX_CONDITION_DEPTH:
        raise InvalidInput.of("conditions", f"조건은 {MAX_CONDITION_DEPTH}단계까지만 묶을 수 있습니다.")
    return sum(1 if isinstance(node, Condition) else _count(_inside(node), depth + 1) for node in nodes)


def _inside(node: AnyOf | AllOf) -> Conditions:
    """Returns the conditions that a group joins."""
    return node.any_of if isinstance(node, AnyOf) else node.all_of


def _join(how: Callable[[pl.Expr, pl.Expr], pl.Expr], nodes: Conditions, find: Find, path: str) -> pl.Expr:
    """Returns the expressions of several conditions joined by and or by or."""
    return reduce(how, [_compile(node, find, f"{path}.{i}") for i, node in enumerate(nodes)])


def _compile(node: Condition | AnyOf | AllOf, find: Find, path: str) -> pl.Expr:
    """Returns the expression of one condition or group."""
    if isinstance(node, AnyOf):
        return _join(or_, node.any_of, find, f"{path}.any_of")
    if isinstance(node, AllOf):
        return _join(and_, node.all_of, find, f"{path}.all_of")
    place = _Place(node, find(node.column, f"{path}.column"), path)
    family = place.column.family
    if node.operator not in _VALID[family]:
        words = ", ".join(_VALID[family])
        raise place.refuse(
            "operator", f"{family.value} 열에는 {node.operator}를 사용할 수 없습니다. 가능: {words}", _VALID[family]
        )
    return _comparison(place)


def _comparison(place: _Place) -> pl.Expr:
    """Returns the expression of one comparison whose operator suits the column."""
    condition, column = place.condition, pl.col(place.column.name)
    if condition.operator in ("is_null", "not_null"):
        if condition.value is not None:
            raise place.refuse("value", f"{condition.operator}에는 값을 쓰지 않습니다.")
        return _present(place.column) if condition.operator == "not_null" else ~_present(place.column)
    values = _values(place)
    if place.column.family is Family.DATE:
        spans = [_span(place, each) for each in values]
        _check_order(place, condition.operator != "between" or spans[0].start < spans[1].end)
        return _of_dates(condition.operator, column.cast(pl.Datetime("us")), spans)
    checked = [_scalar(place, each) for each in values]
    if place.column.family is Family.TEXT:
        words = place.column.words
        if words is None:
            return _of_text(condition.operator, column, checked)
        matching = words.to_frame("word").select(_of_text(condition.operator, pl.col("word"), checked)).to_series()
        return pl.col(place.column.codes or "").to_physical().is_in(matching.arg_true().cast(pl.UInt32).to_list())
    return _of_plain(place, column, checked)


def _present(column: Column) -> pl.Expr:
    """Returns whether a cell has a value; NaN counts as missing."""
    expression = pl.col(column.codes or column.name)
    return expression.is_not_null() & expression.is_not_nan() if column.dtype.is_float() else expression.is_not_null()


def _values(place: _Place) -> list[Any]:
    """Returns what a condition compares with as a list, whose length suits the operator."""
    operator, value = place.condition.operator, place.condition.value
    if operator == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
            raise place.refuse("value", f"in에는 값 1~{MAX_VALUES}개의 목록을 보내주세요.")
        return value
    if operator == "between":
        if not isinstance(value, list) or len(value) != 2:
            raise place.refuse("value", "between에는 [시작, 끝] 두 값을 보내주세요.")
        return value
    if value is None:
        raise place.refuse("value", "비교할 값이 없습니다. 빈 값을 찾으려면 is_null을 사용하세요.")
    return [value]


def _scalar(place: _Place, value: Any) -> Any:
    """Returns a value of the column's type; raises where it is of another one."""
    family = place.column.family
    if family is Family.BOOLEAN:
        right = isinstance(value, bool)
    elif family is Family.NUMBER:
        right = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST
    else:
        right = isinstance(value, str)
    if not right:
        raise place.refuse("value", f"{family.value} 열이므로 값은 {_EXPECTED[family]}. (입력값: {_shown(value)})")
    return value


def _span(place: _Place, value: Any) -> Span:
    """Returns the span of time of a date in ISO text; raises where it is none."""
    span = parse_span(value) if isinstance(value, str) else None
    if span is None:
        raise place.refuse("value", f"날짜 열이므로 값은 {_EXPECTED[Family.DATE]} (입력값: {_shown(value)})")
    return span


def _shown(value: Any) -> str:
    """Returns a value short enough for a message."""
    return repr(value)[:60]


def _of_text(operator: str, column: pl.Expr, values: list[str]) -> pl.Expr:
    """Returns a comparison of text."""
    if operator == "contains":
        return column.str.contains(values[0], literal=True)
    if operator == "in":
        return column.is_in(values)
    return column == values[0] if operator == "==" else column != values[0]


def _of_plain(place: _Place, column: pl.Expr, values: list[Any]) -> pl.Expr:
    """Returns a comparison of numbers or booleans; NaN meets none, as a missing cell."""
    operator = place.condition.operator
    literals = [pl.lit(_fitting(value)) for value in values]
    if operator == "between":
        _check_order(place, values[0] <= values[1])
        expression = (column >= literals[0]) & (column <= literals[1])
    elif operator == "in":
        expression = reduce(or_, [column == each for each in literals]) if len(values) <= 8 else _is_in(column, values)
    else:
        expression = _COMPARE[operator](column, literals[0])
    return expression & column.is_not_nan() if place.column.dtype.is_float() else expression


def _is_in(column: pl.Expr, values: list[Any]) -> pl.Expr:
    """Returns membership in a long list of numbers or booleans."""
    if all(isinstance(value, int) and _INT64[0] <= value <= _INT64[1] for value in values):
        return column.is_in(values)
    return column.cast(pl.Float64).is_in([float(value) for value in values])


def _fitting(value: Any) -> Any:
    """Returns a number that polars can hold: a whole one outside 64 bits as float, a whole float as integer."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if _INT64[0] <= value <= _INT64[1] else float(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "==": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
}


def _of_dates(operator: str, column: pl.Expr, spans: list[Span]) -> pl.Expr:
    """Returns a comparison of dates with whole spans of time: ``<= 2021-03`` includes the last day of March."""
    first = spans[0]
    inside = [(column >= pl.lit(span.start)) & (column < pl.lit(span.end)) for span in spans]
    if operator == "between":
        return (column >= pl.lit(first.start)) & (column < pl.lit(spans[1].end))
    if operator == "in":
        return reduce(or_, inside)
    return {
        "==": inside[0],
        "!=": ~inside[0],
        ">": column >= pl.lit(first.end),
        ">=": column >= pl.lit(first.start),
        "<": column < pl.lit(first.start),
        "<=": column < pl.lit(first.end),
    }[operator]


def _check_order(place: _Place, ordered: bool) -> None:
    """Raises where the ends of a range are the wrong way round."""
    if not ordered:
        raise place.refuse("value", "between의 시작이 끝보다 큽니다. [작은 값, 큰 값] 순서로 보내주세요.")
