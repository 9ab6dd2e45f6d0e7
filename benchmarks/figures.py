"""What every benchmark prints: progress on stderr; on stdout Markdown tables, and figures beside their aims."""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Call = Callable[[], object]
MB = 1_000_000


class Aim(NamedTuple):
    """A figure and what it was to be: at most ``limit``, or at least, where ``least``."""

    what: str
    found: float
    limit: float
    unit: str = ""
    least: bool = False

    @property
    def verdict(self) -> str:
        """Met, or by how much it was missed."""
        if (self.found >= self.limit) if self.least else (self.found <= self.limit):
            return "met"
        if not self.limit or math.isnan(self.found):
            return "missed"
        return f"missed by {abs(self.found / self.limit - 1):.0%}"


def progress(text: str) -> None:
    """Says on stderr what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def say(text: str = "") -> None:
    """Prints a paragraph of the result."""
    print(f"{text}\n", flush=True)


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a Markdown table; numbers are rounded, and all columns but the first are set to the right."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(map(shown, row))} |" for row in rows]
    say("\n".join(lines))


def print_aims(*aims: Aim) -> None:
    """Prints figures beside what they were to be."""
    rows = [
        (aim.what, f"{'≥' if aim.least else '≤'} {_with_unit(aim.limit, aim.unit)}", _with_unit(aim.found, aim.unit),
         aim.verdict)
        for aim in aims
    ]  # fmt: skip
    print_table(["aim", "limit", "measured", ""], rows)


def shown(value: object) -> str:
    """Returns a cell: numbers with three figures that mean something, and thousands separated."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if math.isnan(value):
        return "–"
    size = abs(value)
    decimals = 0 if size >= 100 or value == 0 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{decimals}f}"


def _with_unit(value: float, unit: str) -> str:
    return f"{shown(value)} {unit}".rstrip()


def quantile(values: Sequence[float], share: float) -> float:
    """Returns the value below which ``share`` of the values lie (nearest rank); NaN where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else math.nan


def elapsed_ms(call: Call) -> float:
    """Returns the milliseconds that a call takes."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def medians_ms(calls: Sequence[Call], rounds: int) -> list[float]:
    """Returns the medians in ms of calls that take turns, after one call each that is not counted."""
    taken: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    for _ in range(rounds):
        for call, times in zip(calls, taken, strict=True):
            times.append(elapsed_ms(call))
    return [statistics.median(times) for times in taken]


def options(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Returns the parser of a benchmark's command line."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
