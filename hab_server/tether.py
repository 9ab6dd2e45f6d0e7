"""Ends a process together with the one that started it, even where that one is killed without warning.

Run as a script it stands between a parent and a program: ``python tether.py PARENT_PID -- PROGRAM ARGUMENTS…``.
On Linux the kernel keeps the promise: the script asks for SIGKILL at its parent's death (``PR_SET_PDEATHSIG``, which
survives ``execve``) and then *becomes* the program, so nothing stays between. Elsewhere it stays as a small guard that
looks once a second whether its parent is still there.

Two traps of ``PR_SET_PDEATHSIG``: the signal comes at the end of the *thread* that started the process, so only
threads that live as long as the child may start one; and ``fork`` clears it, so a forked process calls
:func:`tie_to_parent` itself.

The file imports the standard library only and little of it: it runs with ``-I -S`` before each child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_GUARD_INTERVAL = 1.0
"""Seconds between two looks for the parent, where the kernel does not tell."""


def tethered(program: Sequence[str]) -> list[str]:
    """Returns the command line that runs ``program`` tied to the calling process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), "--", *program]


def tie_to_parent(parent_pid: int) -> None:
    """Lets the kernel kill this process when its parent ends; does nothing on other systems than Linux.

    Args:
        parent_pid: The parent as it knows itself; this process ends at once where it is already gone.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def guard(parent_pid: int, program: Sequence[str], interval: float = _GUARD_INTERVAL) -> int:
    """Runs ``program`` as a child, kills it when ``parent_pid`` is gone and returns its exit code.

    Signals that ask for the end are left to the program: they are sent to the whole process group.
    """
    child = subprocess.Popen(program, close_fds=False)  # noqa: S603  # our own command line; it inherits sockets
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while child.poll() is None:
        if os.getppid() != parent_pid:
            child.kill()
        time.sleep(interval)
    return child.returncode


def main(arguments: Sequence[str]) -> int:
    """Becomes the program named in ``PARENT_PID -- PROGRAM ARGUMENTS…``; where it has to guard it, its exit code."""
    parent_pid, program = int(arguments[0]), list(arguments[2:])
    if sys.platform.startswith("linux"):
        tie_to_parent(parent_pid)
        os.execv(program[0], program)  # noqa: S606  # our own command line
    return guard(parent_pid, program)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
