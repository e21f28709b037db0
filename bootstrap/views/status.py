"""How the result of `bootstrap status` looks: a table of environments, or one in full."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from bootstrap.commands.watch.status import StatusResult
from bootstrap.constants import SHORT_COMMIT
from bootstrap.environments.hold import Hold
from bootstrap.rollout.status import EnvironmentStatus
from bootstrap.rollout.verdict import State
from bootstrap.terminal.output import print_data, print_json
from bootstrap.terminal.screen import (
    LiveLines,
    Style,
    align,
    can_redraw,
    paint,
    printable,
    use_color,
)
from bootstrap.views.words import age, days_left, iso

_HEADER = (
    "ENVIRONMENT", "SYNC", "HEALTH", "RUNNING", "WANTED", "LAST SYNC", "KEYS", "CERTIFICATE", "JOBS"
)  # fmt: skip
_UNKNOWN = "-"
_LABEL = 12
_SOON_DAYS = 30
_STYLES = {
    "Synced": Style.GREEN,
    "Healthy": Style.GREEN,
    "OutOfSync": Style.YELLOW,
    "Progressing": Style.YELLOW,
    "Degraded": Style.RED,
    "Missing": Style.YELLOW,
    "Unknown": Style.YELLOW,
}


def show_status(result: StatusResult, *, as_json: bool, in_full: bool) -> None:
    """Show where each environment is; `in_full` all that is known of each."""
    now = datetime.now(UTC)
    if as_json:
        print_json(describe_status(result, now))
        return
    print_data("\n".join(draw_status(result, now, in_full=in_full, color=use_color(sys.stdout))))


def watch_status(results: Iterable[StatusResult], *, in_full: bool) -> None:
    """Show each result over the last one in a terminal, else one line for each change."""
    if not can_redraw(sys.stdout):
        for line in tell_changes(results):
            print_data(line)
        return
    screen = LiveLines()
    color = use_color(sys.stdout)
    for result in results:
        lines = draw_status(result, datetime.now(UTC), in_full=in_full, color=color)
        screen.draw(sys.stdout, lines)


def tell_changes(results: Iterable[StatusResult]) -> Iterator[str]:
    """Yield a line for each environment that is not as it was."""
    said: dict[str, str] = {}
    for result in results:
        for status in result.environments:
            line = printable(
                f"{status.name}: {_state(status)}, {status.verdict.message};"
                f" running {_commit(status.running, result)}"
            )
            if said.get(status.name) != line:
                said[status.name] = line
                yield f"{datetime.now(UTC):%H:%M:%S}Z {line}"


def draw_status(result: StatusResult, now: datetime, *, in_full: bool, color: bool) -> list[str]:
    """Return the lines that a person reads."""
    lines = []
    if in_full:
        for status in result.environments:
            lines += [*_draw_one(status, result, now, color), ""]
        lines.pop()
    else:
        lines = [*_draw_table(result, now, color), *_draw_troubles(result, color)]
    if result.trouble:
        lines += [
            "",
            f"{paint('the root Application', Style.RED, color)}:"
            f" {printable(result.trouble.message)}",
            f"  fix: {printable(result.trouble.hint)}",
        ]
    return lines


def describe_status(result: StatusResult, now: datetime) -> dict[str, Any]:
    """Return what scripts are told."""
    trouble = result.trouble
    return {
        "environments": [_describe(item, result, now) for item in result.environments],
        "root": {"message": trouble.message, "fix": trouble.hint} if trouble else None,
    }


def _describe(status: EnvironmentStatus, result: StatusResult, now: datetime) -> dict[str, Any]:
    ends = status.certificate_ends
    return {
        "name": status.name,
        "namespace": status.namespace,
        "state": status.verdict.state.value,
        "message": status.verdict.message,
        "fix": status.verdict.hint or None,
        "file": status.verdict.file,
        "sync": status.sync,
        "health": status.health,
        "automated": status.automated,
        "running": _describe_commit(status.running, result),
        "wanted": _describe_commit(status.wanted, result),
        "lastSync": iso(status.synced_at),
        "images": list(status.images),
        "sealedKeys": status.sealed_keys,
        "certificate": {"notAfter": iso(ends), "daysLeft": days_left(ends, now)} if ends else None,
        "agentJobs": status.jobs,
        "hold": _describe_hold(status.hold),
    }


def _describe_hold(hold: Hold | None) -> dict[str, str] | None:
    if hold is None:
        return None
    return {"revision": hold.revision, "since": hold.since, "reason": hold.reason}


def _describe_commit(commit: str | None, result: StatusResult) -> dict[str, str | None] | None:
    return {"commit": commit, "subject": result.subjects.get(commit)} if commit else None


def _draw_table(result: StatusResult, now: datetime, color: bool) -> Iterator[str]:
    lines = align([_HEADER] + [_row(item, now, color) for item in result.environments])
    yield paint(next(lines), Style.BOLD, color)
    yield from lines


def _row(status: EnvironmentStatus, now: datetime, color: bool) -> tuple[str, ...]:
    return (
        status.name,
        _word(status.sync, color),
        _word(status.health, color),
        (status.running or _UNKNOWN)[:SHORT_COMMIT],
        _wanted(status, color),
        age(status.synced_at, now),
        _number(status.sealed_keys),
        _certificate(status.certificate_ends, now, color),
        _number(status.jobs),
    )


def _draw_troubles(result: StatusResult, color: bool) -> Iterator[str]:
    for status in result.environments:
        if status.verdict.state is State.DONE:
            continue
        yield ""
        style = Style.YELLOW if status.verdict.state is State.WAITING else Style.RED
        yield f"{paint(status.name, style, color)}: {printable(status.verdict.message)}"
        yield from (f"  {label}: {text}" for label, text in _help(status))


def _draw_one(
    status: EnvironmentStatus, result: StatusResult, now: datetime, color: bool
) -> Iterator[str]:
    yield f"{paint(status.name, Style.BOLD, color)} in namespace {status.namespace}"
    verdict = status.verdict
    style = {State.DONE: Style.GREEN, State.WAITING: Style.YELLOW}.get(verdict.state, Style.RED)
    state = ", ".join(_word(item, color) for item in (status.sync, status.health) if item)
    facts = [
        ("state", paint(printable(verdict.message), style, color)),
        *_help(status),
        ("argo cd", (state or "no Application") + _by_hand(status)),
        ("running", _commit(status.running, result)),
        ("wanted", _commit(status.wanted, result)),
        ("last sync", age(status.synced_at, now)),
        *(("image", printable(image)) for image in status.images),
        ("sealed keys", _number(status.sealed_keys)),
        ("certificate", _certificate(status.certificate_ends, now, color)),
        ("agent jobs", _number(status.jobs)),
        *([("held", _hold(status.hold))] if status.hold else []),
    ]
    for label, text in facts:
        yield f"  {label:{_LABEL}} {text}"


def _by_hand(status: EnvironmentStatus) -> str:
    """Return why a push changes nothing by itself, "" where it does."""
    if status.paused:
        return f" (its sync is paused; end that with `bootstrap resume {status.name}`)"
    return "" if status.automated else " (its sync is manual)"


def _hold(hold: Hold) -> str:
    """Return why `upgrade` and `promote` wait."""
    said = (
        f"since {hold.since}" if hold.since else "",
        f"after a rollback to {hold.revision[:7]}" if hold.revision else "after a rollback",
        f"({hold.reason})" if hold.reason else "",
        "until --release-hold",
    )
    return printable(" ".join(word for word in said if word))


def _help(status: EnvironmentStatus) -> list[tuple[str, str]]:
    """Return what to do, the file to mend, and the last words of what crashed."""
    found = [("fix", printable(status.verdict.hint))] if status.verdict.hint else []
    if status.verdict.file:
        found.append(("file", status.verdict.file))
    return found + [("log", printable(line)) for line in status.log]


def _state(status: EnvironmentStatus) -> str:
    return ", ".join(item for item in (status.sync, status.health) if item) or "no Application"


def _commit(commit: str | None, result: StatusResult) -> str:
    if commit is None:
        return _UNKNOWN
    return (
        f"{commit[:SHORT_COMMIT]} {printable(result.subjects.get(commit, '(not in this clone)'))}"
    )


def _wanted(status: EnvironmentStatus, color: bool) -> str:
    short = (status.wanted or _UNKNOWN)[:SHORT_COMMIT]
    behind = status.wanted is not None and status.verdict.state is not State.DONE
    return paint(short, Style.YELLOW, color and behind and status.wanted != status.running)


def _certificate(ends: datetime | None, now: datetime, color: bool) -> str:
    days = days_left(ends, now)
    if days is None:
        return _UNKNOWN
    text = "expired" if days < 0 else f"{days} days"
    return paint(text, Style.RED, color and days < _SOON_DAYS)


def _word(word: str | None, color: bool) -> str:
    if word is None:
        return _UNKNOWN
    return paint(word, _STYLES[word], color) if word in _STYLES else printable(word)


def _number(number: int | None) -> str:
    return _UNKNOWN if number is None else str(number)
