"""`bootstrap history` in a real clone, with the cluster at hand."""

from __future__ import annotations

from typing import Any

from tests.unit.commands.fake_cluster import FakeCluster, application, apply, push
from tests.unit.work_tree import WorkTree


def test_pushed_synced_and_local_commits_are_told_apart(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    fleet.write("environments/prod/agentsmith.yml", "projects: {}\n")
    first = push(fleet, "Change prod")
    fleet.write("environments/staging/agentsmith.yml", "projects: {}\n")
    tip = push(fleet, "Change staging")
    apply(cluster, prod=application(tip))
    fleet.write("environments/prod/agentsmith.yml", "projects: {a: 1}\n")
    fleet.git("commit", "--quiet", "--all", "--message", "Not out\x1b[2J yet")
    head = fleet.git("rev-parse", "HEAD").strip()

    text = fleet.run("history", "prod")
    found = fleet.run("history", "prod", "-o", "json").json()

    assert text.err == ""
    header, *rows = text.out.splitlines()
    assert header.split() == ["COMMIT", "WRITTEN", "BY", "SYNCED", "RESULT", "SUBJECT"]
    assert [row.split()[0] for row in rows[:2]] == [head[:7], first[:7]]
    assert rows[0].endswith("not pushed  Not out\\x1b[2J yet")
    assert rows[1].endswith("5 min ago  running     Change prod")
    assert [row.split()[-1] for row in rows[2:]] == ["environments", "Start"]
    assert found["environment"] == "prod"
    told: list[dict[str, Any]] = found["history"]
    assert [(item["subject"], item["result"], item["running"]) for item in told] == [
        ("Not out\x1b[2J yet", "unpushed", False),
        ("Change prod", "synced", True),
        ("Add environments", "unknown", False),
        ("Start", "unknown", False),
    ]
    assert told[1]["commit"] == first
    assert told[1]["revision"] == tip
    assert told[1]["author"] == "Test"
    assert (told[1]["message"], told[0]["syncedAt"]) == (None, None)
    assert cluster.asked == {"applications": 2}


def test_the_limit_cuts_what_is_older_and_what_is_not_applied_is_said(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    done = fleet.run("history", "prod", "--limit", "1", "-o", "json")

    assert done.lines == ["warning: prod is not applied yet: `bootstrap up prod`"]
    (entry,) = done.json()["history"]
    assert (entry["subject"], entry["result"]) == ("Add environments", "pending")


def test_a_sync_of_a_commit_that_is_not_in_this_clone_is_shown_by_its_id(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    foreign = "f" * 40
    apply(cluster, prod=application(foreign))

    done = fleet.run("history", "prod")

    (row,) = (line for line in done.out.splitlines() if line.startswith(foreign[:7]))
    assert row.split(maxsplit=3)[:3] == [foreign[:7], "-", "-"]
    assert row.endswith("running         (not in this clone)")
