"""Whether Argo CD can compare an Application with Git at all; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bootstrap.objects import mapping, one_line
from bootstrap.rollout.advice import advise_comparison
from bootstrap.rollout.files import Files
from bootstrap.rollout.verdict import State, Verdict

_CANT_COMPARE = frozenset({"ComparisonError", "InvalidSpecError", "UnknownError"})
_CANT_SYNC = frozenset({"SyncError"})
_LAYERS = re.compile(
    r"Failed to load target state: |failed to generate manifest for source \d+ of \d+: |"
    r"rpc error: code = \w+ desc = |Manifest generation error \(cached\): |"
    r"failed to get latest revision for source \d+ of \d+: "
)


def find_broken(application: Mapping[str, Any], files: Files) -> Verdict | None:
    """Return why Argo CD can't even compare `application` with Git, None if it can."""
    return _find(application, _CANT_COMPARE, files)


def find_unsynced(application: Mapping[str, Any], files: Files) -> Verdict | None:
    """Return why Argo CD did not begin to sync what it has compared, None if nothing kept it."""
    return _find(application, _CANT_SYNC, files)


def cause_of(message: str) -> str:
    """Return what went wrong, without the layers of servers that passed it on.

    They quote whole command lines, in an order that changes, before the words that matter.
    """
    helm = re.search(r"`helm template .*?` failed \S+ status \d+: Error: (.*)", message, re.DOTALL)
    if helm:
        return one_line(f"helm template: {helm[1]}")
    return one_line(_LAYERS.sub("", message))


def _find(application: Mapping[str, Any], kinds: frozenset[str], files: Files) -> Verdict | None:
    for condition in mapping(application.get("status")).get("conditions") or []:
        if condition.get("type") in kinds:
            # Helm's command line, which is cut off, names files that are not at fault
            cause = cause_of(str(condition.get("message", "")))
            advice = advise_comparison(cause, files)
            return Verdict(State.STUCK, cause, advice.hint, advice.file)
    return None
