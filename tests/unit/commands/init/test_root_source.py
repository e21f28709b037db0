"""What a new environment follows: what the root does, else the remote's default branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.work_tree import ORIGIN, WorkTree


def followed(tree: WorkTree, name: str = "prod") -> list[str]:
    """Return the revisions that the environment's Application and the root follow."""
    files = (f"argocd/applications/{name}.yaml", "argocd/root.yaml")
    lines = [line for file in files for line in tree.read(file).splitlines()]
    return [line.split()[-1] for line in lines if "targetRevision:" in line]


@pytest.fixture
def cloned(tree: WorkTree, tmp_path: Path) -> tuple[WorkTree, str]:
    """The tree with a remote that answers, which has main by default, and the remote's folder."""
    remote = tmp_path / "remote.git"
    tree.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    tree.git("remote", "set-url", "origin", remote.as_uri())
    tree.git("push", "--quiet", "origin", "main")
    return tree, str(remote)


def test_the_branch_of_a_pull_request_is_not_followed(cloned: tuple[WorkTree, str]):
    tree, remote = cloned
    tree.git("switch", "--quiet", "--create", "feature/x")

    done = tree.run("init", "prod")

    assert (done.code, followed(tree)) == (0, ["main", "main"])
    assert done.lines[0] == (
        "warning: prod follows main, the remote's default branch, not feature/x, which is checked"
        " out here: --revision says otherwise"
    )
    assert f"prod follows main of file://{remote}" in done.err


def test_a_second_environment_follows_what_the_root_follows(cloned: tuple[WorkTree, str]):
    tree, remote = cloned
    tree.git("push", "--quiet", "origin", "main:release")
    assert tree.run("init", "prod").code == 0
    assert tree.run("init", "--all", "--revision", "release").code == 0
    tree.git("switch", "--quiet", "--create", "feature/x")

    done = tree.run("init", "staging")

    assert (done.code, followed(tree, "staging")) == (0, ["release", "release"])
    assert "follows release, " not in done.err
    assert f"staging follows release of file://{remote}" in done.err


def test_a_default_branch_that_was_renamed_since_the_clone_is_asked_for(
    cloned: tuple[WorkTree, str],
):
    tree, remote = cloned
    tree.git("push", "--quiet", "origin", "main:trunk")
    tree.git("-C", remote, "symbolic-ref", "HEAD", "refs/heads/trunk")
    tree.git("switch", "--quiet", "--create", "trunk")

    done = tree.run("init", "prod")

    assert (done.code, followed(tree), "checked out" in done.err) == (0, ["trunk", "trunk"], False)


def test_a_clone_that_does_not_know_the_default_branch_asks_for_it(cloned: tuple[WorkTree, str]):
    tree, _remote = cloned
    tree.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    tree.git("checkout", "--quiet", "--detach")

    done = tree.run("init", "prod")

    assert (done.code, followed(tree)) == (0, ["main", "main"])


def test_what_nobody_can_tell_is_what_is_checked_out_and_that_is_said(tree: WorkTree):
    tree.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
    tree.git("switch", "--quiet", "--create", "feature/x")

    done = tree.run("init", "prod")

    assert (done.code, followed(tree)) == (0, ["feature/x", "feature/x"])
    assert done.lines[0] == (
        "warning: prod follows feature/x, which is checked out here: the remote's default branch is"
        " not known; --revision says otherwise"
    )


def test_a_revision_that_is_given_is_that_of_the_environment_alone(tree: WorkTree):
    tree.git("switch", "--quiet", "--create", "feature/x")

    done = tree.run("init", "prod", "--revision", "feature/x")

    assert (done.code, followed(tree), "checked out" in done.err) == (
        0,
        ["feature/x", "main"],
        False,
    )


def test_an_origin_that_is_another_repository_than_the_root_follows_is_refused(prod: WorkTree):
    fork = "https://git.example.com/jane/agents.git"
    prod.git("remote", "set-url", "origin", fork)
    before = prod.snapshot()

    done = prod.run("init", "staging")

    assert (done.code, done.lines, prod.snapshot()) == (
        1,
        [
            f"error: remote origin is {fork}, but Argo CD follows {ORIGIN} (argocd/root.yaml)",
            f"  fix: if the repository moved: `bootstrap init --all --repo-url {fork}`; if origin"
            f" is your fork of it: `bootstrap init staging --repo-url {ORIGIN}`",
        ],
        before,
    )
    told = prod.run("init", "prod")
    assert (told.code, told.lines[0]) == (
        0,
        f"warning: prod is cloned from {ORIGIN}, but remote origin is {fork}: if the repository"
        f" moved, `bootstrap init --all --repo-url {fork}`",
    )
    assert prod.run("init", "staging", "--repo-url", ORIGIN).code == 0
    assert prod.run("init", "--all", "--repo-url", fork).code == 0
    assert f"qa follows main of {fork}" in prod.run("init", "qa").err
