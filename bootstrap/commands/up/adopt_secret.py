"""`bootstrap up --adopt-secret`: a Secret that is there already becomes the controller's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bootstrap.checkout.taken_secrets import look_for_taken
from bootstrap.cluster import Cluster
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.protocols import Reporter
from bootstrap.sealing.taken import Taken


def check_secrets(
    groups: Sequence[tuple[Cluster, Sequence[Environment]]],
    repository: Repository,
    *,
    adopt: Callable[[str], None] | None,
    reporter: Reporter,
) -> list[tuple[Cluster, Taken]]:
    """Return the Secrets to hand over, after asking about those that would lose keys.

    `adopt` raises unless the user agrees to what it is told; without it each Secret in the way is
    an error, as is one that can't be handed over.
    """
    found: list[tuple[Cluster, Taken]] = []
    for cluster, environments in groups:
        for environment in environments:
            try:
                taken = look_for_taken(environment, cluster, repository)
            except BootstrapError as error:
                if adopt is not None:
                    raise
                reporter.warn(
                    f"{error.message}; so nobody looked whether namespace {environment.namespace}"
                    " has the Secret already"
                )
                continue
            if taken is not None:
                found.append((cluster, taken))
    for _cluster, taken in found:
        if adopt is None or taken.obstacle:
            raise BootstrapError(taken.message, taken.hint)
    for _cluster, taken in found:
        if adopt is not None and taken.lost:
            adopt(
                f"Secret {taken.namespace}/{taken.name} loses {', '.join(taken.lost)}, which are"
                " not sealed"
            )
    if adopt is not None and not found:
        reporter.step("no Secret to adopt: none is there that is not the controller's")
    return found


def hand_over(found: Sequence[tuple[Cluster, Taken]], reporter: Reporter) -> list[Cluster]:
    """Give the Secrets to the controllers; return the clusters whose controller gave up on one."""
    restart: list[Cluster] = []
    for cluster, taken in found:
        cluster.sealed.hand_over(taken.namespace, taken.name)
        reporter.step(
            f"Secret {taken.namespace}/{taken.name} given to the controller, which takes it over"
        )
        if cluster not in restart and cluster.sealed.is_given_up(taken.namespace, taken.name):
            restart.append(cluster)
    return restart
