"""Git and Argo CD joined: which commit of an environment was synced when, and how that went.

No I/O. Argo CD syncs what a branch holds, so a sync's revision may be a commit that changed nothing
of this environment: it stands for the last one before it that did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bootstrap.objects import mapping
from bootstrap.rollout.diagnose import judge
from bootstrap.rollout.files import files_of
from bootstrap.rollout.operation import judge_failed, last_synced
from bootstrap.rollout.status import parse_time, running_revision
from bootstrap.rollout.verdict import State


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit in this clone: who wrote it, when it was made, and the first line of its message."""

    id: str
    author: str
    at: datetime
    subject: str


class Outcome(StrEnum):
    """What became of a commit."""

    SYNCED = "synced"
    FAILED = "failed"
    PENDING = "pending"
    """Pushed, and not synced yet."""
    UNPUSHED = "unpushed"
    PASSED = "passed"
    """Never synced by itself: a later one was."""
    UNKNOWN = "unknown"
    """Older than what Argo CD remembers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit, and its last sync where it had one."""

    id: str
    outcome: Outcome
    commit: Commit | None = None
    """None where it is not in this clone."""
    running: bool = False
    revision: str | None = None
    """The commit that Argo CD was at when it synced this one."""
    synced_at: datetime | None = None
    synced_by: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What this clone says: the commits that touch the environment, newest first."""

    commits: Sequence[Commit]
    effective: Mapping[str, str]
    """Revision to the last commit up to it that touches the environment, for those known here."""
    unpushed: Collection[str] = ()


def sync_revisions(application: Mapping[str, Any] | None) -> list[str]:
    """Return the commits that Argo CD remembers to have synced, tried to, or compared."""
    status = mapping((application or {}).get("status"))
    found = [str(item.get("revision") or "") for item in status.get("history") or []]
    found += [last_synced(status), str(mapping(status.get("sync")).get("revision") or "")]
    return list(dict.fromkeys(filter(None, found)))


def join_history(
    application: Mapping[str, Any] | None, known: Known, *, wanted: str | None
) -> list[Entry]:
    """Return an entry for each commit of `known` and each sync of others, newest first.

    `wanted` is the commit that the remote has.
    """
    status = mapping((application or {}).get("status"))
    synced = _synced(status, known)
    running = _effective(running_revision(status) or "", known)
    failed = _failed(status, known)
    if application is not None and wanted and _effective(wanted, known) != running:
        failed |= _stuck(application, known, wanted)
    entries = _of_commits(known, synced, failed)
    for identity, entry in synced.items():
        if identity not in {item.id for item in entries} and entry.revision not in known.effective:
            _insert(entries, entry)
    if wanted and wanted not in known.effective and wanted not in {item.id for item in entries}:
        entries.insert(0, _pending(wanted, failed))
    return [replace(item, running=item.id == running) for item in entries]


def _synced(status: Mapping[str, Any], known: Known) -> dict[str, Entry]:
    """Return the last sync of each commit, oldest sync first."""
    found: dict[str, Entry] = {}
    for item in status.get("history") or []:
        revision = str(item.get("revision") or "")
        identity = _effective(revision, known)
        found.pop(identity, None)
        found[identity] = Entry(
            id=identity,
            outcome=Outcome.SYNCED,
            revision=revision,
            synced_at=parse_time(item.get("deployedAt")),
            synced_by=_initiator(mapping(item.get("initiatedBy"))),
        )
    return found


def _failed(status: Mapping[str, Any], known: Known) -> dict[str, str]:
    verdict = judge_failed(status, files_of(None))
    return {_effective(last_synced(status), known): verdict.message} if verdict else {}


def _stuck(application: Mapping[str, Any], known: Known, wanted: str) -> dict[str, str]:
    """Return what keeps the wanted commit from being synced: it can't be rendered, or applied."""
    identity = _effective(wanted, known)
    verdict = judge(
        application,
        None,
        commit=wanted,
        is_wanted=lambda revision: _effective(revision, known) == identity,
        files=files_of(None),
    )
    return {identity: verdict.message} if verdict.state is State.STUCK else {}


def _of_commits(
    known: Known, synced: Mapping[str, Entry], failed: Mapping[str, str]
) -> list[Entry]:
    places = [place for place, item in enumerate(known.commits) if item.id in synced]
    newest = min(places, default=len(known.commits))
    oldest = max(places, default=-1)
    entries = []
    for place, commit in enumerate(known.commits):
        entry = synced.get(commit.id)
        if commit.id in failed:
            entry = replace(
                entry or Entry(commit.id, Outcome.FAILED),
                outcome=Outcome.FAILED,
                message=failed[commit.id],
            )
        elif entry is None and commit.id in known.unpushed:
            entry = Entry(commit.id, Outcome.UNPUSHED)
        elif entry is None and place < newest:
            entry = Entry(commit.id, Outcome.PENDING)
        elif entry is None:
            entry = Entry(commit.id, Outcome.PASSED if place < oldest else Outcome.UNKNOWN)
        entries.append(replace(entry, commit=commit))
    return entries


def _pending(commit: str, failed: Mapping[str, str]) -> Entry:
    if commit in failed:
        return Entry(commit, Outcome.FAILED, message=failed[commit])
    return Entry(commit, Outcome.PENDING)


def _insert(entries: list[Entry], entry: Entry) -> None:
    """Put a sync of a commit that is not in this clone before the first one that was earlier."""
    for place, item in enumerate(entries):
        if item.synced_at and entry.synced_at and item.synced_at < entry.synced_at:
            entries.insert(place, entry)
            return
    entries.append(entry)


def _effective(revision: str, known: Known) -> str:
    return known.effective.get(revision, revision)


def _initiator(initiated: Mapping[str, Any]) -> str | None:
    if initiated.get("automated"):
        return "Argo CD"
    name = initiated.get("username")
    return str(name) if name else None
