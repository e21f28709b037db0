"""The last sync of an Application: of which commit it was, and what became of it; no I/O.

Facts: an Application's `status.sync.revision` is the commit that was last compared, and alone says
nothing of an operation; `status.operationState` may be of an earlier commit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bootstrap.constants import SHORT_COMMIT
from bootstrap.objects import mapping, one_line
from bootstrap.rollout.advice import ANY_TROUBLE, Advice, advise_sync
from bootstrap.rollout.comparison import cause_of
from bootstrap.rollout.files import Files
from bootstrap.rollout.health import explain_sealed
from bootstrap.rollout.verdict import State, Verdict

_RETRY_NOTE = re.compile(r"\s*Retrying attempt #\d+ at .*$")
_AT_WORK = frozenset({"Running", "Terminating"})
_FAILED = frozenset({"Failed", "Error"})
_NO_MORE = "Argo CD does not try this commit again by itself"
Objects = Sequence[Mapping[str, Any]] | None
"""Live objects; None where nobody looked at them."""


def is_synced(application: Mapping[str, Any] | None, *, is_wanted: Callable[[str], bool]) -> bool:
    """Tell whether what Git has at a wanted commit is applied, whatever its health."""
    sync = mapping(mapping((application or {}).get("status")).get("sync"))
    return sync.get("status") == "Synced" and has_seen(application, is_wanted=is_wanted)


def has_seen(application: Mapping[str, Any] | None, *, is_wanted: Callable[[str], bool]) -> bool:
    """Tell whether a wanted commit was compared last, and no sync is at work on an older one."""
    status = mapping((application or {}).get("status"))
    revision = str(mapping(status.get("sync")).get("revision") or "")
    phase = mapping(status.get("operationState")).get("phase")
    return is_wanted(revision) and phase not in _AT_WORK


def last_synced(status: Mapping[str, Any]) -> str:
    """Return the commit of the last sync, "" if there was none, or it does not tell yet."""
    operation = mapping(status.get("operationState"))
    return str(
        mapping(operation.get("syncResult")).get("revision")
        or mapping(mapping(operation.get("operation")).get("sync")).get("revision")
        or ""
    )


def has_succeeded(status: Mapping[str, Any], is_wanted: Callable[[str], bool]) -> bool:
    """Tell whether the last sync was of a wanted commit, and applied all of it."""
    phase = mapping(status.get("operationState")).get("phase")
    return phase == "Succeeded" and is_wanted(last_synced(status))


def judge_operation(
    status: Mapping[str, Any], is_wanted: Callable[[str], bool], objects: Objects, files: Files
) -> Verdict | None:
    """Return what is to say of a sync of a wanted commit, None if there is nothing, or no such.

    Of `objects` only SealedSecrets count: those are what a sync waits for, before it goes on to
    what has pods.
    """
    operation = mapping(status.get("operationState"))
    revision = last_synced(status)
    # a retry takes up the newest commit, and says only later which one that is
    if not is_wanted(revision) and (revision or not operation.get("retryCount")):
        return None
    if operation.get("phase") in _FAILED:
        return judge_failed(status, files)
    if operation.get("phase") not in _AT_WORK:
        return None
    what, advice = _why(operation, files)
    if operation.get("retryCount") and what:
        return _judge_retry(operation, what, advice, objects, files)
    applied = {
        str(item.get("name"))
        for item in mapping(operation.get("syncResult")).get("resources") or []
        if item.get("kind") == "SealedSecret"
    }
    found = [] if objects is None else explain_sealed(objects, files, applied)
    return (
        found[0]
        if found
        else Verdict(State.WAITING, f"syncing {revision[:SHORT_COMMIT]}", is_vague=bool(applied))
    )


def judge_failed(status: Mapping[str, Any], files: Files) -> Verdict | None:
    """Return why the last sync failed for good, None if it did not."""
    operation = mapping(status.get("operationState"))
    if operation.get("phase") not in _FAILED:
        return None
    what, advice = _why(operation, files)
    return Verdict(
        State.FAILED,
        f"the sync of {last_synced(status)[:SHORT_COMMIT]} failed: {what}",
        f"{advice.hint if advice else 'mend it and push'}; {_NO_MORE}",
        advice.file if advice else None,
    )


def _judge_retry(
    operation: Mapping[str, Any], what: str, advice: Advice | None, objects: Objects, files: Files
) -> Verdict:
    """Say why a sync is tried again, in words that may change from one attempt to the next."""
    kinds = {str(item.get("kind")) for item in _failed_resources(operation)}
    found = [] if objects is None or kinds - {"SealedSecret"} else explain_sealed(objects, files)
    if found:
        return replace(found[0], about="a sync that is retried")
    advice = advice or Advice(ANY_TROUBLE)
    return Verdict(
        State.STUCK,
        f"the sync fails and is retried: {what}",
        advice.hint,
        advice.file,
        is_vague=kinds <= {"SealedSecret"},
        about="a sync that is retried",
    )


def _why(operation: Mapping[str, Any], files: Files) -> tuple[str, Advice | None]:
    """Return why a sync failed: by the objects that did, else by what it says as a whole."""
    failed = [
        (str(item.get("kind")), str(item.get("name")), one_line(str(item.get("message", ""))))
        for item in _failed_resources(operation)
    ]
    if not failed:
        message = _RETRY_NOTE.sub("", cause_of(str(operation.get("message", ""))))
        return message, advise_sync("", "", message, files)
    advices = (advise_sync(*item, files) for item in failed)
    what = "; ".join(f"{kind} {name}: {message}" for kind, name, message in failed)
    return what, next((advice for advice in advices if advice), None)


def _failed_resources(operation: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in mapping(operation.get("syncResult")).get("resources") or []:
        if resource.get("status") == "SyncFailed" or resource.get("hookPhase") in _FAILED:
            yield resource
