"""The benchmarks are complete, and the page of figures is what they printed. None is run here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks import machine, report
from benchmarks.__main__ import FULL, SHORT
from benchmarks.figures import Aim, medians_ms, print_aims, print_table, quantile
from benchmarks.startup.size import closure

FOLDER = report.ROOT / "benchmarks"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/__main__.py"))
BY_HAND = {"training"}
"""What needs files that are not here."""


def test_every_benchmark_is_run_and_has_its_place_on_the_page() -> None:
    assert set(report.ORDER) == set(FULL) == set(SHORT) == set(NAMES) - BY_HAND


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_says_what_it_measures(name: str) -> None:
    title, text = report.described(name)
    assert title
    assert "\n" not in title
    assert len(text) > 100
    tree = ast.parse((FOLDER / name / "__main__.py").read_text(encoding="utf-8"))
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_holds_what_was_kept(tmp_path: Path) -> None:
    report.keep("store", "python -m benchmarks.store", "| a | b |\n|---|---:|\n| c | 1 |\n\n", tmp_path)
    kept = report.Kept.read(tmp_path / "store.md")
    assert kept.output == "| a | b |\n|---|---:|\n| c | 1 |"
    assert kept.machine == machine.description()
    page = report.render(tmp_path)
    assert f"Machine: {kept.machine}." in page
    assert f"`python -m benchmarks.store`, {kept.date}:\n\n{kept.output}\n" in page
    assert page.count("Not measured yet") == len(report.ORDER) - 1
    report.keep("store", "python -m benchmarks.store --rounds 1", "newer", tmp_path)
    assert "| c | 1 |" not in report.render(tmp_path)


def test_a_figure_stands_beside_its_aim(capsys: pytest.CaptureFixture[str]) -> None:
    print_aims(
        Aim("fast", 250.0, 300.0, "ms"),
        Aim("slow", 330.0, 300.0, "ms"),
        Aim("rate", 2.4, 3.0, "×", least=True),
        Aim("failures", 2, 0),
        Aim("unknown", float("nan"), 1.0),
    )
    lines = capsys.readouterr().out.splitlines()[2:7]
    assert [line.split(" | ")[-1].strip(" |") for line in lines] == [
        "met", "missed by 10%", "missed by 20%", "missed", "missed"
    ]  # fmt: skip


def test_a_table_rounds_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "figure"], [("a", 12345.678), ("b", 1.234), ("c", 0.01234), ("d", 1234567), ("e", 0.0)])
    cells = [line.split(" | ")[1].strip(" |") for line in capsys.readouterr().out.splitlines()[2:7]]
    assert cells == ["12,346", "1.23", "0.012", "1,234,567", "0"]


def test_quantiles_and_medians_are_of_what_was_measured() -> None:
    assert quantile(range(1, 101), 0.99) == 100
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    calls: list[str] = []
    assert len(medians_ms([lambda: calls.append("a"), lambda: calls.append("b")], 2)) == 2
    assert calls == ["a", "b", "a", "b", "a", "b"]


def test_the_closure_of_an_extra_holds_what_it_needs() -> None:
    bare, server = closure("hab-client", frozenset()), closure("hab-client", frozenset({"server"}))
    assert {"hab-client", "httpx", "pydantic-core", "typer"} <= bare
    assert "fastapi" not in bare
    assert bare < server
    assert {"fastapi", "starlette", "lightgbm"} <= server
