"""How the ends of child processes are told."""

from __future__ import annotations

import signal

import pytest

from oarlock._endings import describe_ending, ended_from_outside, said

_FATAL = (
    "[F 11/24  4:42:34.485 /island/Paddle-Lite/lite/core/program.cc Build:645] Check failed: op: no Op found for silu\n"
)


@pytest.mark.parametrize(
    ("status", "output", "words"),
    [
        (-signal.SIGABRT, _FATAL, "gave up (SIGABRT), saying: no Op found for silu"),
        (-signal.SIGABRT, "", "gave up (SIGABRT)"),
        (-signal.SIGSEGV, "[W 11/24 a.cc:1] a warning\n", "crashed (SIGSEGV)"),
        (-signal.SIGILL, "about to run\n", "crashed (SIGILL), saying: about to run"),
        (-signal.SIGKILL, _FATAL, "was ended from outside (SIGKILL), as the system does when memory is short"),
        (0, "", "ended the process (exit status 0)"),
        (3, "bye", "ended the process (exit status 3), saying: bye"),
        (-250, "", "crashed (signal 250)"),
    ],
)
def test_endings(status: int, output: str, words: str) -> None:
    assert describe_ending(status, output) == words


def test_long_texts_are_cut() -> None:
    assert len(describe_ending(1, "word " * 10_000)) < 600


def test_the_last_words_count() -> None:
    assert said(f"[I 1/1 x] loading\n{_FATAL}{_FATAL.replace('silu', 'gelu')}") == "no Op found for gelu"
    assert said("oarlock: cannot be opened.\n") == "cannot be opened"


def test_what_comes_from_outside() -> None:
    for number in signal.Signals:
        outside = number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
        assert ended_from_outside(-number) == outside
    assert not ended_from_outside(0)
    assert not ended_from_outside(9)
