"""Signals that come at a bad moment: the end that was asked for once comes all the same."""

from __future__ import annotations

import pytest

from tests.working import QUICK_WORKER, Stage, WorkerProcess

WORKER = f"""
import os, signal
from hab_server.jobs import worker
make = worker._rq_worker
def make_and_signal(*given):
    made = make(*given)
    os.kill(os.getpid(), signal.SIGTERM)
    return made
worker._rq_worker = make_and_signal
{QUICK_WORKER}
"""
"""Gets its signal when it has looked for one and RQ's handlers are not there yet."""
SCHEDULER = """
import logging, os, signal
from hab_server.jobs.scheduler import run_scheduler
from hab_server.settings import Settings
class Signalling(logging.Formatter):
    def format(self, record):
        if record.getMessage() == "scheduler at work":
            os.kill(os.getpid(), signal.SIGTERM)
        return super().format(record)
handler = logging.StreamHandler()
handler.setFormatter(Signalling())
logging.basicConfig(level="INFO", handlers=[handler])
run_scheduler(Settings(), every=1)
"""
"""Gets its signal while it writes to the log, where exceptions are swallowed."""


@pytest.mark.parametrize("program", [WORKER, SCHEDULER], ids=["worker", "scheduler"])
def test_a_single_signal_ends_it(own_stage: Stage, program: str) -> None:
    process = WorkerProcess(own_stage.settings, program)
    try:
        assert process.process.wait(40) == 0, process.log()
        assert "Traceback" not in process.log()
    finally:
        process.clear()
