"""Running a tool by name: the one way from arguments as JSON to result, text and picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hab_core.analysis.prediction import Predictor
from hab_core.analysis.registry import find_tool
from hab_core.analysis.texts import complete
from hab_core.datasets.table import Table
from hab_core.errors import InvalidInput, ModelUnavailable
from hab_core.schemas.analysis import ToolRun


def run_tool(
    name: str, table: Table | None, arguments: Mapping[str, Any], predictor: Predictor | None = None
) -> ToolRun:
    """Runs one of the 22 tools.

    Args:
        name: The tool.
        table: The table to look at; prediction tools need none.
        arguments: The parameters as they came over the wire.
        predictor: The model that serves; only prediction tools need it.

    Raises:
        InvalidInput: An unknown tool, parameter or column, or a value that does not fit; the details name the field
            and what would be valid.
        ModelUnavailable: A prediction tool without a model.
    """
    started = time.perf_counter()
    spec = find_tool(name)
    parameters = spec.parse(arguments)
    subject: Table | Predictor | None = table if spec.on == "table" else predictor
    if subject is None:
        raise (
            ModelUnavailable()
            if spec.on == "predictor"
            else InvalidInput.of("dataset", f"{name}에는 데이터셋이 필요합니다.")
        )
    result = spec.function(subject, **parameters)
    text = complete(spec.text(result), result)
    chart = spec.chart(result) if spec.chart is not None and result.rows else None
    return ToolRun(
        tool=spec.name,
        arguments=dict(arguments),
        result=result.model_dump(mode="json"),
        text=text,
        chart=chart,
        duration_ms=(time.perf_counter() - started) * 1000,
        truncated=result.truncated,
    )
