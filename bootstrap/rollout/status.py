"""How an environment is: what its Application says, judged against what Git wants; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bootstrap.argocd.ownership import Objects as Applications
from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import Hold
from bootstrap.objects import mapping
from bootstrap.rollout.diagnose import Wanted, diagnose
from bootstrap.rollout.verdict import State, Verdict


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """What a person asks about an environment. None means that it is not known."""

    name: str
    namespace: str
    verdict: Verdict
    """How far it is on the way to what Git wants, and what to do where something is wrong."""
    sync: str | None = None
    health: str | None = None
    automated: bool = True
    paused: bool = False
    """Whether its sync is automated, but turned off for a while."""
    running: str | None = None
    """The commit that the live objects are of."""
    wanted: str | None = None
    """The commit that the remote has; `running` may be an older one with the same content."""
    synced_at: datetime | None = None
    images: tuple[str, ...] = ()
    sealed_keys: int | None = None
    certificate_ends: datetime | None = None
    jobs: int | None = None
    """How many agent Jobs run."""
    hold: Hold | None = None
    """What a rollback left in the files here."""
    log: tuple[str, ...] = ()
    """The last lines of a container that crashes, without what could be a secret."""

    @property
    def is_fine(self) -> bool:
        """Whether it is Synced and Healthy at the wanted commit."""
        return self.verdict.state is State.DONE and self.wanted is not None


def read_status(
    environment: Environment, applications: Applications, wanted: Wanted
) -> EnvironmentStatus:
    """Return what the live Applications say about `environment`, which is `wanted`.

    Of an Application that another repository has, nothing but that is told.
    """
    verdict = diagnose(applications, None, wanted)
    application = None if verdict.is_foreign else applications.get(environment.application)
    status = mapping((application or {}).get("status"))
    automated, paused = environment.automated and not environment.paused, environment.paused
    if application is not None:
        automated, paused = _read_policy(application)
    return EnvironmentStatus(
        name=environment.name,
        namespace=environment.namespace,
        verdict=verdict,
        sync=mapping(status.get("sync")).get("status"),
        health=mapping(status.get("health")).get("status"),
        automated=automated,
        paused=paused,
        running=running_revision(status),
        wanted=wanted.commit,
        synced_at=_synced_at(status),
        images=tuple(sorted(mapping(status.get("summary")).get("images") or [])),
    )


def needs_a_look(status: EnvironmentStatus) -> bool:
    """Tell whether the live objects may say more than the Application does.

    Argo CD notes the images of an Application some time after it is Healthy.
    """
    return status.sync is not None and (status.health != "Healthy" or not status.images)


def running_revision(status: Mapping[str, Any]) -> str | None:
    """Return the commit that live objects are of, by the status of an Application.

    `sync.revision` is what was last compared: what runs is of that only where nothing differs.
    """
    sync = mapping(status.get("sync"))
    if sync.get("status") == "Synced" and sync.get("revision"):
        return str(sync["revision"])
    history = status.get("history") or []
    return str(history[-1].get("revision") or "") or None if history else None


def parse_time(text: object) -> datetime | None:
    """Return a moment as Kubernetes writes it, None for anything else."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _read_policy(application: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether its sync is automated, and whether it would be but for a pause."""
    policy = mapping(mapping(application.get("spec")).get("syncPolicy")).get("automated")
    paused = isinstance(policy, Mapping) and policy.get("enabled") is False
    return isinstance(policy, Mapping) and not paused, paused


def _synced_at(status: Mapping[str, Any]) -> datetime | None:
    operation = mapping(status.get("operationState"))
    if operation.get("phase") == "Succeeded" and operation.get("finishedAt"):
        return parse_time(operation["finishedAt"])
    history = status.get("history") or []
    return parse_time(history[-1].get("deployedAt")) if history else None
