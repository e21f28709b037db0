"""`up --adopt`: what may be taken over, and what is asked before."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.argocd.ownership import Claim
from bootstrap.checkout.ownership import Live, find_claims
from bootstrap.commands.up.adopt import adopt
from bootstrap.environments.environment import Destination, Environment, Root
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from tests.unit.commands.watch.test_wait_loop import Log
from tests.unit.work_tree import ORIGIN, WorkTree

OLD = "https://old.example.com/team/agents.git"
ROOT = Root(ORIGIN, "main")
PROD = Environment(
    "prod", "agentsmith-prod", ORIGIN, "main", Destination(server="https://kubernetes.default.svc")
)


def application(name: str, commit: str, url: str = OLD, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, **metadata},
        "spec": {"project": "agentsmith", "source": {"repoURL": url}},
        "status": {"sync": {"revision": commit}},
    }


class Asked:
    def __init__(self, *, agrees: bool = True) -> None:
        self.about: list[str] = []
        self._agrees = agrees

    def __call__(self, old: str) -> None:
        self.about.append(old)
        if not self._agrees:
            raise BootstrapError("nothing was taken over", "run it again if you mean it")


def run(tree: WorkTree, *applications: dict[str, Any], asked: Asked | None = None) -> list[str]:
    live = Live({item["metadata"]["name"]: item for item in applications}, None)
    claims = find_claims(ROOT, [PROD], live) or [Claim("AppProject agentsmith", OLD)]
    log = Log()
    adopt(
        claims, live, ROOT, [PROD], commit=head(tree), git=Git(tree.root),
        confirm=asked or Asked(), reporter=log,
    )  # fmt: skip
    return log.lines


def head(tree: WorkTree) -> str:
    return tree.git("rev-parse", "HEAD").strip()


def test_what_moved_is_shown_and_asked_about(tree: WorkTree) -> None:
    first = head(tree)
    tree.git("commit", "--quiet", "--allow-empty", "--message=Later")
    asked = Asked()

    lines = run(
        tree, application("agentsmith-root", first), application("agentsmith-prod", first),
        asked=asked,
    )  # fmt: skip

    assert lines == [
        f"Application agentsmith-root: {OLD} -> {ORIGIN}",
        f"Application agentsmith-prod: {OLD} -> {ORIGIN}",
    ]
    assert asked.about == [OLD]


def test_who_does_not_agree_takes_nothing_over(tree: WorkTree) -> None:
    with pytest.raises(BootstrapError, match="nothing was taken over"):
        run(tree, application("agentsmith-root", head(tree)), asked=Asked(agrees=False))


def test_a_history_that_is_not_ours_is_another_repository(tree: WorkTree) -> None:
    asked = Asked()
    for commit, what in (("b" * 40, "commit bbbbbbb, which agentsmith-root is at,"),
                         ("", "what agentsmith-root is at")):  # fmt: skip
        with pytest.raises(BootstrapError) as refused:
            run(tree, application("agentsmith-root", commit), asked=asked)
        assert refused.value.message == (
            f"{what} is not in the history of what is pushed here, so nothing shows that {OLD} is"
            " this repository under its old address"
        )
        assert "bootstrap rename NAME" in refused.value.hint
    assert asked.about == []


def test_what_would_be_deleted_is_named(tree: WorkTree) -> None:
    with pytest.raises(BootstrapError) as refused:
        run(
            tree, application("agentsmith-root", head(tree)),
            application("agentsmith-dev", head(tree)),
        )  # fmt: skip
    assert refused.value.message == (
        f"Argo CD has of {OLD} what this repository has not, and would delete it: agentsmith-dev"
    )


def test_two_old_addresses_are_two_repositories(tree: WorkTree) -> None:
    other = "https://third.example.com/x/y.git"
    with pytest.raises(BootstrapError) as refused:
        run(
            tree, application("agentsmith-root", head(tree)),
            application("agentsmith-prod", head(tree), other),
        )  # fmt: skip
    assert refused.value.message == (
        f"--adopt takes over one repository, and there are two: {OLD} and {other}"
    )


def test_what_is_being_deleted_is_not_taken_over(tree: WorkTree) -> None:
    going = application("agentsmith-root", head(tree), deletionTimestamp="2026-01-01T00:00:00Z")
    with pytest.raises(BootstrapError, match="agentsmith-root is being deleted"):
        run(tree, going)


def test_a_project_alone_proves_nothing(tree: WorkTree) -> None:
    with pytest.raises(BootstrapError, match="so nothing shows that it is this repository"):
        run(tree)
