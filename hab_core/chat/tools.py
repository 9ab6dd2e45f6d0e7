"""The 22 tools in a conversation: told to a language model, and run by name on the dataset that a call names."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from polars.exceptions import PolarsError

from hab_core.analysis.prediction import Predictor
from hab_core.analysis.registry import find_tool, tools
from hab_core.analysis.run import run_tool
from hab_core.chat.sources import Source, find_source
from hab_core.errors import HabError
from hab_core.schemas.chat import ToolCall
from hab_core.schemas.common import ErrorBody

DATASET = "dataset"
_SHOWN_VALID = 20
_UNREADABLE = "데이터셋을 읽을 수 없습니다. 삭제되었는지 확인해주세요."


def _explained(error: ErrorBody) -> str:
    """Returns an error with the values that would be valid, a few of each field."""
    valid = [
        f"{detail['field']}: {', '.join(map(str, detail['valid_values'][:_SHOWN_VALID]))}"
        for detail in error.details
        if detail.get("valid_values")
    ]
    return "\n".join([error.message, *valid])


class Ran(NamedTuple):
    """A call with what a language model is told of it: the result as short Markdown, or what was wrong."""

    call: ToolCall
    text: str


class ToolBox:
    """The tools over the datasets of one question.

    Attributes:
        sources: The datasets; calls name one of them by id where there are several.
    """

    def __init__(self, sources: Sequence[Source], predictor: Predictor | None = None) -> None:
        """Keeps what the tools work on; nothing is read before a call."""
        self.sources = list(sources)
        self._predictor = predictor

    def definitions(self) -> list[dict[str, Any]]:
        """Returns the tools as the Messages API takes them; the last one is marked so that all are cached.

        With several datasets every table tool has a required parameter ``dataset``. The prediction tools are left
        out where no model serves.
        """
        found = [
            self._definition(spec.info().model_dump(), spec.on == "table") for spec in tools() if self._usable(spec.on)
        ]
        found[-1]["cache_control"] = {"type": "ephemeral"}
        return found

    def run(self, name: str, given: Mapping[str, Any]) -> Ran:
        """Returns what a call found, or what was wrong with it; only mistakes of HAB's own are raised."""
        arguments = {key: value for key, value in given.items() if key != DATASET}
        started = time.perf_counter()
        try:
            on_table = find_tool(name).on == "table"
            table = find_source(self.sources, given.get(DATASET)).table if on_table else None
            done = run_tool(name, table, arguments, self._predictor)
        except HabError as error:
            body = ErrorBody(code=error.code, message=error.message, details=error.details)
        except (OSError, PolarsError):
            body = ErrorBody(code="not_found", message=_UNREADABLE)
        else:
            call = ToolCall(
                name=name, input=dict(given), result=done.result, chart=done.chart, duration_ms=done.duration_ms
            )
            return Ran(call, done.text)
        elapsed = (time.perf_counter() - started) * 1000
        return Ran(ToolCall(name=name, input=dict(given), duration_ms=elapsed, error=body), _explained(body))

    def _usable(self, on: str) -> bool:
        """Whether what a tool works on is there."""
        return bool(self.sources) if on == "table" else self._predictor is not None

    def _definition(self, info: dict[str, Any], on_table: bool) -> dict[str, Any]:
        """Returns one tool as the Messages API takes it."""
        schema = dict(info["input_schema"])
        if on_table and len(self.sources) > 1:
            ids = [source.id for source in self.sources]
            named = {"type": "string", "enum": ids, "description": "이 도구를 실행할 데이터셋의 id"}
            schema["properties"] = {DATASET: named} | schema.get("properties", {})
            schema["required"] = [DATASET, *schema.get("required", [])]
        return {"name": info["name"], "description": info["description"], "input_schema": schema}
