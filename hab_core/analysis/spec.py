"""What makes a plain function a tool: its name, what it does in Korean, and its parameters as a strict model.

Name, description and parameters are read off the function: the docstring up to its first blank-line section is the
description, the signature the parameters.
"""

from __future__ import annotations

import difflib
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from hab_core.errors import ErrorDetail, InvalidInput
from hab_core.schemas.analysis import ChartSpec, ConditionList, Conditions, ToolCategory, ToolInfo
from hab_core.schemas.analysis_results import ToolResult
from hab_core.schemas.common import RequestModel
from hab_core.schemas.eclo import Accident
from hab_core.schemas.validation import invalid_input_of

Render = Callable[[Any], str]
Draw = Callable[[Any], ChartSpec | None]
_SECTION = re.compile(r"\n\s*(?:Args|Returns|Raises):")
_TYPE = re.compile(r"(?:str|int|float|bool|constrained-\w+|\w+[\[(].*)$")
_TAGS = frozenset({"condition", "any_of", "all_of"})


@dataclass(frozen=True)
class ToolSpec:
    """One tool.

    Attributes:
        category: Its subject.
        function: What it does: a table (or a predictor) and keyword parameters to a typed result.
        text: The result as Korean Markdown.
        chart: The result as a picture, where one says more.
        on: What the function works on.
    """

    category: ToolCategory
    function: Callable[..., ToolResult]
    text: Render
    chart: Draw | None = None
    on: Literal["table", "predictor"] = "table"

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What the tool does and when to use it, in Korean."""
        return _SECTION.split(inspect.getdoc(self.function) or "")[0].strip()

    @property
    def parameters(self) -> type[BaseModel]:
        """The parameters as a strict model."""
        return _parameters_of(self.function)

    def info(self) -> ToolInfo:
        """Returns what a caller needs to know."""
        schema = _without_titles(self.parameters.model_json_schema())
        schema.pop("description", None)
        return ToolInfo(name=self.name, category=self.category, description=self.description, input_schema=schema)

    def parse(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the validated parameters that were given, by name.

        Raises:
            InvalidInput: An unknown, missing or ill-typed parameter, in Korean; unknown ones name the nearest.
        """
        _refuse_unknown(arguments, list(self.parameters.model_fields), self.name)
        try:
            parsed = self.parameters.model_validate(dict(arguments))
        except ValidationError as error:
            raise invalid_arguments(error) from None
        if isinstance(parsed, Accident):
            return {"accident": parsed}
        return {name: getattr(parsed, name) for name in parsed.model_fields_set}


@lru_cache(maxsize=64)
def _parameters_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Returns the keyword parameters of a function as a model; a single ``Accident`` is that model itself."""
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        hint = hints[parameter.name]
        if hint is Accident:
            return Accident
        required = parameter.default is inspect.Parameter.empty
        fields[parameter.name] = (_wire_type(hint), ... if required else parameter.default)
    config = ConfigDict(**RequestModel.model_config | {"str_strip_whitespace": False, "validate_default": False})
    return create_model(function.__name__, __config__=config, **fields)


def _wire_type(hint: Any) -> Any:
    """Returns the type that validates a parameter: conditions arrive as JSON lists."""
    if hint == Conditions:
        return ConditionList
    if typing.get_origin(hint) is typing.Annotated and typing.get_args(hint)[0] == Conditions:
        return typing.Annotated[(ConditionList, *hint.__metadata__)]
    return hint


def _refuse_unknown(arguments: Mapping[str, Any], known: list[str], tool: str) -> None:
    """Raises where a parameter does not exist, naming the nearest and all that do."""
    details: list[ErrorDetail] = []
    for name in arguments:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            advice = f"'{near[0]}'을(를) 뜻하셨나요?" if near else f"가능한 인자: {', '.join(known)}"
            message = f"{tool}에는 '{str(name)[:60]}' 인자가 없습니다. {advice}"
            details.append({"field": str(name)[:60], "message": message, "valid_values": known})
    if details:
        raise InvalidInput(details[0]["message"], details=details)


def invalid_arguments(error: ValidationError) -> InvalidInput:
    """Returns a validation error as HAB's own; of the alternatives of a union the first stands for all."""
    seen: dict[tuple[str | int, ...], dict[str, Any]] = {}
    for each in error.errors(include_url=False):
        place = _place(each["loc"])
        seen.setdefault(place, {**each, "loc": place})
    return invalid_input_of(list(seen.values()))


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Returns where in the arguments an error lies, without the names of alternatives that pydantic inserts."""
    kept: list[str | int] = []
    for i, part in enumerate(location):
        is_type = i > 0 and isinstance(part, str) and _TYPE.match(part) is not None
        is_tag = i > 0 and part in _TAGS and isinstance(location[i - 1], int)
        if not (is_type or is_tag):
            kept.append(part)
    return tuple(kept)


def _without_titles(schema: Any) -> Any:
    """Returns a JSON Schema without the titles that pydantic makes of names."""
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(each) for each in schema] if isinstance(schema, list) else schema
