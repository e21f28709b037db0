"""`bootstrap diff`: what a push would change, or how two states of an environment differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.checkout.environments import load_application, load_environments, require_application
from bootstrap.checkout.session import Session
from bootstrap.commands.preview.at_commit import at_commit, find_commit
from bootstrap.commands.preview.diff_live import compare_live
from bootstrap.commands.seal.check import State
from bootstrap.commands.seal.check import check as check_sealed
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.helm import Helm
from bootstrap.manifests.diff import Key, ObjectDiff, by_key, compare
from bootstrap.manifests.renamespace import count_unknown, move_object
from bootstrap.manifests.rendered import parse_objects

LIVE = "live"
_WORK_TREE = "work tree"
Objects = list[dict[str, Any]]
_OTHERWISE = "`git fetch` it first, or say `live`"


@dataclass(frozen=True, slots=True)
class DiffResult:
    """How the environment differs from what it was held against."""

    environment: Environment
    against: str
    diffs: tuple[ObjectDiff, ...]
    problems: tuple[str, ...]
    """What would go wrong though it renders: values that can't be unsealed there."""
    unknown: int = 0
    """How many sealed values both have, of which nobody can tell whether they are the same."""


def diff(
    name: str,
    against: str,
    session: Session,
    *,
    helm: Callable[[str | None], Helm],
) -> DiffResult:
    """Hold environment `name`, as the work tree has it, against `against`.

    That is `live` (the cluster, by server-side dry run), another environment, or a revision.
    `helm` gives the user's Helm for a version of Kubernetes.
    """
    repository, git, now = session.repository, session.git, session.now()
    application = require_application(repository, name)
    environment = application.environment
    problems = sealing_problems(environment, load_environments(repository), repository, now)
    if against == LIVE:
        diffs = compare_live(application, session, helm=helm)
        return DiffResult(environment, LIVE, tuple(diffs), problems)
    is_environment = against in repository.applications()
    commit = "" if is_environment else find_commit(against, git, otherwise=_OTHERWISE)
    here = _render(application, repository, helm(None))
    if is_environment:
        other = require_application(repository, against)
        namespace, old = environment.namespace, other.environment.namespace
        ours = _by_role(here, namespace, namespace)
        theirs = _by_role(_render(other, repository, helm(None)), old, namespace)
        moved = {
            key: move_object(item, ours[key], old=old, new=namespace) if key in ours else item
            for key, item in theirs.items()
        }
        unknown = sum(count_unknown(item, ours[key]) for key, item in theirs.items() if key in ours)
        diffs = compare(moved, ours, old_name=against, new_name=name)
        return DiffResult(environment, against, tuple(diffs), problems, unknown)
    there = _render_commit(name, commit, against, git, helm(None))
    return against_revision(environment, against, there, here, problems)


def against_revision(
    environment: Environment,
    revision: str,
    before: Objects,
    after: Objects,
    problems: tuple[str, ...],
) -> DiffResult:
    """Return how `after`, the work tree's objects, differ from those of `revision`."""
    namespace = environment.namespace
    diffs = compare(
        by_key(before, namespace), by_key(after, namespace), old_name=revision, new_name=_WORK_TREE
    )
    return DiffResult(environment, revision, tuple(diffs), problems)


def _render(application: ApplicationFile, repository: Repository, helm: Helm) -> Objects:
    return parse_objects(helm.render(repository.root, application.helm_source()))


def _by_role(items: Objects, own: str, shown: str) -> dict[Key, Mapping[str, Any]]:
    """Return the objects by what they are to an environment whose `own` namespace that is."""
    return {
        (
            group,
            kind,
            "" if namespace == own else namespace,
            shown if (group, kind, name) == ("", "Namespace", own) else name,
        ): item
        for (group, kind, namespace, name), item in by_key(items, own).items()
    }


def _render_commit(name: str, commit: str, revision: str, git: Git, helm: Helm) -> Objects:
    """Return what `commit` has of the environment; it may not have it yet."""
    with at_commit(git, commit, [name]) as old:
        application = load_application(old, name)
        try:
            return [] if application is None else _render(application, old, helm)
        except BootstrapError as error:
            raise older(revision, error) from None


def older(revision: str, error: BootstrapError) -> BootstrapError:
    """Return an error of an earlier revision's files as that."""
    return BootstrapError(f"at {revision}: {error.message}", error.hint)


def sealing_problems(
    environment: Environment,
    everyone: Sequence[Environment],
    repository: Repository,
    now: datetime,
) -> tuple[str, ...]:
    """Return what of the sealed file surely can't be unsealed where it goes."""
    result = check_sealed(
        environment,
        others=everyone,
        repository=repository,
        now=now,
        controller=None,
    )
    wrong: dict[str, list[str]] = {}
    for value in result.values:
        if value.state is State.WRONG:
            wrong.setdefault(value.reason, []).append(value.key)
    return (
        *(f"{result.path}: {problem}" for problem in result.problems),
        *(f"{result.path}: {', '.join(keys)}: {reason}" for reason, keys in wrong.items()),
    )
