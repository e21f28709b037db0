"""The end of an environment's namespace: deleted if it is ours, and proof of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bootstrap.cluster import Cluster
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping, one_line
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.rollout.leftovers import Leftovers, sort_out, why_namespace_stays

_POLL_SECONDS = 1.0
_GRACE_SECONDS = 30.0
"""How long the garbage collector may take for what belonged to deleted objects."""
_SHOWN = 5


class End(StrEnum):
    """What became of a namespace."""

    GONE = "gone"
    DELETED = "deleted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class NamespaceEnd:
    """What became of it, and where it stays: why, and what others have in it."""

    name: str
    end: End
    reason: str = ""
    foreign: tuple[str, ...] = ()


def end_namespace(
    environment: Environment,
    cluster: Cluster,
    *,
    job_namespace: str,
    timeout_seconds: float,
    clock: Clock,
    reporter: Reporter,
) -> NamespaceEnd:
    """Delete the namespace if Argo CD made it for this environment and nobody else is in it.

    Returns only when the API server has no object of the environment in it any more, nor in
    `job_namespace`, which is never deleted; raises BootstrapError that names what is left.
    """
    name, deleted = environment.namespace, False
    if job_namespace != name:
        _see_it_free(environment, job_namespace, cluster, timeout_seconds, clock)
    for look in looks(clock, timeout_seconds, pause=_POLL_SECONDS):
        namespace = cluster.namespaces.read(name)
        if namespace is None:
            return NamespaceEnd(name, End.DELETED if deleted else End.GONE)
        if namespace["metadata"].get("deletionTimestamp"):
            deleted = True
            if look.is_last:
                raise _never_ends(name, namespace)
        else:
            left = sort_out(cluster.namespaces.objects(name))
            reason = why_namespace_stays(namespace, environment)
            if not reason and not left.foreign:
                reporter.step(
                    f"deleting namespace {name}, which Argo CD made for {environment.name}"
                )
                cluster.namespaces.delete(name, namespace["metadata"]["uid"])
                deleted = True
            elif not left.ours:
                return _kept(name, reason, left)
            elif look.elapsed > min(_GRACE_SECONDS, timeout_seconds):
                stays = reason or f"others have objects in it too: {_few(left.foreign)}"
                raise _left_over(
                    environment, name, left, f"; the namespace itself stays, as {stays}"
                )
    raise _never_ends(name, namespace or {})


def _see_it_free(
    environment: Environment, name: str, cluster: Cluster, timeout_seconds: float, clock: Clock
) -> None:
    """Wait until nothing of the environment is in the namespace of its agent Jobs."""
    for look in looks(clock, min(_GRACE_SECONDS, timeout_seconds), pause=_POLL_SECONDS):
        left = sort_out(cluster.namespaces.objects(name))
        if not left.ours:
            return
        if look.is_last:
            raise _left_over(environment, name, left)


def _kept(name: str, reason: str, left: Leftovers) -> NamespaceEnd:
    others = f"others have objects in it: {_few(left.foreign)}"
    return NamespaceEnd(name, End.KEPT, reason or others, left.foreign)


def _left_over(
    environment: Environment, name: str, left: Leftovers, more: str = ""
) -> BootstrapError:
    return BootstrapError(
        f"namespace {name} still has of {environment.name}: {_few(left.ours)}",
        f"delete them, then run this again{more}",
    )


def _never_ends(name: str, namespace: Mapping[str, Any]) -> BootstrapError:
    conditions = mapping(namespace.get("status")).get("conditions") or []
    why = "; ".join(
        one_line(str(item.get("message", "")))
        for item in conditions
        if item.get("status") == "True"
    )
    return BootstrapError(
        f"namespace {name} is being deleted and does not end: {why or 'no reason given'}",
        "mend what it names (often a finalizer), then run this again",
    )


def _few(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
