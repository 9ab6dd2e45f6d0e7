"""The rules of the house hold, and each of them notices a planted breach."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hab_core", "hab_server", "hab_client", "hab_ui")

BREACHES = {
    "core imports server": ("hab_core/eclo/planted.py", "import hab_server.settings\n", "1a."),
    "server imports client": ("hab_server/planted.py", "import hab_client.errors\n", "1a."),
    "client imports server": ("hab_client/resources/planted.py", "import hab_server.settings\n", "1a."),
    "ui imports server": ("hab_ui/planted.py", "import hab_server.settings\n", "1b."),
    "client imports the core's inside": ("hab_client/planted.py", "import hab_core.eclo\n", "2."),
    "ui imports the core's inside": ("hab_ui/planted.py", "import hab_core.regions\n", "2."),
    "core imports fastapi": ("hab_core/eclo/planted.py", "import fastapi\n", "3a."),
    "core imports sqlmodel": ("hab_core/regions/planted.py", "import sqlmodel\n", "3a."),
    "anthropic outside its one file": ("hab_server/planted.py", "import anthropic\n", "3b."),
    "schemas import numpy": ("hab_core/schemas/planted.py", "import numpy\n", "4."),
    "schemas import eclo": ("hab_core/schemas/planted.py", "import hab_core.eclo\n", "5."),
    "errors import schemas": ("hab_core/errors.py", "import hab_core.schemas.common\n", "5."),
    "a room nobody planned": ("hab_core/planted/__init__.py", "", "5."),
    "a route reaches redis": ("hab_server/api/planted.py", "import redis\n", "6."),
    "a route reaches SQL": ("hab_server/api/planted.py", "import sqlalchemy\n", "6."),
}


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their rules, in a folder where a breach may be planted."""
    house = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    return house


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """Runs the import rules on a house."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    environment = {"PYTHONPATH": str(house), "PATH": "", "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True, check=False)


def test_the_house_keeps_its_rules(copy_of_the_house: Path) -> None:
    result = lint(copy_of_the_house)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_a_planted_breach_is_found(copy_of_the_house: Path, breach: str) -> None:
    name, code, rule = BREACHES[breach]
    file = copy_of_the_house / name
    before = file.read_text() if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text((before or "") + code)
    try:
        result = lint(copy_of_the_house)
    finally:
        if before is None:
            file.unlink()
            if file.name == "__init__.py":
                file.parent.rmdir()
        else:
            file.write_text(before)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if " BROKEN" in line]
    assert any(line.startswith(rule) for line in broken), result.stdout


def modules_after(statement: str) -> set[str]:
    """Returns the top-level modules a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_schemas_load_pydantic_and_the_standard_library_only() -> None:
    every = "import hab_core.schemas.common, hab_core.schemas.eclo, hab_core.schemas.jobs, hab_core.schemas.health"
    found = modules_after(every + ", hab_core.schemas.validation, hab_core.errors")
    third_party = {name for name in found if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert third_party <= {
        "hab_core",
        "pydantic",
        "pydantic_core",
        "annotated_types",
        "typing_extensions",
        "typing_inspection",
        "sitecustomize",
    }
