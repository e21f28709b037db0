"""Which revisions were synced, and which is healthy, of what an Application remembers."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.rollout.sync_history import healthy_revision, synced_revisions


def application(health: str | None, *revisions: str | None) -> dict[str, Any]:
    status: dict[str, Any] = {"history": [{"id": 1, "revision": item} for item in revisions]}
    return {"status": status | ({"health": {"status": health}} if health else {})}


@pytest.mark.parametrize(
    ("found", "revisions"),
    [
        (None, []),
        ({}, []),
        (application("Healthy"), []),
        (application("Healthy", "a", "b", "c"), ["c", "b", "a"]),
        (application("Degraded", "a", "b", "c"), ["b", "a"]),
        (application("Progressing", "c", "a", "c"), ["a"]),
        (application(None, "a"), []),
        (application("Healthy", "a", "b", "a", None, "a"), ["a", "b"]),
    ],
)
def test_the_newest_comes_first_and_counts_only_while_it_is_healthy(
    found: dict[str, Any] | None, revisions: list[str]
):
    assert synced_revisions(found) == revisions


@pytest.mark.parametrize(
    ("found", "revision"),
    [
        (None, None),
        (application("Healthy"), None),
        (application("Healthy", "a", "b", None), "b"),
        (application("Degraded", "a", "b"), None),
        (application(None, "a"), None),
    ],
)
def test_only_the_last_one_is_known_to_be_healthy(
    found: dict[str, Any] | None, revision: str | None
):
    assert healthy_revision(found) == revision


@pytest.mark.parametrize(
    ("phase", "tried", "revisions"),
    [
        ("Failed", "c", ["b", "a"]),
        ("Running", None, ["b", "a"]),
        ("Failed", "b", ["a"]),
        ("Succeeded", "b", ["a"]),
    ],
)
def test_a_later_attempt_that_fails_is_not_held_against_what_ran_before(
    phase: str, tried: str | None, revisions: list[str]
):
    found = application("Degraded", "a", "b")
    found["status"]["operationState"] = {"phase": phase, "syncResult": {"revision": tried}}

    assert synced_revisions(found) == revisions
