"""File names as callers write them: only ever shown, never part of a path."""

from __future__ import annotations

import re
from urllib.parse import quote

from hab_core.schemas.datasets import MAX_NAME

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, line separators, and marks that turn the direction of text round."""
_ESCAPED = re.compile(r"%(?:22|7[fF]|[01][0-9a-fA-F])")
"""What browsers (WHATWG HTML, multipart/form-data encoding) and HTTP libraries make of quotes and controls."""
_LONGEST_SUFFIX = 10


def shown_name(sent: bytes, default: str) -> str:
    """Returns the name of an uploaded file as it may be shown: its last part, without what cannot be seen.

    Args:
        sent: The file name of the form, UTF-8 or, from old Korean programs, CP949.
        default: The name where nothing is left.
    """
    text = _ESCAPED.sub(lambda escape: chr(int(escape[0][1:], 16)), _decoded(sent))
    name = _INVISIBLE.sub("", re.split(r"[/\\]", text)[-1]).strip()
    return _shortened(name) if name.strip(". ") else default


def content_disposition(name: str, suffix: str) -> str:
    """Returns the header that names a download (RFC 6266): plain ASCII for old clients, UTF-8 for all others.

    Args:
        name: The name of the dataset.
        suffix: ``.csv`` or ``.parquet``; it takes the place of a ``.csv`` that the name ends in.
    """
    stem = (
        re.sub(r"\.csv$", "", re.sub(r'[/\\:*?"<>|]', "_", _INVISIBLE.sub("", name)), flags=re.IGNORECASE) or "dataset"
    )
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", stem).strip()
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{quote(stem + suffix, safe='')}"


def _decoded(sent: bytes) -> str:
    """Returns the text of a name."""
    for encoding in ("utf-8", "cp949"):
        try:
            return sent.decode(encoding)
        except UnicodeDecodeError:
            continue  # the next one may fit
    return sent.decode("ascii", errors="ignore")


def _shortened(name: str) -> str:
    """Returns a name that fits; its suffix stays."""
    if len(name) <= MAX_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > _LONGEST_SUFFIX:
        return name[:MAX_NAME].rstrip()
    return f"{stem[: MAX_NAME - len(suffix) - 1].rstrip()}.{suffix}"
