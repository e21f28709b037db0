"""How a change of files ends: what comes next is said, and what Git refuses is explained."""

from __future__ import annotations

import os

import pytest

from tests.unit.shared_tree import Shared
from tests.unit.work_tree import WorkTree

VALUES = "environments/prod/values.yaml"
UPGRADE = ("upgrade", "prod", "--dispatcher", ":2")
SAID = "prod: image.dispatcher: agentsmith-dispatcher:latest -> agentsmith-dispatcher:2"


def test_a_commit_that_is_not_pushed_says_how_to_push_it(shared: Shared):
    done = shared.tree.run(*UPGRADE, "--commit")

    commit = shared.tree.git("rev-parse", "HEAD")[:7]
    assert (done.code, done.lines) == (
        0,
        [
            SAID,
            f"updated: {VALUES}",
            f"committed: {commit} on main",
            "next: git push origin main",
        ],
    )


def test_a_commit_on_a_branch_says_how_to_push_that(shared: Shared):
    done = shared.tree.run(*UPGRADE, "--branch", "fix/2")

    commit = shared.tree.git("rev-parse", "fix/2")[:7]
    assert (done.code, done.lines) == (
        0,
        [
            SAID,
            f"updated: {VALUES}",
            f"committed: {commit} on fix/2",
            "next: git push origin fix/2",
        ],
    )


def test_where_nothing_changes_there_is_no_branch(shared: Shared):
    done = shared.tree.run("upgrade", "prod", "--dispatcher", ":latest", "--branch", "fix")

    assert (done.code, done.lines) == (
        0, [f"unchanged: {VALUES}", "prod is up to date; nothing changed"]
    )  # fmt: skip
    assert shared.tree.git("branch", "--list", "fix") == ""


def test_what_is_pushed_already_is_said_to_be(shared: Shared):
    assert shared.tree.run(*UPGRADE, "--push").code == 0

    done = shared.tree.run(*UPGRADE, "--push")

    commit = shared.tree.git("rev-parse", "HEAD")[:7]
    assert (done.code, done.lines) == (
        0, [f"unchanged: {VALUES}", f"prod is up to date, and pushed: {commit} on main"]
    )  # fmt: skip


@pytest.mark.parametrize("how", [["--commit"], ["--branch", "fix"]])
def test_somebody_whom_git_does_not_know_is_told_how_to_say_who_commits(
    shared: Shared, how: list[str], monkeypatch: pytest.MonkeyPatch
):
    shared.tree.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    done = shared.tree.run(*UPGRADE, *how)

    assert (done.code, done.lines[-2:]) == (
        1,
        [
            "error: Git does not know who commits",
            "  fix: `git config user.name NAME` and `git config user.email ADDRESS`, then run this"
            " again",
        ],
    )


def test_a_commit_on_a_branch_that_can_not_be_signed_changes_nothing(shared: Shared):
    shared.tree.git("config", "commit.gpgSign", "true")
    shared.tree.git("config", "gpg.program", "false")
    before = shared.tree.snapshot()

    done = shared.tree.run(*UPGRADE, "--branch", "fix")

    assert (done.code, done.lines[-2:]) == (
        1,
        [
            "error: Git refused the commit: gpg failed to sign the data",
            "  fix: no file is changed: mend the cause, then run this again",
        ],
    )
    assert shared.tree.snapshot() == before
    assert shared.tree.git("branch", "--list", "fix") == ""


@pytest.mark.parametrize("command", [UPGRADE, ("rollback", "prod", "--to", "HEAD")])
def test_before_the_first_commit_that_is_what_is_missing(prod: WorkTree, command: tuple[str, ...]):
    prod.git("update-ref", "-d", "HEAD")

    done = prod.run(*command, "--commit")

    assert (done.code, done.lines[-2:]) == (
        1, ["error: there is no commit yet", "  fix: commit what is there first"]
    )  # fmt: skip
