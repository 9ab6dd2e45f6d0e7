"""A model that is not trusted yet: verified in a child process, so that a damaged one kills only the child."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from hab_core.errors import ModelUnavailable

VERIFY_SECONDS = 30.0
_DAMAGED = "모델 파일이 손상되었습니다: 확인하는 프로세스가 비정상 종료되었습니다"


def verify_in_child(folder: Path, timeout: float = VERIFY_SECONDS) -> str:
    """Loads and self-tests a model's folder in a child process.

    Args:
        folder: The candidate.
        timeout: Seconds after which the child is killed and the candidate refused.

    Returns:
        The digest of the content that was verified.

    Raises:
        ModelUnavailable: The candidate is damaged, incomplete or fails its self-test; the message says what.
    """
    command = [sys.executable, "-P", "-m", "hab_core.eclo.verify", str(folder.resolve())]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and module; the folder is an argument, not a shell's
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailable(f"모델 확인이 {timeout:.0f}초 안에 끝나지 않았습니다.") from error
    except OSError as error:
        raise ModelUnavailable(f"모델을 확인하는 프로세스를 시작할 수 없습니다: {error.strerror}") from error
    return _digest(child)


def _digest(child: subprocess.CompletedProcess[bytes]) -> str:
    """Returns the digest that a finished child reports; raises ModelUnavailable where it reports a failure."""
    if child.returncode < 0:
        raise ModelUnavailable(f"{_DAMAGED} ({_signal_name(-child.returncode)}).")
    lines = child.stdout.decode("utf-8", "replace").strip().splitlines()
    try:
        outcome = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise ModelUnavailable(f"{_DAMAGED} (종료 코드 {child.returncode}).") from error
    if not outcome["ok"]:
        raise ModelUnavailable(outcome["error"])
    return str(outcome["digest"])


def _signal_name(number: int) -> str:
    """Returns the name of a signal, e.g. SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
