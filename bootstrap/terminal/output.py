"""The one writer: status to stderr, data to stdout."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.terminal.screen import LiveLines, can_redraw, printable


class TerminalReporter:
    """Status lines on stderr; what is waited for stands below them where it can be drawn over."""

    def __init__(self) -> None:
        """Have nothing to wait for yet."""
        self._waiting: dict[str, str] = {}
        self._live = LiveLines()

    def step(self, message: str) -> None:
        """Say what is happening or done."""
        self._print(printable(message))

    def warn(self, message: str) -> None:
        """Say what a person should know though the command goes on."""
        self._print(f"warning: {printable(message)}")

    def progress(self, what: str, state: str, *, is_new: bool) -> None:
        """Say how far `what` is: the last state in a terminal, each new one in a pipe or in CI."""
        line = printable(f"{what}: {state}")
        if can_redraw(sys.stderr):
            self._waiting[what] = line
            self._live.draw(sys.stderr, list(self._waiting.values()))
        elif is_new:
            print(line, file=sys.stderr, flush=True)

    def _print(self, line: str) -> None:
        if self._waiting:  # who is still waited for says so again in a moment
            self._waiting = {}
            self._live.draw(sys.stderr, [])
        print(line, file=sys.stderr, flush=True)


def print_error(error: BootstrapError) -> None:
    """Say what is wrong, and on the next line what to do."""
    print(f"error: {printable(error.message)}", file=sys.stderr)
    print(f"  fix: {printable(error.hint)}", file=sys.stderr, flush=True)


def print_data(text: str) -> None:
    """Write data, which ends in a newline, to stdout."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a quota
        drop_output()
        raise BootstrapError(
            f"the output can't be written: {(error.strerror or '').lower()}",
            "make room where it goes, then run this again",
        ) from error


def drop_output() -> None:
    """Send what is still buffered for stdout to nowhere: the exit would fail on it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(data: Any) -> None:
    """Write `data` to stdout as indented JSON; what could steer a terminal is escaped."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    lines = (line if line.isprintable() else _escaped(line) for line in text.split("\n"))
    print_data("\n".join(lines))


def _escaped(line: str) -> str:
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
