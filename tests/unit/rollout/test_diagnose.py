"""One judge: a live state, and what `wait` and `status` both say of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.commands.watch.status import StatusResult
from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.rollout.diagnose import Wanted, diagnose
from bootstrap.rollout.status import EnvironmentStatus
from bootstrap.rollout.verdict import State, Verdict
from bootstrap.views.status import draw_status
from tests.unit.rollout.situations import (
    NEWER,
    OLD,
    SITUATIONS,
    WANTED,
    Situation,
    application,
    cant_compare,
    crashing,
    operation,
)

URL = "https://git.example.com/team/agents.git"
PROD = Environment("prod", "agents", URL, "main", parse_destination(None))
ROOT = Root(URL, "main")
WANT = Wanted(ROOT, PROD, WANTED, lambda revision: revision in {WANTED, NEWER})
SYNCED_ROOT = {**application(), "metadata": {"name": "agentsmith-root"}}


def verdict_of(item: dict[str, Any], objects: list[dict[str, Any]] | None = None) -> Verdict:
    return diagnose({"agentsmith-root": SYNCED_ROOT, "agentsmith-prod": item}, objects, WANT)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda item: item.name)
def test_a_situation_has_one_verdict_and_one_line(situation: Situation) -> None:
    verdict = verdict_of(situation.application, situation.objects)
    status = EnvironmentStatus("prod", "agents", verdict)
    lines = draw_status(StatusResult((status,), {}), datetime.now(UTC), in_full=False, color=False)[
        3:
    ]

    expected = situation.verdict
    assert verdict == expected
    assert lines == ([] if expected.state is State.DONE else [f"prod: {expected.message}"]) + [
        f"  {label}: {text}"
        for label, text in (("fix", expected.hint), ("file", expected.file))
        if text
    ]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda item: item.name)
def test_without_a_look_at_live_objects_it_is_the_same_or_known_to_be_vague(
    situation: Situation,
) -> None:
    verdict = verdict_of(situation.application)

    assert verdict.is_vague or verdict == situation.verdict


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, Verdict(State.WAITING, "not compared yet, waiting for Argo CD to see bbbbbbb")),
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
            application(
                operation={
                    "phase": "Running",
                    "operation": {"sync": {"revision": WANTED}},
                    "message": "x",
                }
            ),
            Verdict(State.WAITING, "syncing bbbbbbb"),
        ),
    ],
)
def test_what_argocd_compared_and_what_it_synced_are_told_apart(
    item: dict[str, Any], expected: Verdict
) -> None:
    assert verdict_of(item, []) == expected


def test_healthy_with_a_change_not_observed_yet_is_not_there_yet() -> None:
    sealed = {
        "kind": "SealedSecret", "metadata": {"generation": 2}, "status": {"observedGeneration": 1}
    }  # fmt: skip

    assert verdict_of(application(), [sealed]) == Verdict(
        State.WAITING, "Synced, waiting for controllers to see the latest change"
    )


def test_without_a_wanted_commit_what_argocd_saw_last_will_do() -> None:
    applications = {"agentsmith-prod": application(revision=OLD)}

    assert diagnose(applications, None, Wanted(ROOT, PROD)) == Verdict(
        State.DONE, "Synced and Healthy"
    )


BROKEN_ROOT = application(conditions=cant_compare("app path does not exist"))
THEIRS: dict[str, Any] = {
    **application(),
    "spec": {"source": {"repoURL": "https://git.example.com/theirs.git"}},
}
IS_THEIRS = (
    f"is of repository https://git.example.com/theirs.git, and this one is {URL}",
    "if they are two repositories, `bootstrap rename NAME` gives this one names of its own; if it"
    " is one that moved, `bootstrap up --adopt`",
)


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        ({}, Verdict(State.WAITING, "not applied yet", "start it with `bootstrap up prod`")),
        (
            {"agentsmith-root": SYNCED_ROOT},
            Verdict(
                State.WAITING,
                "Argo CD has not created its Application yet",
                "push argocd/applications/prod.yaml, or run `bootstrap up prod`",
            ),
        ),
        (
            {"agentsmith-root": BROKEN_ROOT},
            Verdict(
                State.STUCK,
                "the root Application: app path does not exist",
                "push the commit that holds that path",
            ),
        ),
        (
            {"agentsmith-root": THEIRS},
            Verdict(
                State.FAILED,
                f"the root Application: Application agentsmith-root {IS_THEIRS[0]}",
                IS_THEIRS[1],
            ),
        ),
        (
            {"agentsmith-root": THEIRS, "agentsmith-prod": THEIRS},
            Verdict(
                State.FAILED,
                f"Application agentsmith-prod {IS_THEIRS[0]}",
                IS_THEIRS[1],
                is_foreign=True,
            ),
        ),
        (
            {
                "agentsmith-prod": {
                    **application(health="Degraded"),
                    "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"},
                }
            },
            Verdict(
                State.STUCK,
                "Application agentsmith-prod is being deleted, and what it made with it",
                "find out who deleted it: `kubectl -n argocd get application agentsmith-prod -o"
                " yaml`; what Git has comes back by `bootstrap up` once it is gone",
            ),
        ),
    ],
)
def test_whose_it_is_and_whether_it_is_there_comes_before_how_it_is(
    applications: dict[str, Any], expected: Verdict
) -> None:
    assert diagnose(applications, [crashing("old")], WANT) == expected


def test_a_root_that_is_not_there_yet_is_waited_for() -> None:
    assert diagnose({}, None, Wanted(ROOT, commit=WANTED)) == Verdict(
        State.WAITING, "waiting for Argo CD to create the Application"
    )


def test_a_long_message_stays_on_one_line_of_bounded_length() -> None:
    message = verdict_of(application(conditions=cant_compare("x\n" * 5000))).message

    assert len(message) == 400
    assert "\n" not in message
    assert message.endswith("...")
