"""Asking for what a command line left out, and before something is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from hab_client.cli.output import note
from hab_core.errors import InvalidInput

if TYPE_CHECKING:
    from hab_client.client import HabClient
    from hab_core.schemas.eclo import ModelFeature

Yes = Annotated[bool, typer.Option("--yes", "-y", help="묻지 않고 삭제합니다.")]
_OPTIONS = {"occurred_at": "--at"}
_EXAMPLES = {"district": "대구광역시 수성구 상동", "occurred_at": "2022-01-01T01:00"}
_MOMENT_LABEL = "사고일시"


def complete(given: dict[str, str | None], client: HabClient) -> dict[str, str]:
    """Returns all circumstances of an accident, asking for those that are missing where a person can answer.

    Raises:
        InvalidInput: Something is missing and stdin is no terminal.
    """
    missing = [name for name, value in given.items() if value is None]
    if missing and not sys.stdin.isatty():
        options = ", ".join(_OPTIONS.get(name, f"--{name.replace('_', '-')}") for name in missing)
        raise InvalidInput(f"빠진 옵션이 있습니다: {options}")
    features = {feature.name: feature for feature in client.eclo.model().features} if missing else {}
    asked = {name: _answer(name, features.get(name)) for name in missing}
    return {name: asked[name] if value is None else value for name, value in given.items()}


def confirm_deleting(thing: Callable[[], str], *, yes: bool) -> None:
    """Asks a person whether ``thing``, which ends in its particle, may be deleted, unless ``yes`` says so already.

    Raises:
        InvalidInput: Nobody is there to answer.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise InvalidInput.of("yes", "삭제하려면 --yes를 붙여주세요.")
    typer.confirm(f"{thing()} 삭제할까요?", abort=True, err=True)


def _answer(name: str, feature: ModelFeature | None) -> str:
    """Returns what the user typed for one circumstance; a number picks from the list of valid values."""
    label = feature.label if feature else _MOMENT_LABEL
    if name in _EXAMPLES or feature is None or not feature.valid_values:
        return _typed(f"{label} (예: {_EXAMPLES.get(name, '')})")
    values = feature.valid_values
    note(f"{label}: " + "  ".join(f"{i}) {value}" for i, value in enumerate(values, 1)))
    while True:
        typed = _typed(f"{label} (번호 또는 값)")
        if typed in values:
            return typed
        if typed.isdecimal() and 1 <= int(typed) <= len(values):
            return values[int(typed) - 1]
        note("목록에 있는 번호나 값을 써주세요.")


def _typed(question: str) -> str:
    """Returns the line that answers a question, asked again until it holds something; stdout stays for data."""
    while True:
        typer.echo(f"{question}: ", nl=False, err=True)
        typed = input().strip()
        if typed:
            return typed
