"""``hab doctor``: looks at every part of an installation and says how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from hab_core.errors import CannotStart
from hab_server.doctor.check import Check, Status
from hab_server.doctor.machine import (
    check_home,
    check_key,
    check_lightgbm,
    check_locale,
    check_model,
    check_ports,
    check_python,
    check_threads,
)
from hab_server.doctor.services import check_database, check_queue, check_server, check_ui, check_workers
from hab_server.preflight import load_settings
from hab_server.settings import Settings

__all__ = ["Check", "Status", "examine", "report", "worst"]

_ORDER: tuple[Status, ...] = ("ok", "warn", "fail")


def examine() -> list[Check]:
    """Returns the result of every check, of the settings in the environment."""
    found = [check_python(), *_guarded("lightgbm", check_lightgbm), check_locale(), check_threads(), check_key()]
    try:
        settings = load_settings()
    except CannotStart as error:
        return [*found, Check("settings", "fail", error.message, "docs/settings.md의 허용 값을 확인해주세요.")]
    for name, check in _of_settings().items():
        found += _guarded(name, partial(check, settings))
    return found


def report(checks: list[Check]) -> dict[str, Any]:
    """Returns the checks as a JSON object: the worst status of all, then each check."""
    return {"status": worst(checks), "checks": [asdict(check) for check in checks]}


def worst(checks: list[Check]) -> Status:
    """Returns the worst status."""
    return max((check.status for check in checks), key=_ORDER.index, default="ok")


def _of_settings() -> dict[str, Callable[[Settings], Check | list[Check]]]:
    """Returns the checks that look at what the settings name, in the order they are shown."""
    return {
        "home": check_home,
        "database": check_database,
        "queue": check_queue,
        "workers": check_workers,
        "model": check_model,
        "ports": check_ports,
        "server": check_server,
        "ui": check_ui,
    }


def _guarded(name: str, check: Callable[[], Check | list[Check]]) -> list[Check]:
    """Runs a check; one that breaks is itself something to report, and the others go on."""
    try:
        result = check()
    except Exception as error:  # noqa: BLE001  # shown as a failed check
        return [Check(name, "fail", f"점검하지 못했습니다: {type(error).__name__}", "로그와 설정을 확인해주세요.")]
    return result if isinstance(result, list) else [result]
