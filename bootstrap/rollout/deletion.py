"""How far Argo CD is with the deletion of an environment, and what keeps it; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.argocd.ownership import Objects as Applications
from bootstrap.argocd.ownership import is_being_deleted
from bootstrap.environments.environment import Environment
from bootstrap.objects import mapping, one_line
from bootstrap.rollout.diagnose import Wanted, diagnose
from bootstrap.rollout.files import files_of
from bootstrap.rollout.health import explain
from bootstrap.rollout.operation import Objects
from bootstrap.rollout.verdict import State, Verdict

HOOK = "agentsmith-cleanup"
"""What the chart's pre-delete hook, its service account and its pods are called."""
_PRE_DELETE = "pre-delete-finalizer.argocd.argoproj.io"


@dataclass(frozen=True, slots=True)
class HookFacts:
    """What is known in the namespace of the chart's pre-delete hook."""

    has_account: bool
    objects: Objects


def diagnose_removal(
    applications: Applications, hook: HookFacts | None, root: Wanted, environment: Environment
) -> Verdict:
    """Return how far the end of `environment` is, whose Application is still there.

    `root` is at the commit that removes it. `hook` is None where we have no access, or the
    Application does not wait for it.
    """
    application = applications.get(environment.application)
    if application is not None and is_being_deleted(application):
        return _judge_deletion(application, hook, environment)
    above = diagnose(applications, None, root)
    if above.is_trouble:
        return replace(above, message=f"root: {above.message}")
    return Verdict(State.WAITING, "waiting for Argo CD to see that it is removed from Git")


def is_syncing(application: Mapping[str, Any]) -> bool:
    """Tell whether a sync is under way, which a deletion waits for."""
    operation = mapping(mapping(application.get("status")).get("operationState"))
    return operation.get("phase") == "Running"


def waits_for_hook(application: Mapping[str, Any]) -> bool:
    """Tell whether the deletion still waits for the chart's pre-delete hook."""
    return _PRE_DELETE in (mapping(application.get("metadata")).get("finalizers") or [])


def _judge_deletion(
    application: Mapping[str, Any], hook: HookFacts | None, environment: Environment
) -> Verdict:
    if is_syncing(application):
        return Verdict(State.STUCK, "a sync is still under way, and the deletion waits for it")
    if hook is None:
        return _deletion_error(application) or Verdict(
            State.WAITING, "Argo CD is deleting its objects"
        )
    if not hook.has_account:
        return Verdict(
            State.STUCK,
            "the chart's pre-delete hook can't start: there is no service account"
            f" {HOOK} in namespace {environment.namespace}",
            f"put it back, or take the finalizers off Application {environment.application} and"
            " delete what is left yourself",
        )
    causes = explain(hook.objects or [], files_of(environment))
    if causes:
        return causes[0]
    return _deletion_error(application) or Verdict(
        State.WAITING, "the pre-delete hook ends the agent Jobs"
    )


def _deletion_error(application: Mapping[str, Any]) -> Verdict | None:
    """Return what Argo CD says keeps it from deleting an Application, None if nothing does."""
    for condition in mapping(application.get("status")).get("conditions") or []:
        if condition.get("type") == "DeletionError":
            message = one_line(str(condition.get("message", "")))
            hint = next(
                (hint for pattern, hint in _HINTS if re.search(pattern, message, re.IGNORECASE)),
                "look at the Application in the Argo CD UI",
            )
            return Verdict(State.STUCK, f"Argo CD can't delete it: {message}", hint)
    return None


_HINTS = (
    (
        r"not permitted",
        "the AppProject must allow what is to be deleted: run `bootstrap up`, then this again",
    ),
    (
        r"hook\(s\) failed",
        f"look at Job {HOOK} in its namespace; Argo CD tries it again by itself",
    ),
    (
        r"manifest generation|helm template|app path|no such file|file does not exist|"
        r"failed to generate|error reading",
        "Argo CD renders the chart once more for its pre-delete hook: the revision that the"
        " environment follows must still have its folder, so revert the commit that removed it",
    ),
)
