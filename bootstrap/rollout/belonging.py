"""Whether anybody follows what Git has, and whose an Application is: asked before how it is."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.argocd.ownership import (
    Claim,
    Objects,
    foreign_application,
    foreign_root,
    is_being_deleted,
    repository_of,
)
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import same_repository
from bootstrap.objects import mapping
from bootstrap.rollout.verdict import State, Verdict

_MOVED = (
    "if they are two repositories, `bootstrap rename NAME` gives this one names of its own; if it"
    " is one that moved, `bootstrap up --adopt`"
)


def judge_root(applications: Objects, root: Root) -> Verdict | None:
    """Return why argocd/applications is followed by nobody, None where it is, or never was."""
    name = root.names.root
    claim = foreign_root(applications, root)
    if claim is not None:
        return _foreign(claim, root)
    live = applications.get(name)
    if live is not None and is_being_deleted(live):
        return _deleted(name)
    if live is None and any(_are_ours(applications, root)):
        return Verdict(
            State.STUCK,
            f"Argo CD has no Application {name}, so nobody follows what is pushed: new"
            " environments, removals and changed settings do not come",
            "`bootstrap up` gives it back; the environments stay as they are",
        )
    return None


def judge_belonging(applications: Objects, root: Root, environment: Environment) -> Verdict | None:
    """Return why the Application of `environment` is not for us to judge, None if it is."""
    claim = foreign_application(applications, root, environment)
    if claim is not None:
        return _foreign(claim, root)
    live = applications.get(environment.application)
    if live is not None and is_being_deleted(live):
        return _deleted(environment.application)
    return None


def _foreign(claim: Claim, root: Root) -> Verdict:
    return Verdict(State.FAILED, claim.message(root.url), _MOVED, is_foreign=True)


def _deleted(name: str) -> Verdict:
    return Verdict(
        State.STUCK,
        f"Application {name} is being deleted, and what it made with it",
        f"find out who deleted it: `kubectl -n argocd get application {name} -o yaml`; what Git"
        " has comes back by `bootstrap up` once it is gone",
    )


def _are_ours(applications: Objects, root: Root) -> Iterator[bool]:
    for live in applications.values():
        url = repository_of(live)
        in_project = mapping(live.get("spec")).get("project") == root.names.project
        yield in_project and (url is None or same_repository(url, root.url))
