"""Which cluster an environment runs in, and the connection that leads there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bootstrap.errors import BootstrapError

if TYPE_CHECKING:
    from bootstrap.cluster import Cluster
    from bootstrap.environments.environment import Environment


class Clusters:
    """The cluster that Argo CD runs in, and the one other that the user named, if any.

    Each is connected to when it is first needed, and once.
    """

    def __init__(
        self, connect: Callable[[], Cluster], connect_other: Callable[[], Cluster] | None = None
    ) -> None:
        """Connect to nothing yet."""
        self._connect = functools.cache(connect)
        self._connect_other = functools.cache(connect_other) if connect_other else None

    def argocd(self) -> Cluster:
        """Return the cluster that Argo CD runs in."""
        return self._connect()

    def has(self, environment: Environment) -> bool:
        """Tell whether we know a way to the cluster of `environment`; nothing is connected to."""
        return environment.destination.in_cluster or self._connect_other is not None

    def destination_of(self, environment: Environment) -> Cluster | None:
        """Return the cluster that `environment` runs in, None where we know no way to it."""
        if environment.destination.in_cluster:
            return self.argocd()
        return self._connect_other() if self._connect_other else None

    def divide(
        self, environments: Sequence[Environment], command: str
    ) -> list[tuple[Cluster, list[Environment]]]:
        """Return each cluster with those that run in it, Argo CD's first, as far as we know a way.

        Raises BootstrapError where the one other cluster would stand for two: a private key could
        go to the wrong one. `command` is what to run for one environment.
        """
        here = [item for item in environments if item.destination.in_cluster]
        away = [item for item in environments if not item.destination.in_cluster and self.has(item)]
        if len({item.destination for item in away}) > 1:
            raise BootstrapError(
                "the environments run in more than one other cluster, and --destination-context"
                " names one",
                f"name one environment: `bootstrap {command} {away[0].name} --destination-context"
                " CONTEXT`",
            )
        groups = [(self.destination_of(members[0]), members) for members in (here, away) if members]
        return [(cluster, members) for cluster, members in groups if cluster is not None]
