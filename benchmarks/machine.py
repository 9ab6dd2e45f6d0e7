"""The machine of a run, and the memory of processes on it (Linux: ``/proc``)."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MB = 1_000_000


def description() -> str:
    """Returns cores, processor, memory, system and Python in one line."""
    cores = len(os.sched_getaffinity(0))
    total = _figure(Path("/proc/meminfo"), "MemTotal") / 1000
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{cores} cores ({_processor()}), {total:.0f} GB, {system}, Python {platform.python_version()}"


def rss_of(pid: int) -> float:
    """Returns the memory that a process holds now, MB; 0 where it is gone."""
    return _status(pid, "VmRSS")


def peak_of(pid: int) -> float:
    """Returns the most memory that a process held since :func:`forget_peak`, MB; 0 where it is gone."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Lets the peak begin at what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@contextmanager
def sampled(read: Callable[[], dict[str, float]], every: float = 1.0) -> Iterator[list[tuple[float, dict[str, float]]]]:
    """Reads figures again and again for the time of the block; yields the growing list of (seconds, figures)."""
    found: list[tuple[float, dict[str, float]]] = []
    ended, began = threading.Event(), time.monotonic()

    def watch() -> None:
        while not ended.wait(every):
            found.append((time.monotonic() - began, read()))

    thread = threading.Thread(target=watch, name="sampler")
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _status(pid: int, name: str) -> float:
    """Returns a figure of ``/proc/PID/status``, MB."""
    try:
        return _figure(Path(f"/proc/{pid}/status"), name)
    except (OSError, StopIteration):  # it ended, or is about to
        return 0.0


def _figure(path: Path, name: str) -> float:
    """Returns a figure in kB of one of the kernel's tables, MB."""
    lines = path.read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith(f"{name}:"))


def _processor() -> str:
    """Returns what the processor calls itself."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
