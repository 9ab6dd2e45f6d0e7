"""Loads and self-tests a model's folder in a process of its own: ``python -m hab_core.eclo.verify FOLDER``.

LightGBM does not check its text: of a damaged file it reads past the end and kills the process. So a candidate is
loaded here first, where that does no harm. Prints one JSON line, ``{"ok": true, "version", "digest"}`` or
``{"ok": false, "error"}``, and exits with 0 or 1; death by a signal means a damaged text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hab_core.eclo.model import EcloModel
from hab_core.errors import HabError

_MEMORY_LIMIT = 4 << 30
"""Bytes of address space: a damaged size field must not take the machine's memory."""


def main(arguments: list[str]) -> int:
    """Verifies the folder named by the one argument; returns the exit code."""
    _limit_resources()
    try:
        model = EcloModel.load(Path(arguments[0]))
        model.self_test()
    except HabError as error:
        return _report({"ok": False, "error": error.message})
    return _report({"ok": True, "version": model.version, "digest": model.digest})


def _report(outcome: dict[str, object]) -> int:
    """Prints the outcome; returns the exit code that goes with it."""
    sys.stdout.write("\n" + json.dumps(outcome, ensure_ascii=False) + "\n")
    return 0 if outcome["ok"] else 1


def _limit_resources() -> None:
    """Bounds memory and leaves no core dump; only Linux holds to these limits."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
