"""What an Application says about a rollout."""

from __future__ import annotations

from typing import Any

import pytest
from bootstrap.rollout.judge import judge

from bootstrap.rollout.verdict import State, Verdict

OLD, WANTED, NEWER = "a" * 40, "b" * 40, "c" * 40


def application(
    *,
    revision: str = WANTED,
    sync: str = "Synced",
    health: str = "Healthy",
    operation: dict[str, Any] | None = None,
    conditions: list[dict[str, str]] | None = None,
    automated: dict[str, Any] | None = {"prune": True},  # noqa: B006
) -> dict[str, Any]:
    policy = {} if automated is None else {"automated": automated}
    status: dict[str, Any] = {
        "sync": {"status": sync, "revision": revision},
        "health": {"status": health},
        "conditions": conditions or [],
    }
    if operation is not None:
        status["operationState"] = operation
    return {
        "metadata": {"name": "agentsmith-prod"},
        "spec": {"syncPolicy": policy},
        "status": status,
    }


def operation(
    phase: str, revision: str = WANTED, message: str = "", **more: object
) -> dict[str, Any]:
    result = {"revision": revision, "resources": more.pop("resources", [])}
    return {"phase": phase, "message": message, "syncResult": result, **more}


def verdict_of(item: dict[str, Any] | None) -> Verdict:
    return judge(item, is_wanted=lambda commit: commit in {WANTED, NEWER}, wanted=WANTED)


HELM = (
    "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code ="
    " Unknown desc = Manifest generation error (cached): failed to execute helm template command:"
    " failed running helm: `helm template . --name-template agentsmith --set-file a=b` failed exit"
    " status 1: Error: values don't meet the specifications of the schema(s)\nagentsmith:\n- at"
    " '/dispatcher': additional properties 'replicass' not allowed"
)
SYNCING = {"phase": "Running", "operation": {"sync": {"revision": WANTED}}, "message": "x"}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (None, Verdict(State.WAITING, "waiting for Argo CD to create the Application")),
        ({}, Verdict(State.WAITING, "not compared yet, waiting for Argo CD to see bbbbbbb")),
        (
            application(revision=OLD, operation=operation("Succeeded", OLD)),
            Verdict(State.WAITING, "at aaaaaaa, waiting for Argo CD to see bbbbbbb"),
        ),
        (application(operation=SYNCING), Verdict(State.WAITING, "syncing bbbbbbb")),
        (
            application(operation=operation("Succeeded")),
            Verdict(State.DONE, "Synced and Healthy"),
        ),
        (
            application(revision=NEWER, operation=operation("Succeeded", NEWER)),
            Verdict(State.DONE, "Synced and Healthy"),
        ),
        (
            # nothing to do in this environment for the wanted commit, so no operation either
            application(operation=operation("Succeeded", OLD)),
            Verdict(State.DONE, "Synced and Healthy"),
        ),
        (
            # an operation that failed for an earlier commit says nothing of this one
            application(sync="OutOfSync", operation=operation("Failed", OLD, "old trouble")),
            Verdict(State.WAITING, "OutOfSync"),
        ),
        (
            application(health="Progressing", operation=operation("Succeeded")),
            Verdict(State.WAITING, "Synced, Progressing", is_vague=True),
        ),
        (
            application(health="Suspended", operation=operation("Succeeded")),
            Verdict(State.WAITING, "Synced, Suspended"),
        ),
        (
            application(health="Degraded", operation=operation("Succeeded")),
            Verdict(
                State.STUCK,
                "Synced, but Degraded",
                "look at its resources in the Argo CD UI",
                is_vague=True,
            ),
        ),
        (
            application(sync="OutOfSync", automated=None),
            Verdict(
                State.FAILED,
                "OutOfSync, and its sync is manual",
                "start it with `argocd app sync agentsmith-prod`, then run this again",
            ),
        ),
        (
            application(sync="OutOfSync", automated={"prune": True, "enabled": False}),
            Verdict(
                State.FAILED,
                "OutOfSync, and its sync is paused",
                "end that with `bootstrap resume prod --push`",
            ),
        ),
        (
            application(
                sync="OutOfSync",
                operation=operation(
                    "Failed",
                    message="one or more objects failed to apply",
                    resources=[
                        {"kind": "ConfigMap", "name": "fine", "status": "Synced"},
                        {
                            "kind": "Deployment",
                            "name": "redis",
                            "status": "SyncFailed",
                            "message": "admission webhook\ndenied it",
                        },
                    ],
                ),
            ),
            Verdict(
                State.FAILED,
                "the sync of bbbbbbb failed: Deployment redis: admission webhook denied it",
                "mend it and push; Argo CD does not try this commit again by itself",
            ),
        ),
        (
            application(
                sync="OutOfSync",
                operation=operation(
                    "Running",
                    message="resource Foo is not permitted in project agentsmith."
                    " Retrying attempt #3 at 2026-01-01T00:00:00Z.",
                    retryCount=3,
                ),
            ),
            Verdict(
                State.STUCK,
                "the sync fails and is retried: resource Foo is not permitted in project"
                " agentsmith.",
                "run `bootstrap up` again after `bootstrap init`",
            ),
        ),
        (
            application(
                revision="",
                sync="Unknown",
                conditions=[{"type": "ComparisonError", "message": HELM}],
            ),
            Verdict(
                State.STUCK,
                "helm template: values don't meet the specifications of the schema(s) agentsmith:"
                " - at '/dispatcher': additional properties 'replicass' not allowed",
                "mend the environment's values.yaml, agentsmith.yml or sealed-secret.yaml, and"
                " push",
            ),
        ),
        (
            application(
                sync="Unknown",
                conditions=[
                    {
                        "type": "ComparisonError",
                        "message": "rpc error: code = Unknown desc = failed to list refs: dial tcp"
                        " 10.0.0.1:443: connect: connection refused",
                    }
                ],
            ),
            Verdict(
                State.STUCK,
                "failed to list refs: dial tcp 10.0.0.1:443: connect: connection refused",
                "Argo CD must reach the repository's URL from inside the cluster; mend it with"
                " `bootstrap init ENV --repo-url URL`",
            ),
        ),
        (
            application(
                conditions=[{"type": "SharedResourceWarning", "message": "only a warning"}]
            ),
            Verdict(State.DONE, "Synced and Healthy"),
        ),
    ],
)
def test_an_application_is_judged_by_revision_operation_sync_and_health_in_that_order(
    item: dict[str, Any] | None, expected: Verdict
) -> None:
    assert verdict_of(item) == expected


def test_a_long_message_stays_on_one_line_of_bounded_length() -> None:
    item = application(
        sync="Unknown", conditions=[{"type": "ComparisonError", "message": "x\n" * 5000}]
    )

    message = verdict_of(item).message

    assert len(message) == 400
    assert "\n" not in message
    assert message.endswith("...")
