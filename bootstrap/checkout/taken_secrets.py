"""Which Secrets of the environments are there already and not the controller's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bootstrap.checkout.environment_files import load_sealed
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository
from bootstrap.sealing.taken import Taken, find_taken

if TYPE_CHECKING:
    from bootstrap.cluster import Cluster


def look_for_taken(
    environments: Sequence[Environment], cluster: Cluster, repository: Repository
) -> Iterator[Taken]:
    """Yield what stands where the controller in `cluster` is to make a Secret."""
    for environment in environments:
        sealed = load_sealed(environment, repository)
        present = cluster.sealed.read_secret(environment.namespace, sealed.name)
        taken = find_taken(present, sealed, environment.name)
        if taken is not None:
            yield taken
