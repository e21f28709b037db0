"""`bootstrap destroy`: files, commits and questions, against a real remote."""

from __future__ import annotations

import contextlib
import importlib
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bootstrap.cli.options import connect
from bootstrap.commands.destroy.plan import find_job_namespace
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from tests.unit.work_tree import ORIGIN, WorkTree

_CLI = importlib.import_module("bootstrap.cli.options")
APPLICATION = "argocd/applications/prod.yaml"
KEY = "environments/prod/sealing-key.local.pem"
FOLDER = [
    "environments/prod/agentsmith.yml",
    "environments/prod/sealed-secret.yaml",
    "environments/prod/sealing-cert.pem",
    "environments/prod/values.yaml",
]


class FakeCluster:
    """A cluster whose Applications are at hand."""

    def __init__(self, *applications: str) -> None:
        self.applications = applications
        self.argocd = self

    def has_kind(self, _version: str, _kind: str) -> bool:
        return True

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_applications(self) -> dict[str, Any]:
        return {name: {"metadata": {"name": name}} for name in self.applications}


@pytest.fixture
def pushed(prod: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    """A clone whose environment prod is at a remote, and a cluster without Applications."""
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(bare)], check=True)
    # Argo CD's URL, and ours, of the same repository
    prod.git("config", f"url.{bare}.insteadOf", "https://git.example.com/team/agents.git")
    prod.git("add", "--all")
    prod.git("commit", "--quiet", "--message=Add prod")
    prod.git("push", "--quiet", "--set-upstream", "origin", "main")
    monkeypatch.setattr(_CLI, "connect", lambda *_where: FakeCluster())
    return prod


def test_the_namespace_of_agent_jobs_is_known_before_and_after_the_folder_left(
    pushed: WorkTree,
) -> None:
    prod = Environment("prod", "agentsmith-prod", ORIGIN, "main", parse_destination(None))

    def find() -> str:
        return find_job_namespace(prod, Repository(pushed.root), Git(pushed.root))

    unset = find()
    pushed.write("environments/prod/values.yaml", "spawner:\n  namespace: agentsmith-jobs\n")
    pushed.git("commit", "--quiet", "--all", "--message=Jobs elsewhere")
    there = find()
    pushed.git("rm", "--quiet", "-r", "environments/prod")
    pushed.git("commit", "--quiet", "--message=Gone")

    assert (unset, there, find()) == ("agentsmith-prod", "agentsmith-jobs", "agentsmith-jobs")


def subjects(tree: WorkTree, reference: str = "HEAD") -> list[str]:
    return tree.git("log", "--format=%s", reference).splitlines()


def test_two_runs_take_it_out_of_git_and_a_third_changes_nothing(pushed: WorkTree) -> None:
    first = pushed.run("destroy", "prod", "--yes", "--push")
    after_first = pushed.git("ls-files", "environments", "argocd").splitlines()
    second = pushed.run("destroy", "prod", "--yes", "--push", "-o", "json")
    third = pushed.run("destroy", "prod", "-o", "json")

    assert (first.code, second.code, third.code) == (0, 0, 0)
    assert after_first == ["argocd/project.yaml", "argocd/root.yaml", *FOLDER]
    assert first.lines[-2:] == [
        "Argo CD deletes prod once main is what its root follows",
        "next, when it has: bootstrap destroy prod --push",
    ]
    assert pushed.git("ls-files", "environments", "argocd").splitlines() == [
        "argocd/project.yaml",
        "argocd/root.yaml",
    ]
    assert subjects(pushed, "origin/main")[:2] == [
        "Remove the files of environment prod",
        "Remove environment prod",
    ]
    assert "agentsmith-prod" not in pushed.read("argocd/project.yaml")
    assert second.json()["localFiles"] == [KEY]
    assert "PRIVATE KEY" in pushed.read(KEY)
    assert third.json() == {
        "environment": "prod",
        "steps": [],
        "changed": False,
        "next": "nothing",
        "namespace": None,
        "localFiles": [],
        "neverPushed": False,
        "dryRun": False,
    }


def test_without_options_one_file_goes_and_the_rest_is_said(pushed: WorkTree) -> None:
    done = pushed.run("destroy", "prod", "--yes")
    again = pushed.run("destroy", "prod", "--yes")

    assert pushed.git("status", "--porcelain") == f" D {APPLICATION}\n"
    assert done.lines == [
        f"removed: {APPLICATION}",
        "next: git add --all argocd environments && git commit && git push",
        "  then, when Argo CD has deleted prod: bootstrap destroy prod --push",
    ]
    assert again.lines == done.lines[1:]


def test_the_folder_stays_while_argocd_is_at_it_and_while_the_removal_is_not_pushed(
    pushed: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pushed.run("destroy", "prod", "--yes", "--commit").code == 0
    unpushed = pushed.run("destroy", "prod", "--yes", "--push")
    pushed.git("push", "--quiet")
    monkeypatch.setattr(_CLI, "connect", lambda *_where: FakeCluster("agentsmith-prod"))
    early = pushed.run("destroy", "prod", "--yes", "--push")

    commit = pushed.git("rev-parse", "HEAD")[:7]
    assert unpushed.lines == [
        f"error: commit {commit}, which removes {APPLICATION}, is not in main at"
        " https://git.example.com/team/agents.git yet",
        "  fix: push it, or merge its pull request, then run this again",
    ]
    assert early.lines == [
        "error: Argo CD has not deleted Application agentsmith-prod yet",
        "  fix: run this again when it has, or with --wait, which sees it through",
    ]
    assert pushed.git("ls-files", "environments").splitlines() == FOLDER


def test_a_dry_run_shows_both_steps_and_asks_nobody(pushed: WorkTree) -> None:
    before = pushed.snapshot()

    done = pushed.run("destroy", "prod", "--wait", "--dry-run")

    assert pushed.snapshot() == before
    assert (done.code, done.lines[:2]) == (
        0,
        [f"would be removed: {APPLICATION}", "would be updated: argocd/project.yaml"],
    )
    assert done.lines[2:6] == [f"would be removed: {path}" for path in FOLDER]


def test_what_git_could_not_bring_back_is_refused(prod: WorkTree, pushed: WorkTree) -> None:
    prod.write("environments/prod/values.yaml", "mine: true\n")

    done = pushed.run("destroy", "prod", "--yes", "--push")

    assert (done.code, done.lines) == (
        1,
        [
            "error: not committed yet: environments/prod/values.yaml; it could not be brought back",
            "  fix: commit it first, or take your changes back with `git checkout` and `git clean`",
        ],
    )
    assert subjects(pushed)[0] == "Add prod"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (
            ["prod"],
            2,
            "destroy asks for the environment's name, and there is no terminal to ask on",
        ),
        (["nowhere", "--yes"], 2, "no environment 'nowhere'; there are: prod"),
        (
            ["prod", "--yes", "--wait", "--branch", "x"],
            2,
            "--wait does not go with --branch: nothing runs before the branch is merged",
        ),
    ],
)
def test_wrong_usage_changes_nothing(
    pushed: WorkTree, arguments: list[str], code: int, error: str
) -> None:
    before = pushed.snapshot()

    done = pushed.run("destroy", *arguments)

    assert (done.code, done.lines[0]) == (code, f"error: {error}")
    assert pushed.snapshot() == before


def test_waiting_needs_the_branch_of_the_root_and_access_to_the_cluster_of_the_environment(
    pushed: WorkTree,
) -> None:
    url = "https://git.example.com/team/agents.git"
    assert pushed.run("init", "edge", "--cluster", "edge-1", "--repo-url", url).code == 0
    pushed.git("add", "--all")
    pushed.git("commit", "--quiet", "--message=Add edge")
    away = pushed.run("destroy", "edge", "--yes", "--wait")
    pushed.git("checkout", "--quiet", "-b", "feature")
    elsewhere = pushed.run("destroy", "prod", "--yes", "--wait")

    assert away.lines == [
        "error: edge runs in another cluster, and --wait is to prove that nothing of it is left",
        "  fix: name that cluster's context with --destination-context",
    ]
    assert elsewhere.lines[0] == (
        "error: the root Application follows main, and that is not what is checked out here:"
        " nothing would be removed"
    )


class LastCluster(FakeCluster):
    """A cluster that still has prod and the root, and notes what is deleted of them."""

    def __init__(self) -> None:
        super().__init__("agentsmith-root", "agentsmith-prod")
        self.deleted: list[str] = []

    def read_members(self, _project: str) -> list[str]:
        return list(self.applications)

    def delete_application(self, name: str) -> None:
        self.deleted.append(name)

    def refresh(self, _name: str) -> None:
        pass


@pytest.mark.parametrize("name", ["staging", "prod", None])
def test_whether_it_is_the_last_is_asked_of_the_remote_not_of_what_is_here(
    pushed: WorkTree, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    assert pushed.run("destroy", "prod", "--yes", "--push").code == 0
    before = pushed.git("rev-parse", "HEAD").strip()
    if name:  # a colleague's push, of which nothing is here
        pushed.write(f"argocd/applications/{name}.yaml", "kind: Application\n")
        pushed.git("add", "--all")
        pushed.git("commit", "--quiet", "--message=Theirs")
        pushed.git("push", "--quiet")
        pushed.git("reset", "--quiet", "--hard", before)
    cluster = LastCluster()
    monkeypatch.setattr(_CLI, "connect", lambda *_where: cluster)

    done = pushed.run("destroy", "prod", "--yes", "--wait", "--timeout", "0s")

    if name == "prod":
        assert done.lines[0] == (
            f"error: main has {APPLICATION} again, by a push after its removal"
        )
    assert done.code == 1
    assert cluster.deleted == ([] if name else ["agentsmith-root", "agentsmith-prod"])


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_an_init_just_before_the_files_go_is_not_written_over(
    pushed: WorkTree, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert pushed.run("destroy", "prod", "--yes", "--push").code == 0
    lock, url = Repository.lock, "https://git.example.com/team/agents.git"

    def get_it_second(repository: Repository) -> contextlib.AbstractContextManager[None]:
        monkeypatch.setattr(Repository, "lock", lock)
        if name == "prod":  # init itself makes nothing anew that is being removed
            pushed.git("checkout", "--quiet", "HEAD^", "--", APPLICATION)
        assert pushed.run_process("init", name, "--repo-url", url).code == 0
        return lock(repository)

    monkeypatch.setattr(Repository, "lock", get_it_second)
    done = pushed.run("destroy", "prod", "--yes")

    assert f"namespace: agentsmith-{name}" in pushed.read("argocd/project.yaml")
    if name == "prod":
        assert done.lines[0] == f"error: {APPLICATION} is there again, so the files stay"
        assert pushed.git("ls-files", "--deleted") == ""
    else:
        assert (done.code, pushed.git("ls-files", "--deleted").splitlines()) == (0, FOLDER)


def test_a_pull_request_leaves_the_files_here_as_they_are(pushed: WorkTree) -> None:
    before = pushed.contents()

    done = pushed.run("destroy", "prod", "--yes", "--push", "--branch", "remove-prod")

    assert done.code == 0
    assert pushed.contents() == before
    assert subjects(pushed, "origin/remove-prod")[0] == "Remove environment prod"
    assert "Argo CD deletes prod once remove-prod is what its root follows" in done.lines


@pytest.mark.parametrize(("answer", "code"), [(b"prod\n", 0), (b"staging\n", 1)])
def test_the_name_is_asked_for(pushed: WorkTree, answer: bytes, code: int) -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bootstrap", "destroy", "prod"],
        cwd=pushed.root, stdin=terminal, stdout=terminal, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    said = b""
    while not said.endswith(b"to go on: "):
        assert select.select([main], [], [], 60)[0], said
        said += os.read(main, 1)
    os.write(main, answer)

    assert process.wait(60) == code
    os.close(main)
    assert b"all that runs in namespace agentsmith-prod" in said
    assert (pushed.root / APPLICATION).exists() is (code == 1)


def test_a_cluster_out_of_reach_is_told_before_the_removal_is_pushed(
    pushed: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_CLI, "connect", connect)  # the real one, which finds no kubeconfig
    before = pushed.snapshot(), pushed.git("rev-parse", "HEAD", "origin/main")

    done = pushed.run("destroy", "prod", "--yes", "--wait")

    assert done.code == 1
    assert done.lines[0].startswith("error: no cluster to talk to")
    assert (pushed.snapshot(), pushed.git("rev-parse", "HEAD", "origin/main")) == before


def test_last_step_leaves_another_that_is_being_removed_in_the_project(
    pushed: WorkTree, certificate_file: Path
) -> None:
    assert pushed.run("init", "staging", "--cert", str(certificate_file)).code == 0
    pushed.git("add", "--all")
    pushed.git("commit", "--quiet", "--message=Add staging")
    pushed.git("push", "--quiet")
    for name in ("staging", "prod", "prod"):
        assert pushed.run("destroy", name, "--yes", "--push").code == 0
    project = pushed.read("argocd/project.yaml")
    assert ("agentsmith-staging" in project, "agentsmith-prod" in project) == (True, False)
