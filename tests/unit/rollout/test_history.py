"""Commits and syncs, joined."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.rollout.history import Commit, Entry, Known, Outcome, join_history, sync_revisions

BAD = "helm template: values don't meet the specifications"


def at(hour: int) -> datetime:
    return datetime(2026, 1, 1, hour, tzinfo=UTC)


def commit(name: str, hour: int) -> Commit:
    return Commit(name, "Ann", at(hour), f"Subject of {name}")


def sync(revision: str, hour: int, **initiated: object) -> dict[str, Any]:
    return {
        "revision": revision,
        "deployedAt": f"2026-01-01T{hour:02}:00:00Z",
        "initiatedBy": initiated or {"automated": True},
    }


def application(*history: dict[str, Any], running: str = "", **status: Any) -> dict[str, Any]:
    found = {"status": "Synced", "revision": running} if running else {"status": "Unknown"}
    return {"spec": {}, "status": {"history": list(history), "sync": found, **status}}


# newest first; C4 is not pushed. T is the branch's tip, a commit that touches something else.
COMMITS = [commit("C4", 4), commit("C3", 3), commit("C2", 2), commit("C1", 1), commit("C0", 0)]
KNOWN = Known(
    COMMITS, {name: name for name in ("C0", "C1", "C2", "C3", "C4")} | {"T": "C3"}, {"C4"}
)


def brief(entries: list[Entry]) -> list[tuple[str, str, bool, str]]:
    return [(item.id, item.outcome.value, item.running, item.message) for item in entries]


def test_each_commit_has_its_sync_or_the_reason_why_it_has_none() -> None:
    found = join_history(application(sync("C1", 1), running="C1"), KNOWN, wanted="T")

    assert found == [
        Entry("C4", Outcome.UNPUSHED, COMMITS[0]),
        Entry("C3", Outcome.PENDING, COMMITS[1]),
        Entry("C2", Outcome.PENDING, COMMITS[2]),
        Entry("C1", Outcome.SYNCED, COMMITS[3], True, "C1", at(1), "Argo CD"),
        Entry("C0", Outcome.UNKNOWN, COMMITS[4]),
    ]


def test_a_sync_of_the_tip_counts_for_the_commit_that_it_brought() -> None:
    item = application(sync("C1", 1), sync("T", 5, username="admin"), running="T")

    found = join_history(item, KNOWN, wanted="T")

    assert found[1] == Entry("C3", Outcome.SYNCED, COMMITS[1], True, "T", at(5), "admin")
    assert brief(found)[2:] == [
        ("C2", "passed", False, ""),
        ("C1", "synced", False, ""),
        ("C0", "unknown", False, ""),
    ]


def test_going_back_in_argocd_makes_the_older_commit_run() -> None:
    item = application(sync("C1", 1), sync("C3", 3), sync("C1", 4))

    found = join_history(item, KNOWN, wanted="C3")

    assert brief(found)[1:4] == [
        ("C3", "synced", False, ""),
        ("C2", "passed", False, ""),
        ("C1", "synced", True, ""),
    ]
    assert found[3].synced_at == at(4)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {
                "operationState": {
                    "phase": "Failed",
                    "message": "no",
                    "syncResult": {"revision": "T"},
                }
            },
            "the sync of T failed: no",
        ),
        ({"conditions": [{"type": "ComparisonError", "message": BAD}]}, BAD),
    ],
)
def test_a_commit_that_could_not_be_applied_or_rendered_says_why(
    more: dict[str, Any], message: str
) -> None:
    item = application(sync("C1", 1), **more)

    found = join_history(item, KNOWN, wanted="T")

    assert brief(found)[1:4] == [
        ("C3", "failed", False, message),
        ("C2", "pending", False, ""),
        ("C1", "synced", True, ""),
    ]


def test_what_waits_for_a_person_or_a_pod_has_not_failed() -> None:
    waiting = application(sync("C1", 1))
    waiting["status"]["sync"] = {"status": "OutOfSync", "revision": "C3"}
    degraded = application(sync("C3", 3), running="C3", health={"status": "Degraded"})

    assert brief(join_history(waiting, KNOWN, wanted="C3"))[1] == ("C3", "pending", False, "")
    assert brief(join_history(degraded, KNOWN, wanted="C3"))[1] == ("C3", "synced", True, "")


def test_commits_that_are_not_in_this_clone_stand_where_they_were_synced() -> None:
    item = application(sync("C1", 1), sync("F1", 2), sync("C3", 3), running="C3")

    found = join_history(item, KNOWN, wanted="F2")

    assert brief(found) == [
        ("F2", "pending", False, ""),
        ("C4", "unpushed", False, ""),
        ("C3", "synced", True, ""),
        ("C2", "passed", False, ""),
        ("F1", "synced", False, ""),
        ("C1", "synced", False, ""),
        ("C0", "unknown", False, ""),
    ]
    assert found[4].commit is None


def test_without_application_everything_pushed_is_still_to_come() -> None:
    found = join_history(None, KNOWN, wanted="C3")

    assert [item.outcome.value for item in found] == ["unpushed", *["pending"] * 4]


def test_the_revisions_to_look_up_are_those_that_argocd_met() -> None:
    item = application(
        sync("C1", 1),
        sync("C2", 2),
        running="T",
        operationState={"phase": "Failed", "operation": {"sync": {"revision": "C3"}}},
    )

    assert sync_revisions(item) == ["C1", "C2", "C3", "T"]
    assert sync_revisions(None) == []
