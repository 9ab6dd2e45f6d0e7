"""Checks of the machine that HAB runs on: Python, LightGBM's library, folders, ports, locale, environment."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from hab_core.errors import CannotStart, HabError
from hab_server.doctor.check import Check, Status
from hab_server.preflight import check_port, prepare_home, shown_host
from hab_server.probe import ask
from hab_server.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LITTLE_SPACE, _TOO_LITTLE_SPACE = 1024**3, 100 * 1024**2
_CHILD_LIMIT = 60.0
_LOAD_LIBRARY = "from hab_core.eclo.booster import library; library()"
_KEY_FILES = ("env/.env", "env/config.env")


def check_python() -> Check:
    """Whether this Python is one that HAB runs on."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", "fail", f"Python {version}: 3.11 이상이 필요합니다.", "python3.11 -m venv .venv")
    return Check("python", "ok", f"Python {version}")


def check_lightgbm() -> Check:
    """Whether LightGBM's library can be loaded, tried in a child because a broken one can kill its process."""
    code, output = _run_python("-P", "-c", _LOAD_LIBRARY)
    if code == 0:
        return Check("lightgbm", "ok", "LightGBM 라이브러리를 사용할 수 있습니다.")
    if "libgomp.so" in output:
        return Check("lightgbm", "fail", "libgomp1이 없어 LightGBM을 불러올 수 없습니다.", "apt-get install libgomp1")
    if "libomp.dylib" in output:
        return Check("lightgbm", "fail", "libomp가 없어 LightGBM을 불러올 수 없습니다.", "brew install libomp")
    remedy = 'pip install --force-reinstall "hab-client[server]"'
    return Check("lightgbm", "fail", "LightGBM 라이브러리를 불러올 수 없습니다.", remedy)


def check_home(settings: Settings) -> Check:
    """Whether ``HAB_HOME`` can be written and has room; looking does not make it."""
    home = settings.hab_home
    above = next(folder for folder in home.parents if folder.exists())
    if not home.exists() and above.is_dir() and os.access(above, os.W_OK):
        return Check("home", "ok", f"{home} (처음 실행할 때 만듭니다)")
    try:
        prepare_home(settings)
    except CannotStart as error:
        return Check("home", "fail", error.message, "export HAB_HOME=~/hab")
    free = shutil.disk_usage(settings.hab_home).free
    message = f"{settings.hab_home} (여유 공간 {free / 1024**3:.1f}GB)"
    if free < _LITTLE_SPACE:
        status: Status = "fail" if free < _TOO_LITTLE_SPACE else "warn"
        remedy = "디스크를 정리하거나 HAB_HOME을 다른 디스크로 옮겨주세요."
        return Check("home", status, f"디스크 공간이 부족합니다: {message}", remedy)
    return Check("home", "ok", message)


def check_ports(settings: Settings) -> list[Check]:
    """Whether each port is free, or already HAB's."""
    ports = {"BACKEND_PORT": settings.backend_port, "UI_PORT": settings.ui_port}
    return [_check_port(settings.backend_host, port, variable) for variable, port in ports.items()]


def _check_port(host: str, port: int, variable: str) -> Check:
    """Whether one port is free, or already HAB's."""
    name = variable.lower()
    try:
        check_port(host, port, variable)
    except CannotStart as error:
        url = f"http://{shown_host(host)}:{port}"
        if variable == "BACKEND_PORT" and "version" in ask(url, "/health/live").body:
            return Check(name, "ok", f"포트 {port}번을 HAB가 사용하고 있습니다.")
        if variable == "UI_PORT" and ask(url, "/_stcore/health").status == 200:
            return Check(name, "ok", f"포트 {port}번을 화면이 사용하고 있습니다.")
        return Check(name, "fail", error.message, f"export {variable}={port + 1}")
    return Check(name, "ok", f"포트 {port}번을 사용할 수 있습니다.")


def check_locale() -> Check:
    """Whether text is UTF-8 here, and which time zone the machine is in."""
    zone = f"{time.tzname[time.daylight and time.localtime().tm_isdst > 0]} (UTC{time.strftime('%z')})"
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.lower().replace("-", "") != "utf8":
        return Check("locale", "warn", f"문자 인코딩이 {encoding}입니다. 시간대 {zone}", "export PYTHONUTF8=1")
    return Check("locale", "ok", f"문자 인코딩 {encoding}, 시간대 {zone}")


def check_threads() -> Check:
    """Whether OpenMP threads sleep while they wait; those that spin slow down everything else on the machine."""
    policy = os.environ.get("OMP_WAIT_POLICY", "")
    if policy.lower() == "active":
        message = "OMP_WAIT_POLICY=active: 예측이 느려질 수 있습니다."
        return Check("threads", "warn", message, "export OMP_WAIT_POLICY=passive")
    return Check("threads", "ok", f"OMP_WAIT_POLICY={policy or 'passive (HAB가 설정합니다)'}")


def check_key() -> Check:
    """Whether there is a key for Claude; never which."""
    if os.environ.get("CLAUDE_API_KEY") or any(_holds_key(Path(name)) for name in _KEY_FILES):
        return Check("anthropic_key", "ok", "Claude API 키가 설정되어 있습니다.")
    return Check("anthropic_key", "ok", "Claude API 키가 없습니다. 없어도 사용할 수 있습니다.")


def _holds_key(path: Path) -> bool:
    """Whether a file of ``name=value`` lines sets the key."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    pairs = (line.partition("=") for line in lines)
    return any(name.strip().lower() == "claude_api_key" and value.strip(" \"'") for name, _, value in pairs)


def check_model(settings: Settings) -> Check:
    """Whether the active model is whole and passes its self-test, tried in a child: a damaged one kills its process."""
    from hab_core.eclo.candidate import verify_in_child
    from hab_core.eclo.registry import ModelRegistry

    registry = ModelRegistry(settings.models_folder)
    try:
        version = registry.active()
        if version is None:
            return Check("model", "fail", "등록된 모델이 없습니다.", "hab eclo activate 모델_폴더")
        folder = registry.folder(version)
        verify_in_child(folder)
        if folder.parent == settings.models_folder:  # the released model is what it is called; loading leaves a note
            registry.load(version)
    except HabError as error:
        return Check("model", "fail", error.message, "hab eclo activate --previous")
    return Check("model", "ok", f"모델 {version}: SHA-256과 자체 시험을 통과했습니다.")


def _run_python(*arguments: str) -> tuple[int, str]:
    """Runs Python in a child process and returns its exit code and all it wrote."""
    child = subprocess.run(  # noqa: S603  # our own command line
        [sys.executable, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_CHILD_LIMIT,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    return child.returncode, child.stdout.decode(errors="replace")
