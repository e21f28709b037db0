"""What an Application says about an environment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.rollout.diagnose import Wanted
from bootstrap.rollout.status import (
    EnvironmentStatus,
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


def read(item: dict[str, Any], commit: str | None = WANTED) -> EnvironmentStatus:
    applications = {"agentsmith-root": ROOT, "agentsmith-prod": item}
    wanted = Wanted(Root(PROD.repo_url, "main"), PROD, commit, lambda seen: seen == commit)
    return read_status(PROD, applications, wanted)


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
    status = read(HEALTHY, commit=None)

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
    assert status.verdict.file == "environments/prod/values.yaml"
    assert (status.running, status.synced_at) == (OLD, datetime(2026, 1, 1, 10, tzinfo=UTC))


def test_of_an_application_that_another_repository_has_nothing_else_is_told() -> None:
    theirs = HEALTHY | {"spec": {"source": {"repoURL": "https://git.example.com/theirs.git"}}}
    status = read(theirs)

    assert status == EnvironmentStatus("prod", "agents", verdict=status.verdict, wanted=WANTED)
    assert status.verdict.is_foreign
    assert not needs_a_look(status)


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
