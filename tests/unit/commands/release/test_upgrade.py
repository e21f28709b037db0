"""`bootstrap upgrade`: one line of one file, one commit, never by force."""

from __future__ import annotations

import os

import pytest

from bootstrap.environments.hold import Hold, add_hold
from tests.unit.shared_tree import Shared
from tests.unit.work_tree import WorkTree

VALUES = "environments/prod/values.yaml"
DIGEST = f"sha256:{'ab' * 32}"
HOLD = Hold("a" * 40, "b" * 40, "2026-11-24T18:00:00Z")


def test_images_change_in_place_and_a_second_time_nothing_does(prod: WorkTree):
    before = prod.read(VALUES)

    first = prod.run("upgrade", "prod", "--dispatcher", ":1.2", "--agent", f"r:5000/a@{DIGEST}")
    after = prod.snapshot()
    second = prod.run("upgrade", "prod", "--dispatcher", ":1.2", "--agent", f"@{DIGEST}")

    assert (first.code, first.out) == (0, "")
    assert first.lines == [
        "prod: image.dispatcher: agentsmith-dispatcher:latest -> agentsmith-dispatcher:1.2",
        f"prod: image.agent: agentsmith:latest -> r:5000/a@{DIGEST}",
        f"updated: {VALUES}",
        f"next: git add {VALUES} && git commit && git push",
        "  then: bootstrap wait prod",
    ]
    assert prod.read(VALUES) == before.replace(
        "agentsmith-dispatcher:latest", "agentsmith-dispatcher:1.2"
    ).replace("agentsmith:latest", f"r:5000/a@{DIGEST}")
    assert (second.code, second.lines) == (
        0, [f"unchanged: {VALUES}", "prod is up to date; nothing changed"]
    )  # fmt: skip
    assert prod.snapshot() == after


def test_a_push_commits_that_file_alone_and_says_what_changed(shared: Shared):
    tree = shared.tree
    tree.write("notes.txt", "not yours")
    tree.git("add", "notes.txt")

    done = tree.run("upgrade", "prod", "--dispatcher", ":1.2", "--push", "-o", "json")
    commit = tree.git("rev-parse", "HEAD").strip()

    assert done.code == 0
    assert done.json() == {
        "environment": "prod",
        "files": [{"path": VALUES, "action": "updated"}],
        "changed": True,
        "commit": commit,
        "branch": "main",
        "pushed": True,
        "earlier": [],
        "dryRun": False,
        "values": {
            "image.dispatcher": {
                "before": "agentsmith-dispatcher:latest",
                "after": "agentsmith-dispatcher:1.2",
            }
        },
        "restored": None,
        "seconds": None,
    }
    assert shared.ask("log", "-1", "--format=%H%n%B", "--name-only", "main").split("\n\n") == [
        f"{commit}\nUpgrade prod: dispatcher 1.2",
        "image.dispatcher: agentsmith-dispatcher:latest -> agentsmith-dispatcher:1.2",
        f"\n{VALUES}\n",
    ]
    assert tree.git("status", "--porcelain") == "A  notes.txt\n"
    assert "dispatcher: agentsmith-dispatcher:1.2\n" in shared.pushed(VALUES)


def test_the_slower_of_two_people_is_refused_before_a_file_is_touched_then_succeeds(
    shared: Shared,
):
    other = shared.other()
    assert other.run("upgrade", "prod", "--agent", ":2", "--push").code == 0
    before = shared.tree.snapshot()

    refused = shared.tree.run("upgrade", "prod", "--dispatcher", ":1.2", "--push")
    untouched = shared.tree.snapshot()
    shared.tree.git("pull", "--quiet", "--rebase")
    done = shared.tree.run("upgrade", "prod", "--dispatcher", ":1.2", "--push")

    assert (refused.code, refused.lines[-2:]) == (
        1,
        [
            "error: main at origin has commits that are not here: somebody pushed before you",
            "  fix: `git pull --rebase`, then run this again",
        ],
    )
    assert untouched == before
    assert done.code == 0
    text = shared.pushed(VALUES)
    assert "agent: agentsmith:2\n" in text
    assert "dispatcher: agentsmith-dispatcher:1.2\n" in text


def test_a_branch_for_a_pull_request_leaves_the_work_tree(shared: Shared):
    before = shared.tree.snapshot()

    done = shared.tree.run("upgrade", "prod", "--agent", ":2", "--push", "--branch", "agent-2")

    assert done.code == 0
    assert shared.tree.snapshot() == before
    assert "agent: agentsmith:2\n" in shared.pushed(VALUES, "agent-2")
    assert "agent: agentsmith:latest\n" in shared.pushed(VALUES)


def test_a_dry_run_shows_the_diff_and_writes_nothing(prod: WorkTree):
    before = prod.snapshot()

    done = prod.run("upgrade", "prod", "--agent", ":2", "--dry-run")

    assert (done.code, prod.snapshot()) == (0, before)
    assert done.out.splitlines()[:2] == [f"--- a/{VALUES}", f"+++ b/{VALUES}"]
    assert [line for line in done.out.splitlines()[2:] if line[0] in "+-"] == [
        "-  agent: agentsmith:latest",
        "+  agent: agentsmith:2",
    ]
    assert done.lines[-1] == f"would be updated: {VALUES}"


def test_a_held_environment_waits_until_the_hold_is_released(prod: WorkTree):
    text = prod.read(VALUES)
    prod.write(VALUES, add_hold(text, HOLD))

    held = prod.run("upgrade", "prod", "--agent", ":2")
    released = prod.run("upgrade", "prod", "--agent", ":2", "--release-hold")

    assert (held.code, held.lines) == (
        1,
        [
            "error: prod is held since 2026-11-24T18:00:00Z, after a rollback to aaaaaaa:"
            f" {VALUES} says so",
            "  fix: once the cause is mended, run this again with --release-hold",
        ],
    )
    assert released.code == 0
    assert prod.read(VALUES) == text.replace("agentsmith:latest", "agentsmith:2")


def test_a_hold_can_be_released_alone(shared: Shared):
    text = shared.tree.read(VALUES)
    shared.tree.write(VALUES, add_hold(text, HOLD))
    shared.push("Hold")

    done = shared.tree.run("upgrade", "prod", "--release-hold", "--push")

    assert done.code == 0
    assert shared.pushed(VALUES) == text
    assert shared.ask("log", "-1", "--format=%B", "main").strip() == "Release the hold of prod"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["prod"], 2, "nothing to upgrade to"),
        (["nowhere", "--agent", ":2"], 2, "no environment 'nowhere'; there are: prod"),
        (
            ["prod", "--agent", "app"],
            2,
            "--agent: 'app' has neither tag nor digest, so it never rolls out",
        ),
        (
            ["prod", "--agent", ":2", "--wait", "--branch", "x"],
            2,
            "--wait does not go with --branch: nothing runs before the branch is merged",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    prod: WorkTree, arguments: list[str], code: int, error: str
):
    done = prod.run("upgrade", *arguments)

    assert (done.code, done.lines[0]) == (code, f"error: {error}")


def test_values_that_are_gone_or_broken_are_named(prod: WorkTree):
    prod.write(VALUES, "image: [\n")
    broken = prod.run("upgrade", "prod", "--agent", "app:2")
    (prod.root / VALUES).unlink()
    gone = prod.run("upgrade", "prod", "--agent", "app:2")

    assert (broken.code, broken.lines[0]) == (1, f"error: {VALUES}:2:1: not valid YAML")
    assert (gone.code, gone.lines[0]) == (1, f"error: {VALUES} is missing")


def test_a_cluster_out_of_reach_is_told_before_anything_is_pushed(shared: Shared):
    tree = shared.tree
    before = tree.snapshot(), tree.git("rev-parse", "HEAD", "origin/main")

    done = tree.run("upgrade", "prod", "--dispatcher", ":2", "--wait")

    assert done.code == 1
    assert done.lines[-2].startswith("error: no cluster to talk to")
    assert (tree.snapshot(), tree.git("rev-parse", "HEAD", "origin/main")) == before


def test_ctrl_c_while_git_commits_changes_nothing_and_is_said(shared: Shared):
    tree = shared.tree
    hook = tree.write(".git/hooks/pre-commit", f"#!/bin/sh\nkill -INT {os.getpid()}; sleep 30\n")
    hook.chmod(0o755)
    before, head = tree.contents(), tree.git("rev-parse", "HEAD")

    ended = tree.run("upgrade", "prod", "--dispatcher", ":2", "--push")

    assert (ended.code, ended.out, ended.lines[-1]) == (130, "", "interrupted")
    assert (tree.contents(), tree.git("rev-parse", "HEAD")) == (before, head)
    assert tree.git("status", "--porcelain") == ""
    hook.unlink()
    assert tree.run("upgrade", "prod", "--dispatcher", ":2", "--push").code == 0
