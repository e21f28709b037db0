"""How an environment is: what its Application says, judged against what Git wants; no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import Hold
from bootstrap.objects import mapping
from bootstrap.rollout.judge import judge
from bootstrap.rollout.verdict import State, Verdict

ANY_FILE = "the environment's values.yaml, agentsmith.yml or sealed-secret.yaml"
_FILES = (
    (r"SealedSecret |sealedSecret\.|no key could decrypt", "sealed-secret.yaml"),
    (r"config\.content|agentsmith\.yml", "agentsmith.yml"),
    (
        r"helm template|values don't meet|execution error|ErrImage|ImagePull|InvalidImageName"
        r"|OOMKilled|exceeded quota|no node takes it",
        "values.yaml",
    ),
)


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """What a person asks about an environment. None means that it is not known."""

    name: str
    namespace: str
    verdict: Verdict
    """How far it is on the way to what Git wants, and what to do where something is wrong."""
    file: str | None = None
    """The file to mend, where the trouble comes from one."""
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
    environment: Environment,
    application: Mapping[str, Any] | None,
    root: Mapping[str, Any] | None,
    *,
    wanted: str | None,
    is_wanted: Callable[[str], bool],
) -> EnvironmentStatus:
    """Return what `application` (None: there is none) says about `environment`.

    `is_wanted` tells of a revision whether it has what `wanted` has for this environment. Without
    `wanted`, as when the remote can't be asked, what Argo CD saw last will do.
    """
    status = mapping((application or {}).get("status"))
    automated, paused = environment.automated and not environment.paused, environment.paused
    if application is None:
        verdict = _absent(environment, root)
    else:
        automated, paused = _read_policy(application)
        verdict = (
            judge(application, is_wanted=is_wanted, wanted=wanted)
            if wanted
            else judge_as_compared(application)
        )
    return EnvironmentStatus(
        name=environment.name,
        namespace=environment.namespace,
        verdict=name_file(verdict, environment),
        file=_file(verdict, environment),
        sync=mapping(status.get("sync")).get("status"),
        health=mapping(status.get("health")).get("status"),
        automated=automated,
        paused=paused,
        running=running_revision(status),
        wanted=wanted,
        synced_at=_synced_at(status),
        images=tuple(sorted(mapping(status.get("summary")).get("images") or [])),
    )


def judge_as_compared(application: Mapping[str, Any]) -> Verdict:
    """Return how far `application` is on the way to the commit that Argo CD saw last."""
    sync = mapping(mapping(application.get("status")).get("sync"))
    revision = str(sync.get("revision") or "")
    return judge(application, is_wanted=lambda commit: commit == revision, wanted=revision)


def needs_a_look(status: EnvironmentStatus) -> bool:
    """Tell whether the live objects may say more than the Application does.

    Argo CD notes the images of an Application some time after it is Healthy.
    """
    return status.sync is not None and (status.health != "Healthy" or not status.images)


def explained(
    verdict: Verdict, causes: Sequence[Verdict], environment: Environment
) -> tuple[Verdict, str | None]:
    """Return the verdict that a person needs, with the file to mend: the cause where one is known.

    What Argo CD can't even render or apply comes first: live objects are of an earlier commit.
    """
    if causes and (verdict.state is State.WAITING or verdict.is_vague):
        verdict = causes[0]
    return name_file(verdict, environment), _file(verdict, environment)


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


def _absent(environment: Environment, root: Mapping[str, Any] | None) -> Verdict:
    if root is None:
        return Verdict(
            State.WAITING, "not applied yet", f"start it with `bootstrap up {environment.name}`"
        )
    above = judge_as_compared(root)
    if above.state in {State.STUCK, State.FAILED}:
        return Verdict(above.state, f"the root Application: {above.message}", above.hint)
    return Verdict(
        State.WAITING,
        "Argo CD has not created its Application yet",
        f"push {environment.application_path}, or run `bootstrap up {environment.name}`",
    )


def _file(verdict: Verdict, environment: Environment) -> str | None:
    if verdict.state is State.DONE or not verdict.hint:
        return None
    return file_at_fault(verdict.message, environment)


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


def file_at_fault(message: str, environment: Environment) -> str | None:
    """Return the file (relative to the root) to mend, None where the message points to none."""
    named = re.search(rf"{re.escape(environment.folder)}/([\w.-]*\w)", message)
    if named:
        return environment.path(named[1])
    for pattern, file in _FILES:
        if re.search(pattern, message):
            return environment.path(file)
    return None


def name_file(verdict: Verdict, environment: Environment) -> Verdict:
    """Return `verdict` with a hint that names the file to mend by its path, where there is one."""
    file = file_at_fault(verdict.message, environment)
    if not verdict.hint or file is None or file in verdict.hint:
        return verdict
    plain = file.rpartition("/")[2]
    for words in (ANY_FILE, plain):
        if words in verdict.hint:
            return replace(verdict, hint=verdict.hint.replace(words, file, 1))
    return replace(verdict, hint=f"{verdict.hint} ({file})")
