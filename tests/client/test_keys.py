"""Where the Anthropic key is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from hab_client.keys import find_api_key


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a folder ``env``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "env").mkdir()
    return tmp_path / "env"


def test_without_a_key_there_is_none(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_api_key() is None
    (folder / ".env").write_text("other=1\n# claude_api_key=k\nmy_claude_api_key=k\nclaude_api_key=\n")
    (folder / "config.env").mkdir()
    assert find_api_key() is None
    monkeypatch.setenv("CLAUDE_API_KEY", " ")
    assert find_api_key(tmp_path / "elsewhere") is None


def test_the_variable_goes_before_the_files_and_those_in_their_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.env").write_text("claude_api_key=second\n")
    assert find_api_key() == "second"
    (folder / ".env").write_text("claude_api_key=first\n")
    assert find_api_key() == find_api_key(folder.parent) == "first"
    monkeypatch.setenv("CLAUDE_API_KEY", "variable")
    assert find_api_key() == "variable"


@pytest.mark.parametrize(
    "content",
    [
        b"claude_api_key=key",
        b"\xef\xbb\xbfclaude_api_key=key\r\n",
        b"a=1\r\n  claude_api_key = key  \r\n",
        b"claude_api_key='key'\n",
        b'claude_api_key="key" # mine\n',
        b"claude_api_key=key # mine\n",
        b"export CLAUDE_API_KEY=key\n",
        b"claude_api_key=old\nclaude_api_key=key\nclaude_api_key=\n",
        b"# \xb0\xa1\nclaude_api_key=key\n",
    ],
)
def test_how_a_line_may_be_written(folder: Path, content: bytes) -> None:
    (folder / ".env").write_bytes(content)
    assert find_api_key() == "key"
