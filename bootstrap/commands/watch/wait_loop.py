"""Waiting for Argo CD: one loop for everything that waits, with one list call a round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.checkout.clusters import Clusters
from bootstrap.cluster import Cluster
from bootstrap.environments.environment import Environment, Root
from bootstrap.errors import BootstrapError, UnavailableError
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.rollout.diagnose import Wanted, diagnose
from bootstrap.rollout.operation import is_synced
from bootstrap.rollout.verdict import State, Verdict

_POLL_SECONDS = 1.0
_REFRESH_SECONDS = 15.0
_GRACE_SECONDS = 20.0
"""How long the same trouble must last before it is an error: Argo CD gets over some by itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """An Application to wait for: what people call it, where its pods are, the commit wanted."""

    application: str
    title: str
    workloads: tuple[Cluster, str] | None
    """The cluster and namespace to look into for causes, None where we have no access."""
    commit: str
    root: Root
    environment: Environment | None = None
    """None for the root."""


@dataclass(slots=True)
class _Progress:
    """What was last said of a target, and since when its trouble lasts."""

    said: Verdict | None = None
    trouble: Verdict | None = None
    since: float = 0.0
    refreshed: float = float("-inf")
    done_after: float | None = None


def wait_until(
    targets: Sequence[Target],
    *,
    cluster: Cluster,
    is_descendant: Callable[[str, str], bool],
    timeout_seconds: float,
    clock: Clock,
    reporter: Reporter,
) -> dict[str, float]:
    """Return the seconds that each target took to be Synced and Healthy at its commit.

    The first target is the root Application: until it has applied what the wanted commit holds,
    the others may still be as they were before, and healthy as that.
    Raises BootstrapError that names the cause when one is stuck, has failed or is out of time.
    """
    progress = {target.application: _Progress() for target in targets}
    is_lost = False
    for look in looks(clock, timeout_seconds, pause=_POLL_SECONDS):
        try:
            _look_at_all(targets, progress, look.elapsed, cluster, is_descendant, reporter)
            is_lost = False
        except UnavailableError as error:
            # an API server may restart while we wait; one that never answered is a mistake
            has_answered = any(state.said for state in progress.values())
            if not has_answered or look.is_last:
                raise
            said = f"{error.message} ({look.elapsed:.0f} s)"
            reporter.progress("cluster", said, is_new=not is_lost)
            is_lost = True
        if all(state.done_after is not None for state in progress.values()):
            return {
                target.title: round(progress[target.application].done_after or 0.0, 1)
                for target in targets
            }
    raise _out_of_time(targets, progress, timeout_seconds)


def _look_at_all(
    targets: Sequence[Target],
    progress: Mapping[str, _Progress],
    elapsed: float,
    cluster: Cluster,
    is_descendant: Callable[[str, str], bool],
    reporter: Reporter,
) -> None:
    """Note how far every target is that is not done. Raises what `_note` does."""
    root = targets[0]
    applications = cluster.argocd.read_applications()
    applied = is_synced(
        applications.get(root.application), is_wanted=_at_or_after(root, is_descendant)
    )
    for target in targets:
        state = progress[target.application]
        if state.done_after is not None or (target is not root and not applied):
            continue
        verdict = _look(target, applications, is_descendant)
        _note(target, state, verdict, elapsed, reporter)
        if verdict.state is State.DONE:
            state.done_after = elapsed
        elif target.application in applications and elapsed - state.refreshed > _REFRESH_SECONDS:
            cluster.argocd.refresh(target.application)
            state.refreshed = elapsed


def targets_of(
    environments: Sequence[Environment], root: Root, commits: Mapping[str, str], clusters: Clusters
) -> list[Target]:
    """Return what to wait for: the root first, each at its commit ("" is the root's)."""
    targets = [Target(root.names.root, "root", None, commits[""], root)]
    for environment in environments:
        cluster = clusters.destination_of(environment)
        workloads = (cluster, environment.namespace) if cluster else None
        targets.append(
            Target(
                environment.application,
                environment.name,
                workloads,
                commits[environment.name],
                root,
                environment,
            )
        )
    return targets


def _at_or_after(
    target: Target, is_descendant: Callable[[str, str], bool]
) -> Callable[[str], bool]:
    return lambda commit: commit == target.commit or is_descendant(commit, target.commit)


def _look(
    target: Target,
    applications: Mapping[str, Mapping[str, Any]],
    is_descendant: Callable[[str, str], bool],
) -> Verdict:
    """Return how far it is; live objects are asked only where they may say more, or prove it."""
    wanted = Wanted(
        target.root, target.environment, target.commit, _at_or_after(target, is_descendant)
    )
    verdict = diagnose(applications, None, wanted)
    if target.workloads is None or not (verdict.is_vague or verdict.state is State.DONE):
        return verdict
    workloads, namespace = target.workloads
    try:
        objects = workloads.read_workloads(namespace)
    except BootstrapError as error:
        return _unread(verdict, error)
    return diagnose(applications, objects, wanted)


def _unread(verdict: Verdict, error: BootstrapError) -> Verdict:
    """Return what is known without the live objects: what they would prove is not proven."""
    if verdict.state is not State.DONE:
        return replace(verdict, message=f"{verdict.message}; {error.message}")
    # a right that is missing does not come by waiting, as an answer may
    state = State.WAITING if isinstance(error, UnavailableError) else State.STUCK
    return Verdict(state, error.message, error.hint)


def _note(
    target: Target, state: _Progress, verdict: Verdict, elapsed: float, reporter: Reporter
) -> None:
    """Say what is new, and raise when trouble has lasted too long."""
    said = f"{verdict.message} ({elapsed:.0f} s)"
    if verdict.state is State.DONE:
        reporter.step(f"{target.title}: {said}")
    else:
        is_new = state.said is None or not verdict.is_like(state.said)
        reporter.progress(target.title, said, is_new=is_new)
    state.said = verdict
    if verdict.state is State.FAILED:
        raise _error(target, verdict)
    if verdict.state is not State.STUCK:
        state.trouble = None
        return
    if state.trouble is None or not verdict.is_like(state.trouble):
        state.trouble, state.since = verdict, elapsed
    elif state.trouble.is_vague or not verdict.is_vague:
        state.trouble = verdict  # between two attempts less may be known of the same trouble
    if elapsed - state.since > _GRACE_SECONDS:
        raise _error(target, state.trouble)


def _error(target: Target, verdict: Verdict) -> BootstrapError:
    return BootstrapError(f"{target.title}: {verdict.message}", verdict.hint)


def _out_of_time(
    targets: Sequence[Target], progress: dict[str, _Progress], timeout_seconds: float
) -> BootstrapError:
    waiting, hint = [], ""
    for target in targets:
        state = progress[target.application]
        if state.done_after is None:
            said = state.said or Verdict(State.WAITING, "waiting for the root Application")
            waiting.append(f"{target.title}: {said.message}")
            hint = hint or said.hint
    go_on = "run this again to go on waiting, or give a longer --timeout"
    return BootstrapError(
        f"not there after {timeout_seconds:.0f} s: {'; '.join(waiting)}",
        f"{hint}; or {go_on}" if hint else f"Argo CD goes on by itself; {go_on}",
    )
