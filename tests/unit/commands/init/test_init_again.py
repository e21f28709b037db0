"""`bootstrap init` in a repository where there is something to lose."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bootstrap.argocd.application import render_root
from bootstrap.argocd.project import render_project
from bootstrap.environments.environment import Destination, Environment, Root, parse_destination
from tests.unit.work_tree import ORIGIN, WorkTree

OTHER = "https://git.example.com/elsewhere/agents.git"
SSH = "git@git.example.com:team/agents.git"
APPLICATION = "argocd/applications/prod.yaml"
PROJECT = "argocd/project.yaml"
ROOT = "argocd/root.yaml"
SEALED = "environments/prod/sealed-secret.yaml"
PROD = Environment("prod", "agentsmith-prod", ORIGIN, "main", parse_destination(None))
STAGING = Environment("staging", "agentsmith-staging", ORIGIN, "main", parse_destination(None))
PUSH = "  git add environments argocd && git commit && git push"


def commit(tree: WorkTree, message: str) -> str:
    """Commit all there is."""
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", message)
    return tree.git("rev-parse", "HEAD").strip()


def warnings(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("warning: ")]


def stays(name: str, url: str = OTHER) -> str:
    return (
        f"warning: {name} is cloned from {url}, but {ROOT} stays at {ORIGIN}, where the"
        " Applications of the other environments are"
    )


@pytest.fixture
def cert(certificate_file: Path) -> tuple[str, str]:
    return "--cert", str(certificate_file)


@pytest.fixture
def sealed(pinned: WorkTree) -> WorkTree:
    """Environment prod with a sealed value, committed."""
    pinned.write("s.local.yaml", "githubToken: x\n")
    assert pinned.run("seal", "s.local.yaml").code == 0
    commit(pinned, "Add prod")
    return pinned


# the URL of the root Application


def test_url_of_one_environment_of_several_leaves_the_root_where_it_is(
    pinned: WorkTree, cert: tuple[str, str]
):
    new = pinned.run("init", "staging", "--repo-url", OTHER, *cert)
    assert (new.code, warnings(new.lines)) == (0, [stays("staging")])
    assert pinned.read(ROOT) == render_root(Root(ORIGIN, "main")).content
    assert warnings(pinned.run("init", "staging").lines) == []


def test_root_follows_once_every_environment_has_the_new_url(
    pinned: WorkTree, cert: tuple[str, str]
):
    assert pinned.run("init", "staging", *cert).code == 0
    first = pinned.run("init", "prod", "--repo-url", OTHER)
    assert warnings(first.lines) == [stays("prod")]
    assert pinned.read(ROOT) == render_root(Root(ORIGIN, "main")).content
    last = pinned.run("init", "staging", "--repo-url", OTHER)
    assert warnings(last.lines) == []
    assert pinned.read(ROOT) == render_root(Root(OTHER, "main")).content


def test_root_follows_the_only_environment(pinned: WorkTree):
    ended = pinned.run("init", "prod", "--repo-url", OTHER)
    assert (ended.code, warnings(ended.lines)) == (0, [])
    assert pinned.read(ROOT) == render_root(Root(OTHER, "main")).content


def test_root_follows_the_first_environment_after_the_last_is_gone(
    pinned: WorkTree, cert: tuple[str, str]
):
    (pinned.root / APPLICATION).unlink()
    pinned.git("remote", "set-url", "origin", OTHER)
    ended = pinned.run("init", "staging", *cert)
    assert (ended.code, warnings(ended.lines)) == (0, [])
    assert pinned.read(ROOT) == render_root(Root(OTHER, "main")).content


# the URL of a new environment


@pytest.mark.parametrize("origin", [SSH, "/srv/agents.git", None])
def test_new_environment_takes_the_url_that_the_project_uses(
    pinned: WorkTree, cert: tuple[str, str], origin: str | None
):
    if origin:
        pinned.git("remote", "set-url", "origin", origin)
    else:
        pinned.git("remote", "remove", "origin")
    ended = pinned.run("init", "staging", "-o", "json", *cert)
    assert ended.json()["environment"]["repoURL"] == ORIGIN
    assert warnings(ended.lines) == []


def test_a_remote_that_is_another_repository_is_not_taken_in_silence(
    pinned: WorkTree, cert: tuple[str, str]
):
    before = pinned.snapshot()
    pinned.git("remote", "set-url", "origin", OTHER)
    ended = pinned.run("init", "staging", *cert)
    assert (ended.code, ended.lines) == (
        1,
        [
            f"error: remote origin is {OTHER}, but Argo CD follows {ORIGIN} (argocd/root.yaml)",
            f"  fix: if the repository moved: `bootstrap init --all --repo-url {OTHER}`; if origin"
            f" is your fork of it: `bootstrap init staging --repo-url {ORIGIN}`",
        ],
    )
    assert pinned.snapshot() == before
    assert pinned.run("init", "staging", "--repo-url", ORIGIN, *cert).code == 0
    again = pinned.run("init", "prod")
    assert warnings(again.lines) == [
        f"warning: prod is cloned from {ORIGIN}, but remote origin is {OTHER}: if the repository"
        f" moved, `bootstrap init --all --repo-url {OTHER}`"
    ]


# beside, and of, an environment that is being removed


@pytest.mark.parametrize("committed", [False, True])
def test_destination_of_an_environment_that_is_being_removed_stays_in_the_project(
    pinned: WorkTree, cert: tuple[str, str], committed: bool
):
    assert pinned.run("init", "prod", "--cluster", "edge").code == 0
    commit(pinned, "Add prod")
    (pinned.root / APPLICATION).unlink()
    if committed:
        commit(pinned, "Remove environment prod")
    assert pinned.run("init", "staging", "--repo-url", OTHER, *cert).code == 0
    edge = Environment("prod", "agentsmith-prod", ORIGIN, "main", Destination(name="edge"))
    staging = Environment("staging", "agentsmith-staging", OTHER, "main", PROD.destination)
    assert pinned.read(PROJECT) == render_project([edge, staging], Root(ORIGIN, "main")).content
    assert pinned.read(ROOT) == render_root(Root(ORIGIN, "main")).content


def test_environment_that_is_being_removed_is_not_made_anew(pinned: WorkTree):
    commit(pinned, "Add prod")
    (pinned.root / APPLICATION).unlink()
    removal = commit(pinned, "Remove environment prod")
    before = pinned.snapshot()
    hint = (
        f"  fix: finish with `bootstrap destroy prod --push`, or restore {APPLICATION} with"
        f" `git checkout {removal[:7]}^ -- {APPLICATION}`"
    )
    made, asked = pinned.run("init", "prod"), pinned.run("history", "prod")
    assert (made.code, made.lines) == (1, ["error: environment prod is being removed", hint])
    assert (asked.code, asked.lines) == (2, ["error: environment prod is being removed", hint])
    assert pinned.snapshot() == before
    pinned.git("checkout", "--quiet", f"{removal}^", "--", APPLICATION)
    assert pinned.run("init", "prod").lines[-1] == "prod is up to date; nothing changed"


def test_application_that_was_only_just_deleted_is_written_again(pinned: WorkTree):
    never_committed = pinned.read(APPLICATION)
    (pinned.root / APPLICATION).unlink()
    assert pinned.run("init", "prod").code == 0
    assert pinned.read(APPLICATION) == never_committed
    commit(pinned, "Add prod")
    (pinned.root / APPLICATION).unlink()
    assert pinned.run("init", "prod").code == 0
    assert pinned.git("status", "--porcelain") == ""


def test_environment_whose_removal_is_complete_can_be_made_again(
    pinned: WorkTree, cert: tuple[str, str]
):
    commit(pinned, "Add prod")
    pinned.git("rm", "--quiet", APPLICATION)
    commit(pinned, "Remove environment prod")
    pinned.git("rm", "--quiet", "-r", "environments/prod")
    commit(pinned, "Remove the files of environment prod")
    pinned.write("environments/prod/sealing-key.old.local.pem", "a key that nobody removed\n")
    assert pinned.run("init", "staging", *cert).code == 0
    assert pinned.read(PROJECT) == render_project([STAGING], Root(ORIGIN, "main")).content
    assert pinned.run("init", "prod", *cert).code == 0


# sealed values


def test_sealed_values_that_git_has_are_not_replaced_by_none(
    sealed: WorkTree, cert: tuple[str, str]
):
    (sealed.root / SEALED).unlink()
    before = sealed.snapshot()
    for arguments in ((), cert):
        ended = sealed.run("init", "prod", *arguments)
        assert (ended.code, ended.lines) == (
            1,
            [
                f"error: {SEALED} is missing, but the last commit has 2 values in it",
                f"  fix: restore it with `git checkout HEAD -- {SEALED}`",
            ],
        )
        assert sealed.snapshot() == before
    sealed.git("checkout", "HEAD", "--", SEALED)
    assert sealed.run("init", "prod").lines[-1] == "prod is up to date; nothing changed"


def test_sealed_values_of_another_certificate_may_be_deleted_in_a_commit(sealed: WorkTree):
    (sealed.root / SEALED).unlink()
    (sealed.root / "environments/prod/sealing-cert.pem").unlink()
    sealed.git("commit", "--quiet", "--all", "--message", "Seal for another key")
    assert sealed.run("init", "prod").code == 0
    assert "encryptedData: {}\n" in sealed.read(SEALED)


def test_other_cluster_of_sealed_values_is_warned_of(sealed: WorkTree):
    moved = sealed.run("init", "prod", "--cluster", "edge")
    assert (moved.code, warnings(moved.lines)) == (
        0,
        [
            "warning: prod moves from cluster https://kubernetes.default.svc to edge: what runs in"
            " the old one stays there until you remove it, and the new one needs the key that its"
            " values are sealed for"
        ],
    )
    assert warnings(sealed.run("init", "prod", "--cluster", "edge").lines) == []


# what comes next


def test_next_steps_name_the_environment_where_there_are_several(
    tree: WorkTree, cert: tuple[str, str]
):
    first, second = tree.run("init", "prod", *cert), tree.run("init", "staging", *cert)
    write = "  write secrets.local.yaml (docs/examples/secrets.example.yaml shows its form)"
    seal = "  bootstrap seal secrets.local.yaml"
    assert first.lines[-5:] == ["next:", write, seal, PUSH, "  bootstrap up prod"]
    assert second.lines[-5:] == [
        "next:", write, f"{seal} --env staging", PUSH, "  bootstrap up staging",
    ]  # fmt: skip


def test_next_steps_of_an_environment_in_use_are_to_push_and_wait(sealed: WorkTree):
    ended = sealed.run("init", "prod", "--sync", "manual")
    assert ended.lines[-4:] == [f"updated: {APPLICATION}", "next:", PUSH, "  bootstrap wait prod"]


def test_starting_configuration_is_the_same_everywhere(tree: WorkTree, cert: tuple[str, str]):
    for name in ("prod", "staging"):
        assert tree.run("init", name, *cert).code == 0
    one, other = (tree.read(f"environments/{name}/agentsmith.yml") for name in ("prod", "staging"))
    assert one == other


def test_a_deleted_folder_is_restored_from_git_and_no_new_key_made(sealed: WorkTree):
    shutil.rmtree(sealed.root / "environments/prod")

    done = sealed.run("init", "prod", folder="helm")

    assert (done.code, done.lines) == (
        1,
        [
            "error: environments/prod/sealing-cert.pem is missing, but the last commit has it: prod"
            " would get another sealing key",
            "  fix: `git restore --source=HEAD -- ../environments/prod`; if another key is meant,"
            " commit the removal first",
        ],
    )
    assert not (sealed.root / "environments/prod").exists()
    sealed.git("restore", "--source=HEAD", "--", "environments/prod")
    assert sealed.run("init", "prod").lines[-1] == "prod is up to date; nothing changed"


def test_a_deleted_certificate_is_restored_alone(sealed: WorkTree):
    for name in ("sealing-cert.pem", "sealed-secret.yaml"):
        (sealed.root / "environments/prod" / name).unlink()

    done = sealed.run("init", "prod", "--dry-run")

    assert (done.code, done.lines[-1]) == (
        1,
        "  fix: `git restore --source=HEAD -- environments/prod/sealing-cert.pem`; if another key"
        " is meant, commit the removal first",
    )


def test_a_folder_whose_removal_is_committed_gets_a_new_key_and_says_so(sealed: WorkTree):
    shutil.rmtree(sealed.root / "environments/prod")
    sealed.git("commit", "--quiet", "--all", "--message", "Begin anew")
    commit = sealed.git("rev-parse", "--short=7", "HEAD").strip()

    done = sealed.run("init", "prod")

    assert done.code == 0
    assert done.lines[0] == (
        "warning: prod gets a new sealing key: environments/prod/sealing-cert.pem was removed by"
        f" commit {commit} (`git show {commit}` lists what else was)"
    )
