"""Which revisions were healthy, of what an Application remembers."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.healthy import healthy_revisions


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
    assert healthy_revisions(found) == revisions
