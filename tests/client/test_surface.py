"""What the package offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import hab_client
from hab_client import errors
from hab_core.errors import all_errors

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
HEAVY = {
    "lightgbm",
    "sklearn",
    "polars",
    "pandas",
    "langgraph",
    "anthropic",
    "streamlit",
    "fastapi",
    "numpy",
    "sqlalchemy",
}
NAMES = [
    "BatchJob",
    "ChatAnswer",
    "ChatStream",
    "Conversation",
    "Dataset",
    "DatasetDetailAnswer",
    "HabClient",
    "HealthAnswer",
    "Listing",
    "ModelAnswer",
    "PredictionAnswer",
    "Share",
    "ToolRunAnswer",
]


NOUNS = [
    ("eclo", "--help"),
    ("eclo", "predict", "--help"),
    ("datasets", "--help"),
    ("datasets", "upload", "--help"),
    ("tools", "run", "--help"),
    ("ask", "--help"),
    ("conversations", "--help"),
    ("db", "--help"),
]


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running some code."""
    tail = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(result.stderr.split())


def test_the_public_names_are_listed_in_order() -> None:
    tree = [cls.__name__ for cls in all_errors()]
    assert hab_client.__all__ == sorted([*NAMES, "ErrorDetail", *tree])
    assert dir(hab_client) == hab_client.__all__


def test_every_public_name_is_there() -> None:
    for name in hab_client.__all__:
        assert getattr(hab_client, name).__name__ == name
    with pytest.raises(AttributeError):
        hab_client.no_such_name  # noqa: B018


def test_the_errors_are_the_tree_s_own() -> None:
    tree = {cls.__name__: cls for cls in all_errors()}
    assert {name: getattr(errors, name) for name in tree} == tree
    assert errors.__all__ == sorted([*tree, "ErrorDetail", "all_errors"], key=lambda n: (n.islower(), n))


def test_importing_the_client_loads_nothing_heavy() -> None:
    assert not modules_after("import hab_client") & (HEAVY | {"httpx", "pydantic", "typer", "rich"})
    # where click is installed, the HTTP library loads it and rich by itself
    assert not modules_after("from hab_client import HabClient; HabClient()") & (HEAVY | {"typer", "hab_server"})


def after_command(*arguments: str) -> set[str]:
    code = (
        f"import sys; sys.argv = ['hab', *{arguments}]\nfrom hab_client.cli import main\n"
        "try: main()\nexcept SystemExit as error: assert error.code == 0, error.code"
    )
    found = modules_after(code)
    assert "typer" in found
    return found


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_loads_typer_and_nothing_heavier(argument: str) -> None:
    assert not after_command(argument) & (HEAVY | {"httpx", "pydantic", "rich", "hab_server"})


@pytest.mark.parametrize("arguments", NOUNS)
def test_help_of_a_noun_loads_what_typer_loads(arguments: tuple[str, ...]) -> None:
    assert not after_command(*arguments) & (HEAVY | {"httpx", "rich", "hab_server"})


def test_only_one_file_knows_the_http_library() -> None:
    knowing = [path.name for path in (ROOT / "hab_client").rglob("*.py") if "import httpx" in path.read_text()]
    assert knowing == ["_transport.py"]


def test_the_examples_are_typed() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *map(str, sorted(EXAMPLES.glob("*.py")))]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
