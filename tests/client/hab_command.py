"""Running ``hab`` in a process of its own, and reading its complaints."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

Hab = Callable[..., subprocess.CompletedProcess[str]]
"""Runs ``hab`` with arguments; a keyword is a variable of the environment."""


def one_line(result: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """Returns the single Korean line that a failed command has written; fails where it wrote anything else."""
    assert result.returncode == code, result
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("오류: ")
    assert re.search("[가-힣]", line.removeprefix("오류: "))
    return line
