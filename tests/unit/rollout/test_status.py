"""What an Application says about an environment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.rollout.status import (
    ANY_FILE,
    EnvironmentStatus,
    explained,
    file_at_fault,
    name_file,
    needs_a_look,
    read_status,
    running_revision,
)
from bootstrap.rollout.verdict import State, Verdict

OLD, WANTED = "a" * 40, "b" * 40
PROD = Environment(
    "prod", "agents", "https://git.example.com/a.git", "main", parse_destination(None)
)
BAD_VALUES = "helm template: values don't meet the specifications of the schema(s)"
ROOT = {"status": {"sync": {"status": "Synced", "revision": WANTED}, "health": {}}}


def application(**status: Any) -> dict[str, Any]:
    return {"spec": {"syncPolicy": {"automated": {"prune": True}}}, "status": status}


HEALTHY = application(
    sync={"status": "Synced", "revision": WANTED},
    health={"status": "Healthy"},
    history=[{"revision": OLD, "deployedAt": "2026-01-01T10:00:00Z"}],
    operationState={
        "phase": "Succeeded",
        "finishedAt": "2026-01-01T12:00:00Z",
        "syncResult": {"revision": WANTED},
    },
    summary={"images": ["redis:7", "dispatcher:1"]},
)


def read(item: dict[str, Any] | None, root: dict[str, Any] | None = ROOT) -> EnvironmentStatus:
    return read_status(PROD, item, root, wanted=WANTED, is_wanted=lambda commit: commit == WANTED)


def test_a_healthy_environment_is_told_in_full() -> None:
    status = read(HEALTHY)

    assert status == EnvironmentStatus(
        name="prod",
        namespace="agents",
        verdict=Verdict(State.DONE, "Synced and Healthy"),
        sync="Synced",
        health="Healthy",
        running=WANTED,
        wanted=WANTED,
        synced_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        images=("dispatcher:1", "redis:7"),
    )
    assert status.is_fine
    assert not needs_a_look(status)


def test_without_the_remote_it_may_be_done_but_is_not_fine() -> None:
    status = read_status(PROD, HEALTHY, ROOT, wanted=None, is_wanted=lambda _commit: False)

    assert status.verdict.state is State.DONE
    assert (status.wanted, status.is_fine) == (None, False)


def test_a_chart_error_names_the_file_and_what_runs_is_the_last_that_was_synced() -> None:
    status = read(
        application(
            sync={"status": "Unknown", "revision": WANTED},
            health={"status": "Healthy"},
            conditions=[{"type": "ComparisonError", "message": f"x\n{BAD_VALUES}"}],
            history=[{"revision": OLD, "deployedAt": "2026-01-01T10:00:00Z"}],
        )
    )

    assert status.verdict.state is State.STUCK
    assert status.file == "environments/prod/values.yaml"
    assert (status.running, status.synced_at) == (OLD, datetime(2026, 1, 1, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (None, Verdict(State.WAITING, "not applied yet", "start it with `bootstrap up prod`")),
        (
            ROOT,
            Verdict(
                State.WAITING,
                "Argo CD has not created its Application yet",
                "push argocd/applications/prod.yaml, or run `bootstrap up prod`",
            ),
        ),
        (
            application(
                conditions=[{"type": "ComparisonError", "message": "app path does not exist"}]
            ),
            Verdict(
                State.STUCK,
                "the root Application: app path does not exist",
                "push the commit that holds that path",
            ),
        ),
    ],
)
def test_without_application_the_reason_is_what_should_have_made_it(
    root: dict[str, Any] | None, expected: Verdict
) -> None:
    status = read(None, root)

    assert (status.verdict, status.sync, status.is_fine) == (expected, None, False)


SYNCED = [{"revision": OLD}]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, None),
        ({"sync": {"status": "OutOfSync", "revision": WANTED}}, None),
        ({"sync": {"status": "Synced", "revision": WANTED}, "history": SYNCED}, WANTED),
        ({"sync": {"status": "OutOfSync", "revision": WANTED}, "history": SYNCED}, OLD),
    ],
)
def test_what_was_compared_runs_only_where_nothing_differs(
    status: dict[str, Any], expected: str | None
) -> None:
    assert running_revision(status) == expected


CAUSE = Verdict(State.STUCK, "Pod p: ImagePullBackOff", "check the image")


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict(State.STUCK, "Synced, but ill", "look", is_vague=True), CAUSE),
        (Verdict(State.STUCK, "the sync fails and is retried: Job j: Degraded", "mend"), None),
        (Verdict(State.WAITING, "Synced, Progressing"), CAUSE),
        (Verdict(State.DONE, "Synced and Healthy"), None),
        (Verdict(State.STUCK, BAD_VALUES, "mend"), None),
        (Verdict(State.FAILED, "the sync of bbbbbbb failed: x", "mend"), None),
    ],
)
def test_a_live_cause_stands_in_for_degraded_but_not_for_what_was_never_applied(
    verdict: Verdict, expected: Verdict | None
) -> None:
    assert explained(verdict, [CAUSE], PROD)[0].message == (expected or verdict).message
    assert explained(verdict, [], PROD)[0].message == verdict.message


@pytest.mark.parametrize(
    ("message", "file"),
    [
        (f"{BAD_VALUES}", "environments/prod/values.yaml"),
        ("Pod p: ImagePullBackOff: x", "environments/prod/values.yaml"),
        (
            "SealedSecret agentsmith-secrets: no key could decrypt secret",
            "environments/prod/sealed-secret.yaml",
        ),
        (
            "helm template: execution error: config.content has 2000000 bytes",
            "environments/prod/agentsmith.yml",
        ),
        (
            "open /tmp/x/environments/prod/agentsmith.yml: no such file or directory",
            "environments/prod/agentsmith.yml",
        ),
        ("dial tcp: connection refused", None),
    ],
)
def test_the_file_to_mend_is_named_where_there_is_one(message: str, file: str | None) -> None:
    assert file_at_fault(message, PROD) == file


@pytest.mark.parametrize(
    ("message", "hint", "named"),
    [
        (BAD_VALUES, f"mend {ANY_FILE}, and push", "mend environments/prod/values.yaml, and push"),
        (
            "Pod p: ErrImagePull",
            "check the image in values.yaml",
            "check the image in environments/prod/values.yaml",
        ),
        ("no key could decrypt", "seal again", "seal again (environments/prod/sealed-secret.yaml)"),
        (BAD_VALUES, "", ""),
        ("connection refused", "wait", "wait"),
    ],
)
def test_a_hint_names_the_file_by_its_path(message: str, hint: str, named: str) -> None:
    assert name_file(Verdict(State.STUCK, message, hint), PROD) == Verdict(
        State.STUCK, message, named
    )
