"""A clone of the newest commits only, as CI has it: what is missing is said, and how to get it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.commands.fake_cluster import FakeCluster, application, apply, push
from tests.unit.work_tree import WorkTree

UNSHALLOW = (
    "  fix: this clone has the newest commits only: `git fetch --unshallow`, then run this again"
)


@pytest.fixture
def shallow(fleet: WorkTree, tmp_path: Path, cluster: FakeCluster) -> WorkTree:
    fleet.write("environments/prod/agentsmith.yml", "projects: {}\n")
    apply(cluster, prod=application(push(fleet, "Change prod")))
    url = (tmp_path / "remote.git").as_uri()
    clone = tmp_path / "shallow"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", url, str(clone)], check=True)
    return WorkTree(clone, fleet.monkeypatch, fleet.capsys)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            ("diff", "prod", "--against", "HEAD~1"),
            "--against 'HEAD~1' is neither an environment nor a revision that is known here",
        ),
        (
            ("rollback", "prod", "--to", "HEAD~1"),
            "--to 'HEAD~1' is no commit, tag or branch that is known here",
        ),
        (
            ("rollback", "prod"),
            "Argo CD's history of prod has no synced revision with other files than these (it keeps"
            " the last 10 syncs; one that is not healthy now does not count)",
        ),
    ],
    ids=" ".join,
)
def test_a_missing_commit_is_fetched_by_unshallow(
    shallow: WorkTree, helm4: Path, command: tuple[str, ...], message: str
) -> None:
    shallow.monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    shallow.write("helm/agentsmith/templates/none.yaml", "")

    done = shallow.run(*command)

    assert (done.code, done.lines[-2:]) == (1, [f"error: {message}", UNSHALLOW])


def test_waiting_for_a_commit_that_is_missing_or_not_known_to_be_pushed(shallow: WorkTree) -> None:
    url = shallow.git("remote", "get-url", "origin").strip()
    older = shallow.run("wait", "prod", "--commit", "HEAD~1")
    shallow.git("commit", "--quiet", "--allow-empty", "--message", "Not pushed")
    head = shallow.git("rev-parse", "HEAD").strip()
    newer = shallow.run("wait", "prod", "--commit", "HEAD")

    assert (older.code, older.lines) == (
        1,
        [
            f"error: --commit 'HEAD~1' is not known here, nor is it part of main at {url}",
            UNSHALLOW,
        ],
    )
    assert (newer.code, newer.lines) == (
        1,
        [
            f"error: commit {head[:7]} is not known to be part of main at {url}, which prod"
            " follows",
            UNSHALLOW,
        ],
    )


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("diff", "prod", "--against"), "--against"),
        (("rollback", "prod", "--to"), "--to"),
        (("wait", "prod", "--commit"), "--commit"),
    ],
)
@pytest.mark.parametrize("given", ["", "-x", "a\nb"])
def test_what_can_not_mean_a_commit_is_a_wrong_usage_and_not_a_missing_one(
    shallow: WorkTree, helm4: Path, command: tuple[str, ...], option: str, given: str
) -> None:
    shallow.monkeypatch.setenv("BOOTSTRAP_HELM", str(helm4))
    shallow.write("helm/agentsmith/templates/none.yaml", "")

    done = shallow.run(*command[:-1], f"{command[-1]}={given}")

    assert (done.code, done.lines) == (
        2,
        [
            f"error: {option} {given!r} can't mean a commit",
            "  fix: give a commit, a branch or a tag",
        ],
    )


def test_history_says_that_it_is_not_whole(shallow: WorkTree) -> None:
    done = shallow.run("history", "prod")
    shallow.git("fetch", "--quiet", "--unshallow")
    whole = shallow.run("history", "prod")

    assert done.err == (
        "warning: this clone has the newest commits only, and its oldest one seems to have changed"
        " every file: `git fetch --unshallow` brings the others\n"
    )
    assert [len(item.out.splitlines()) for item in (done, whole)] == [2, 4]
    assert (done.code, whole.code, whole.err) == (0, 0, "")
