"""Whether an environment's Secret is there already and not the controller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bootstrap.checkout.environment_files import load_sealed
from bootstrap.environments.environment import Environment
from bootstrap.files.repository import Repository
from bootstrap.sealing.taken import Taken, find_taken

if TYPE_CHECKING:
    from bootstrap.cluster import Cluster


def look_for_taken(
    environment: Environment, cluster: Cluster, repository: Repository
) -> Taken | None:
    """Return what stands where the controller in `cluster` is to make the Secret, if anything."""
    sealed = load_sealed(environment, repository)
    present = cluster.sealed.read_secret(environment.namespace, sealed.name)
    return find_taken(present, sealed, environment.name)
