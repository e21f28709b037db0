"""What a person sees of a wait in a real terminal, and what a pipe and CI get."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys

import pytest

from bootstrap.terminal.output import print_json

_TALK = """
from bootstrap.terminal.output import TerminalReporter
say = TerminalReporter()
say.step("begun")
for second in (0, 1):
    say.progress("prod", f"syncing ({second} s)", is_new=second == 0)
    say.progress("staging", f"waiting\\x1b[2J ({second} s)", is_new=second == 0)
say.step("prod: Healthy (2 s)")
say.progress("staging", "waiting (2 s)", is_new=False)
say.warn("slow")
"""
_LOG = [
    "begun",
    "prod: syncing (0 s)",
    "staging: waiting\\x1b[2J (0 s)",
    "prod: Healthy (2 s)",
    "warning: slow",
]


def test_in_a_terminal_waits_are_drawn_over_and_end_in_what_became_of_them() -> None:
    assert _in_terminal({"CI": "", "TERM": "xterm"}) == (
        "begun\n"
        "prod: syncing (0 s)\x1b[K\n\x1b[J"
        "\x1b[1Fprod: syncing (0 s)\x1b[K\nstaging: waiting\\x1b[2J (0 s)\x1b[K\n\x1b[J"
        "\x1b[2Fprod: syncing (1 s)\x1b[K\nstaging: waiting\\x1b[2J (0 s)\x1b[K\n\x1b[J"
        "\x1b[2Fprod: syncing (1 s)\x1b[K\nstaging: waiting\\x1b[2J (1 s)\x1b[K\n\x1b[J"
        "\x1b[2F\x1b[J"
        "prod: Healthy (2 s)\n"
        "staging: waiting (2 s)\x1b[K\n\x1b[J"
        "\x1b[1F\x1b[J"
        "warning: slow\n"
    )


@pytest.mark.parametrize("variables", [{"CI": "true", "TERM": "xterm"}, {"CI": "", "TERM": "dumb"}])
def test_where_lines_are_kept_each_state_is_one_plain_line(variables: dict[str, str]) -> None:
    assert _in_terminal(variables).splitlines() == _LOG


def test_a_pipe_gets_one_plain_line_for_each_state() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TALK],
        env={**os.environ, "TERM": "xterm", "CI": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr.splitlines()) == ("", _LOG)


def _in_terminal(variables: dict[str, str]) -> str:
    """Return what a terminal is sent, with its line ends as they were written."""
    master, slave = pty.openpty()
    environment = {**os.environ, **variables}
    with subprocess.Popen([sys.executable, "-c", _TALK], env=environment, stderr=slave) as process:
        os.close(slave)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while more := os.read(master, 4096):
                shown += more
        assert process.wait() == 0
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def test_json_can_not_steer_a_terminal_and_is_read_as_it_was(capsys: pytest.CaptureFixture[str]):
    data = {"url": "a\x9b31mb\u202e", "name": "ü 🚀"}
    print_json(data)
    shown = capsys.readouterr().out
    assert json.loads(shown) == data
    assert "ü 🚀" in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
