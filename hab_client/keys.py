"""Where a person keeps the Anthropic key: for the command line and the UI, which send it with each question."""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "CLAUDE_API_KEY"
FILES = ("env/.env", "env/config.env")
"""Below the working directory, the first that holds a key counts."""
_LINE = re.compile(r"\s*(?:export\s+)?claude_api_key\s*=\s*(.*?)\s*", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])(.*?)\1\s*(?:#.*)?""")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def find_api_key(folder: str | Path | None = None) -> str | None:
    """Returns the caller's Anthropic key; None where there is none.

    It is the variable ``CLAUDE_API_KEY``, or a line ``claude_api_key=…`` in ``env/.env`` or ``env/config.env``.

    Args:
        folder: Where ``env`` lies; the working directory where None.
    """
    key = os.environ.get(VARIABLE, "").strip()
    texts = (_text(Path(folder or ".") / name) for name in FILES)
    return key or next(filter(None, map(_key_in, texts)), None)


def _key_in(text: str) -> str:
    """Returns the key of the last line that gives one, as a shell would read it; empty where none does."""
    found = [_unquoted(match[1]) for line in text.splitlines() if (match := _LINE.fullmatch(line))]
    return next(filter(None, reversed(found)), "")


def _unquoted(value: str) -> str:
    """Returns a value without its quotes and without the comment behind it."""
    quoted = _QUOTED.fullmatch(value)
    return (quoted[2] if quoted else _COMMENT.sub("", value)).strip()


def _text(path: Path) -> str:
    """Returns the text of a file; empty where there is none that can be read, for a key is never required."""
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
