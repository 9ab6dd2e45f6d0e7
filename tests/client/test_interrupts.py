"""Ctrl-C while a request is on its way."""

from __future__ import annotations

import signal

import pytest

from hab_client.cli import interrupts


def _request(times: int, done: list[str]) -> None:
    """Asks for something while Ctrl-C is pressed so many times."""
    with interrupts.held_back():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        done.append("the request")


def test_the_first_one_waits_for_the_end_of_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _request(1, done)
    assert done == ["the request"]
    assert "한 번 더" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_the_second_one_ends_it_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _request(2, done)
    assert done == []
    assert signal.getsignal(signal.SIGINT) is before


def test_without_one_nothing_happens() -> None:
    done: list[str] = []
    _request(0, done)
    assert done == ["the request"]
