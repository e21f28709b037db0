"""How the result of `bootstrap history` looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bootstrap.commands.watch.history import HistoryResult
from bootstrap.constants import SHORT_COMMIT
from bootstrap.rollout.history import Entry, Outcome
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.terminal.screen import Style, align, paint, printable, use_color
from bootstrap.views.words import age, iso

_HEADER = ("COMMIT", "WRITTEN", "BY", "SYNCED", "RESULT", "SUBJECT")
_WORDS = {
    Outcome.SYNCED: "synced",
    Outcome.FAILED: "failed",
    Outcome.PENDING: "not synced yet",
    Outcome.UNPUSHED: "not pushed",
    Outcome.PASSED: "rolled past",
    Outcome.UNKNOWN: "-",
}
_STYLES = {Outcome.FAILED: Style.RED, Outcome.PENDING: Style.YELLOW, Outcome.UNPUSHED: Style.YELLOW}


def show_history(result: HistoryResult, *, as_json: bool) -> None:
    """Show the entries, newest first, and say where there is nothing to join."""
    if not result.applied:
        TerminalReporter().warn(
            f"{result.environment} is not applied yet: `bootstrap up {result.environment}`"
        )
    if as_json:
        print_json(describe_history(result))
        return
    now = datetime.now(UTC)
    print_data("\n".join(_draw(result, now, use_color(sys.stdout))))


def describe_history(result: HistoryResult) -> dict[str, Any]:
    """Return what scripts are told."""
    return {
        "environment": result.environment,
        "history": [_describe(entry) for entry in result.entries],
    }


def _describe(entry: Entry) -> dict[str, Any]:
    commit = entry.commit
    return {
        "commit": entry.id,
        "subject": commit.subject if commit else None,
        "author": commit.author if commit else None,
        "committedAt": iso(commit.at) if commit else None,
        "revision": entry.revision,
        "syncedAt": iso(entry.synced_at),
        "syncedBy": entry.synced_by,
        "result": entry.outcome.value,
        "message": entry.message or None,
        "running": entry.running,
    }


def _draw(result: HistoryResult, now: datetime, color: bool) -> Iterator[str]:
    lines = align([_HEADER, *(_row(entry, now, color) for entry in result.entries)])
    yield paint(next(lines), Style.BOLD, color)
    for entry, line in zip(result.entries, lines, strict=True):
        yield line
        if entry.message:
            yield f"  {printable(entry.message)}"


def _row(entry: Entry, now: datetime, color: bool) -> tuple[str, ...]:
    commit = entry.commit
    result = paint(_WORDS[entry.outcome], _STYLES.get(entry.outcome, Style.DIM), color)
    if entry.running:
        running = paint("running", Style.GREEN, color)
        result = running if entry.outcome is Outcome.SYNCED else f"{running}, {result}"
    return (
        entry.id[:SHORT_COMMIT],
        age(commit.at if commit else None, now),
        printable(commit.author) if commit else "-",
        age(entry.synced_at, now),
        result,
        printable(commit.subject) if commit else "(not in this clone)",
    )
