"""`bootstrap clusters`: the clusters that Argo CD knows, and who runs in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bootstrap.checkout.environments import load_environments
from bootstrap.cluster import Cluster
from bootstrap.cluster.argocd import KnownCluster
from bootstrap.constants import IN_CLUSTER
from bootstrap.environments.environment import Destination, Environment
from bootstrap.files.repository import Repository

_HOME = KnownCluster("in-cluster", IN_CLUSTER)


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """A cluster and the environments of this repository that go there."""

    name: str
    server: str
    environments: tuple[str, ...]
    known: bool = True
    """Whether Argo CD knows it; an environment may name one that it does not."""


def list_clusters(repository: Repository, connect: Callable[[], Cluster]) -> list[ClusterEntry]:
    """Return what Argo CD knows, its own cluster first, then what only environments speak of."""
    environments = load_environments(repository)
    found = connect().argocd.read_clusters()
    if all(item.server != IN_CLUSTER for item in found):
        found.append(_HOME)
    found.sort(key=lambda item: (item.server != IN_CLUSTER, item.name, item.server))
    entries = [
        ClusterEntry(
            item.name,
            item.server,
            tuple(env.name for env in environments if _goes_to(env.destination, item)),
        )
        for item in found
    ]
    return entries + _unknown(environments, found)


def _goes_to(destination: Destination, cluster: KnownCluster) -> bool:
    if destination.server:
        return destination.server == cluster.server.rstrip("/")
    return destination.name == cluster.name


def _unknown(
    environments: Sequence[Environment], known: Sequence[KnownCluster]
) -> list[ClusterEntry]:
    lost: dict[Destination, list[str]] = {}
    for environment in environments:
        if not any(_goes_to(environment.destination, item) for item in known):
            lost.setdefault(environment.destination, []).append(environment.name)
    return [
        ClusterEntry(where.name or "", where.server or "", tuple(names), known=False)
        for where, names in lost.items()
    ]
