"""The page of figures: what each benchmark printed last is kept in ``docs/performance``, and rendered as one page."""

from __future__ import annotations

import ast
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "performance.md"
OUTPUTS = ROOT / "docs" / "performance"
ORDER = (
    "predict", "http_predict", "load", "store", "batch", "growth", "datasets", "uploads", "tools", "chat", "startup",
)  # fmt: skip
_INTRODUCTION = """# Performance

What was measured, and the command that measures it again; `python -m benchmarks --report` measures everything and
writes this page. Read the ratios: in each table the variants take turns within one run, so that all meet the same
load of the machine; absolute figures depend on the machine and on what else it does. Aims stand beside the figures, met
or not. Clients, load generators and databases run on the same cores as what is measured.
"""


class Kept(NamedTuple):
    """What a benchmark printed, and where, when and how it was run."""

    command: str
    date: str
    machine: str
    output: str

    @classmethod
    def read(cls, path: Path) -> Kept:
        """Returns the content of a kept file: three lines of facts, an empty one, the output."""
        command, date, where, _, output = path.read_text(encoding="utf-8").split("\n", 4)
        return cls(command, date, where, output.strip())


def keep(name: str, command: str, output: str, folder: Path = OUTPUTS) -> None:
    """Keeps what a benchmark printed in place of what it printed before."""
    folder.mkdir(exist_ok=True)
    facts = [command, time.strftime("%Y-%m-%d"), machine.description()]
    (folder / f"{name}.md").write_text("\n".join([*facts, "", output.strip(), ""]), encoding="utf-8")


def render(folder: Path = OUTPUTS) -> str:
    """Returns the page."""
    kept = {name: Kept.read(folder / f"{name}.md") for name in ORDER if (folder / f"{name}.md").exists()}
    machines = dict.fromkeys(each.machine for each in kept.values())
    parts = [_INTRODUCTION, *(f"Machine: {each}.\n" for each in machines)]
    parts += [_section(name, kept.get(name)) for name in ORDER]
    return "\n".join(parts)


def write() -> None:
    """Writes the page."""
    PAGE.write_text(render(), encoding="utf-8")


def _section(name: str, kept: Kept | None) -> str:
    """Returns the part of one benchmark: title, what it measures, command and date, what it printed."""
    title, text = described(name)
    head = f"## {title}\n\n{text}\n\n"
    if kept is None:
        return f"{head}Not measured yet: `python -m benchmarks {name} --report`.\n"
    return f"{head}`{kept.command}`, {kept.date}:\n\n{kept.output}\n"


def described(name: str) -> tuple[str, str]:
    """Returns a benchmark's title, from its package, and what it measures, from its program; nothing is imported."""
    folder = ROOT / "benchmarks" / name
    title, text = (_docstring(folder / file).replace("``", "`") for file in ("__init__.py", "__main__.py"))
    return title.rstrip("."), text.replace("\n    ", "\n")


def _docstring(path: Path) -> str:
    """Returns the docstring of a module."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
