"""What the tests of the tools share beside fixtures."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from hab_core.analysis.run import run_tool
from hab_core.datasets.table import Table
from hab_core.schemas.analysis import ToolRun


class Real(NamedTuple):
    """One real file: HAB's table from its store, the same table in memory, and pandas' own reading."""

    table: Table
    in_memory: Table
    pandas: pd.DataFrame


def run(tool: str, table: Table, **arguments: Any) -> ToolRun:
    """Runs a tool with arguments as JSON has them."""
    return run_tool(tool, table, arguments)


def is_(column: str, operator: str, value: Any = None) -> dict[str, Any]:
    """Returns one condition as JSON has it."""
    return {"column": column, "operator": operator} | ({} if value is None else {"value": value})
