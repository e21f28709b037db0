"""`bootstrap destroy` where no cluster answers: what Git proves, and what the user vouches for."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from tests.unit.commands.fake_cluster import push
from tests.unit.work_tree import WorkTree

_CLI = importlib.import_module("bootstrap.cli.options")
APPLICATION = "argocd/applications/prdo.yaml"


@pytest.fixture
def alone(fleet: WorkTree, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    """Environments that are pushed, and no cluster."""

    def connect(*_where: object) -> None:
        raise BootstrapError("no cluster to talk to", "check --context and KUBECONFIG")

    monkeypatch.setattr(_CLI, "connect", connect)
    return fleet


def add_prdo(tree: WorkTree, certificate_file: Path) -> None:
    assert tree.run("init", "prdo", "--cert", str(certificate_file)).code == 0
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", "Add environment prdo")


def files_of(tree: WorkTree, revision: str = "HEAD") -> list[str]:
    listed = tree.git("ls-tree", "-r", "--name-only", revision, "environments", "argocd")
    return [path for path in listed.splitlines() if "prdo" in path]


def test_what_was_never_pushed_goes_at_once(alone: WorkTree, certificate_file: Path) -> None:
    project = alone.read("argocd/project.yaml")
    add_prdo(alone, certificate_file)

    planned = alone.run("destroy", "prdo", "--dry-run")
    done = alone.run("destroy", "prdo", "--yes", "--push")

    told = "prdo was never pushed: there is nothing for Argo CD to do"
    assert (planned.code, planned.lines[-1]) == (0, told)
    assert (done.code, done.lines[-2:]) == (0, [told, "nothing of prdo is left in Git"])
    assert files_of(alone, "origin/main") == []
    assert alone.read("argocd/project.yaml") == project
    assert alone.git("log", "-1", "--format=%B", "origin/main").rstrip() == (
        "Remove environment prdo\n\nIt was never pushed, so Argo CD never had it."
    )
    assert alone.git("status", "--porcelain") == ""


def test_what_was_never_pushed_goes_as_far_as_asked(
    alone: WorkTree, certificate_file: Path
) -> None:
    add_prdo(alone, certificate_file)

    files = alone.run("destroy", "prdo", "--yes")
    again = alone.run("destroy", "prdo", "--yes", "-o", "json")

    told = "next: git add --all argocd environments && git commit && git push"
    assert (files.code, files.lines[-1]) == (0, told)
    assert (again.code, again.json()["next"], again.json()["neverPushed"]) == (
        0, "publish-files", True,
    )  # fmt: skip
    assert sorted(alone.git("diff", "--name-only").splitlines()) == sorted(
        ["argocd/project.yaml", *files_of(alone)]
    )


def test_what_is_pushed_waits_for_the_cluster_or_for_somebody_who_vouches(
    alone: WorkTree, certificate_file: Path
) -> None:
    add_prdo(alone, certificate_file)
    alone.git("push", "--quiet", "origin", "main")

    first = alone.run("destroy", "prdo", "--yes", "--push")
    refused = alone.run("destroy", "prdo", "--yes", "--push")
    left = files_of(alone, "origin/main")
    vouched = alone.run("destroy", "prdo", "--yes", "--push", "--without-cluster")

    assert first.code == 0
    assert (refused.code, refused.lines) == (
        1,
        [
            "error: whether Argo CD has deleted prdo is not known: no cluster to talk to",
            "  fix: check --context and KUBECONFIG; or, if no Argo CD ever had prdo: `bootstrap"
            " destroy prdo --without-cluster`",
        ],
    )
    assert left != []
    assert APPLICATION not in left
    assert (vouched.code, vouched.lines[0]) == (
        0,
        "warning: nobody looked whether Argo CD has deleted prdo: if it has not, its Application"
        " agentsmith-prdo can't be rendered any more for its pre-delete hook, and stays until you"
        " take its finalizers off",
    )
    assert files_of(alone, "origin/main") == []


def test_vouching_does_not_make_one_step_of_two(alone: WorkTree, certificate_file: Path) -> None:
    add_prdo(alone, certificate_file)
    alone.git("push", "--quiet", "origin", "main")

    first = alone.run("destroy", "prdo", "--yes", "--commit", "--without-cluster")
    early = alone.run("destroy", "prdo", "--yes", "--push", "--without-cluster")

    assert first.lines[-1] == (
        "  then, when Argo CD has deleted prdo: bootstrap destroy prdo --push --without-cluster"
    )
    assert "is not in main at" in early.lines[0]
    assert early.code == 1
    assert files_of(alone) != []


def test_what_a_remote_had_once_or_on_another_branch_was_pushed(
    alone: WorkTree, certificate_file: Path
) -> None:
    alone.git("checkout", "--quiet", "-b", "try")
    add_prdo(alone, certificate_file)
    alone.git("rm", "--quiet", APPLICATION)
    alone.git("commit", "--quiet", "--message", "Take it back")
    alone.git("checkout", "--quiet", "main")
    push(alone, "Meanwhile")
    alone.git("merge", "--quiet", "--no-edit", "try")
    alone.git("push", "--quiet", "origin", "main")
    alone.git("checkout", "--quiet", "HEAD^2^", "--", APPLICATION)
    alone.git("commit", "--quiet", "--all", "--message", "Again")

    done = alone.run("destroy", "prdo", "--yes", "--commit")

    assert done.code == 0
    assert done.lines[-1].startswith("  then, when Argo CD has deleted prdo: ")
    assert files_of(alone) != []


def test_a_shallow_clone_proves_nothing(
    alone: WorkTree, certificate_file: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "shallow"
    url = (tmp_path / "remote.git").as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth=1", url, str(clone)], check=True)
    shallow = WorkTree(clone, alone.monkeypatch, alone.capsys)
    add_prdo(shallow, certificate_file)

    done = shallow.run("destroy", "prdo", "--yes", "--commit")

    assert done.code == 0
    assert done.lines[-1].startswith("  then, when Argo CD has deleted prdo: ")
    assert files_of(shallow) != []


def test_what_was_never_committed_is_deleted_by_hand(
    alone: WorkTree, certificate_file: Path
) -> None:
    assert alone.run("init", "prdo", "--cert", str(certificate_file)).code == 0

    done = alone.run("destroy", "prdo", "--yes")

    assert (done.code, done.lines) == (
        1,
        [
            "error: nothing of prdo is committed, so Git could not bring it back",
            "  fix: delete it yourself, with its private key: `rm -r environments/prdo"
            f" {APPLICATION}`, then `bootstrap init` of another writes the project again",
        ],
    )


def test_waiting_and_not_looking_exclude_each_other(alone: WorkTree) -> None:
    done = alone.run("destroy", "prod", "--yes", "--wait", "--without-cluster")

    assert (done.code, done.lines[0]) == (2, "error: --wait looks into the cluster")
