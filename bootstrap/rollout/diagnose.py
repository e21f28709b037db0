"""How far something is on the way to what Git wants, and why it is not there: the one judge.

`wait`, `up`, `status`, `history`, `destroy` and `up --install` all ask here, so what one says of a
live state another says too. No I/O. Facts that the order of the questions rests on: live objects
are of the wanted release only once Argo CD has applied it; and since Argo CD 3 the health of single
resources is not in the Application.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.argocd.ownership import Objects as Applications
from bootstrap.constants import SHORT_COMMIT
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.names import ENVIRONMENT_LABEL
from bootstrap.objects import mapping
from bootstrap.rollout.belonging import judge_belonging, judge_root
from bootstrap.rollout.comparison import find_broken, find_unsynced
from bootstrap.rollout.files import Files, files_of
from bootstrap.rollout.health import explain
from bootstrap.rollout.operation import Objects, has_succeeded, judge_operation
from bootstrap.rollout.release import settled
from bootstrap.rollout.verdict import State, Verdict


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be there: an environment, or without one the root, at a commit."""

    root: Root
    environment: Environment | None = None
    commit: str | None = None
    """None where it is not known: what Argo CD saw last will do."""
    is_wanted: Callable[[str], bool] = bool
    """Tells of a revision whether it has what `commit` has; not asked without one."""

    @property
    def application(self) -> str:
        """The name of the Application that brings it."""
        return self.environment.application if self.environment else self.root.names.root


def diagnose(applications: Applications, objects: Objects, wanted: Wanted) -> Verdict:
    """Return how far `wanted` is, by the live Applications and the live objects of its namespace.

    Each question is asked only where the ones before it have no answer: whose the Application is,
    whether it is there, whether Argo CD can compare it with Git, has seen the wanted commit, and
    could sync it, and how the objects of that release are. Without `objects` (None: nobody looked)
    the verdict is vague where they may say more.
    """
    found = (
        judge_belonging(applications, wanted.root, wanted.environment)
        if wanted.environment
        else judge_root(applications, wanted.root)
    )
    if found is not None:
        return found
    application = applications.get(wanted.application)
    if application is None:
        return _absent(applications, wanted)
    return judge(
        application,
        objects,
        commit=wanted.commit,
        is_wanted=wanted.is_wanted,
        files=files_of(wanted.environment),
    )


def judge(
    application: Mapping[str, Any],
    objects: Objects,
    *,
    commit: str | None,
    is_wanted: Callable[[str], bool],
    files: Files,
) -> Verdict:
    """Return what `diagnose` does of an Application that is there, and ours."""
    status = mapping(application.get("status"))
    revision = str(mapping(status.get("sync")).get("revision") or "")
    if commit is None:
        commit, is_wanted = revision, lambda seen: seen == revision
    return (
        find_broken(application, files)
        or _judge_seen(revision, commit, is_wanted)
        or judge_operation(status, is_wanted, objects, files)
        or find_unsynced(application, files)
        or _judge_sync(application, objects, is_wanted, files)
        or _judge_health(status, objects, files)
    )


def _absent(applications: Applications, wanted: Wanted) -> Verdict:
    environment = wanted.environment
    if environment is None:
        return Verdict(State.WAITING, "waiting for Argo CD to create the Application")
    if wanted.root.names.root not in applications:
        return Verdict(
            State.WAITING, "not applied yet", f"start it with `bootstrap up {environment.name}`"
        )
    above = diagnose(applications, None, Wanted(wanted.root))
    if above.is_trouble:
        return replace(above, message=f"the root Application: {above.message}", is_foreign=False)
    return Verdict(
        State.WAITING,
        "Argo CD has not created its Application yet",
        f"push {environment.application_path}, or run `bootstrap up {environment.name}`",
    )


def _judge_seen(revision: str, commit: str, is_wanted: Callable[[str], bool]) -> Verdict | None:
    """Return that the wanted commit was not compared yet: what runs is of another, ill or not."""
    if revision and is_wanted(revision):
        return None
    seen = f"at {revision[:SHORT_COMMIT]}" if revision else "not compared yet"
    return Verdict(
        State.WAITING,
        f"{seen}, waiting for Argo CD to see {commit[:SHORT_COMMIT] or 'the repository'}",
    )


def _judge_sync(
    application: Mapping[str, Any],
    objects: Objects,
    is_wanted: Callable[[str], bool],
    files: Files,
) -> Verdict | None:
    status = mapping(application.get("status"))
    sync = str(mapping(status.get("sync")).get("status", "Unknown"))
    if sync == "Synced":
        return None
    policy = mapping(mapping(application.get("spec")).get("syncPolicy"))
    automated = policy.get("automated")
    metadata = mapping(application.get("metadata"))
    name = str(metadata.get("name"))
    environment = mapping(metadata.get("labels")).get(ENVIRONMENT_LABEL)
    if sync == "OutOfSync" and not isinstance(automated, Mapping):
        return Verdict(
            State.FAILED,
            "OutOfSync, and its sync is manual",
            f"start it with `argocd app sync {name}`, then run this again",
        )
    if sync == "OutOfSync" and mapping(automated).get("enabled") is False:
        return Verdict(
            State.FAILED,
            "OutOfSync, and its sync is paused",
            f"end that with `bootstrap resume {environment or name.partition('-')[2]} --push`",
        )
    # something was changed since, by hand or by a webhook, in what is of the wanted release
    is_vague = has_succeeded(status, is_wanted) and _health(status) != "Healthy"
    waiting = Verdict(State.WAITING, sync, is_vague=is_vague)
    return _explained(waiting, objects, files) if is_vague else waiting


def _judge_health(status: Mapping[str, Any], objects: Objects, files: Files) -> Verdict:
    """Return how what Argo CD applied is; the objects know why it is not well, or that is old."""
    health = _health(status)
    if health == "Healthy":
        if objects is None or settled(objects):
            return Verdict(State.DONE, "Synced and Healthy")
        return Verdict(State.WAITING, "Synced, waiting for controllers to see the latest change")
    if health == "Degraded":
        ill = Verdict(
            State.STUCK,
            "Synced, but Degraded",
            "look at its resources in the Argo CD UI",
            is_vague=True,
        )
        return _explained(ill, objects, files)
    return _explained(Verdict(State.WAITING, f"Synced, {health}", is_vague=True), objects, files)


def _explained(verdict: Verdict, objects: Objects, files: Files) -> Verdict:
    """Return the first cause among the objects of the release, else what is known without."""
    causes = [] if objects is None else explain(objects, files)
    return causes[0] if causes else verdict


def _health(status: Mapping[str, Any]) -> str:
    return str(mapping(status.get("health")).get("status", "Unknown"))
