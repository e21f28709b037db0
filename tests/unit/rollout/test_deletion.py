"""What keeps Argo CD from deleting an environment."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.rollout.deletion import HookFacts, diagnose_removal
from bootstrap.rollout.diagnose import Wanted
from bootstrap.rollout.verdict import State, Verdict

URL = "https://git.example.com/team/agents.git"
PROD = Environment("prod", "agents", URL, "main", parse_destination(None))
OLD, REMOVED = "a" * 40, "c" * 40
ROOT = Wanted(Root(URL, "main"), commit=REMOVED, is_wanted=lambda seen: seen == REMOVED)
PRE_DELETE = "pre-delete-finalizer.argocd.argoproj.io"


def leaving(*, phase: str = "Succeeded", trouble: str = "") -> dict[str, Any]:
    conditions = [{"type": "SyncError", "message": "another"}]
    if trouble:
        conditions.append({"type": "DeletionError", "message": trouble})
    return {
        "metadata": {"name": "agentsmith-prod", "deletionTimestamp": "now"},
        "status": {"operationState": {"phase": phase}, "conditions": conditions},
    }


def root(revision: str, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "agentsmith-root"},
        "spec": {"syncPolicy": {"automated": {}}},
        "status": {"sync": {"status": "Synced", "revision": revision}, **status},
    }


CRASHING = {
    "kind": "Pod",
    "metadata": {"name": "agentsmith-cleanup-x"},
    "status": {
        "containerStatuses": [
            {"name": "cleanup", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}
        ]
    },
}
CANT_RENDER = "error executing pre-delete hooks: helm template: no such file"


@pytest.mark.parametrize(
    ("application", "hook", "expected"),
    [
        (
            leaving(phase="Running"),
            None,
            Verdict(State.STUCK, "a sync is still under way, and the deletion waits for it"),
        ),
        (
            leaving(),
            HookFacts(has_account=False, objects=None),
            Verdict(
                State.STUCK,
                "the chart's pre-delete hook can't start: there is no service account"
                " agentsmith-cleanup in namespace agents",
                "put it back, or take the finalizers off Application agentsmith-prod and delete"
                " what is left yourself",
            ),
        ),
        (
            leaving(trouble="hook(s) failed"),
            HookFacts(has_account=True, objects=[CRASHING]),
            Verdict(
                State.STUCK,
                "Pod agentsmith-cleanup-x: ErrImagePull: no",
                "check the image reference in environments/prod/values.yaml and the pull secret",
                "environments/prod/values.yaml",
                about="the image of agentsmith-cleanup-x",
            ),
        ),
        (
            leaving(),
            HookFacts(has_account=True, objects=[]),
            Verdict(State.WAITING, "the pre-delete hook ends the agent Jobs"),
        ),
        (
            leaving(trouble=CANT_RENDER),
            HookFacts(has_account=True, objects=[]),
            Verdict(
                State.STUCK,
                f"Argo CD can't delete it: {CANT_RENDER}",
                "Argo CD renders the chart once more for its pre-delete hook: the revision that the"
                " environment follows must still have its folder, so revert the commit that"
                " removed it",
            ),
        ),
        (leaving(), None, Verdict(State.WAITING, "Argo CD is deleting its objects")),
        (
            {"metadata": {"name": "agentsmith-prod"}},
            None,
            Verdict(State.WAITING, "waiting for Argo CD to see that it is removed from Git"),
        ),
    ],
)
def test_each_step_of_a_deletion_says_what_it_waits_for(
    application: dict[str, Any], hook: HookFacts | None, expected: Verdict
) -> None:
    applications = {"agentsmith-prod": application, "agentsmith-root": root(OLD)}

    assert diagnose_removal(applications, hook, ROOT, PROD) == expected


def test_a_root_that_can_not_see_the_removal_is_named() -> None:
    broken = root(
        OLD, conditions=[{"type": "ComparisonError", "message": "app path does not exist"}]
    )
    applications = {"agentsmith-prod": {"metadata": {}}, "agentsmith-root": broken}

    assert diagnose_removal(applications, None, ROOT, PROD) == Verdict(
        State.STUCK, "root: app path does not exist", "push the commit that holds that path"
    )
