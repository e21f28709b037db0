"""Which cluster an environment runs in, by what its file and the command line say."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from bootstrap.checkout.clusters import Clusters
from bootstrap.cluster import Cluster
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.errors import BootstrapError
from tests.unit.work_tree import ORIGIN

HOME = cast(Cluster, object())
OTHER = cast(Cluster, object())


def environment(name: str, cluster: str | None = None) -> Environment:
    return Environment(name, f"agentsmith-{name}", ORIGIN, "main", parse_destination(cluster))


PROD, STAGING = environment("prod"), environment("staging")
EDGE, FAR = environment("edge", "edge-1"), environment("far", "https://far.example.com")


class Connecting:
    """Connects to the two clusters, and counts it."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def to(self, name: str, cluster: Cluster) -> Callable[[], Cluster]:
        def connect() -> Cluster:
            self.made.append(name)
            return cluster

        return connect

    def clusters(self, *, other: bool = True) -> Clusters:
        return Clusters(self.to("home", HOME), self.to("other", OTHER) if other else None)


def test_each_environment_is_in_the_cluster_that_its_file_names() -> None:
    clusters = Connecting().clusters()

    assert [clusters.destination_of(item) for item in (PROD, EDGE, STAGING)] == [HOME, OTHER, HOME]


def test_an_environment_elsewhere_has_no_cluster_where_none_was_named() -> None:
    clusters = Connecting().clusters(other=False)

    assert [clusters.destination_of(item) for item in (PROD, EDGE)] == [HOME, None]
    assert [clusters.has(item) for item in (PROD, EDGE)] == [True, False]
    assert clusters.divide([EDGE, PROD, FAR], "up") == [(HOME, [PROD])]


def test_nothing_is_connected_to_before_it_is_needed_and_nothing_twice() -> None:
    connecting = Connecting()
    clusters = connecting.clusters()

    assert (clusters.has(PROD), clusters.has(EDGE), connecting.made) == (True, True, [])
    clusters.divide([EDGE], "up")
    assert connecting.made == ["other"]
    clusters.divide([PROD, EDGE, STAGING], "up")
    assert (clusters.argocd(), connecting.made) == (HOME, ["other", "home"])


def test_a_connection_that_failed_is_tried_again() -> None:
    answers = iter([BootstrapError("no cluster", "check it"), None])

    def connect() -> Cluster:
        error = next(answers)
        if error:
            raise error
        return HOME

    clusters = Clusters(connect)
    with pytest.raises(BootstrapError):
        clusters.argocd()

    assert clusters.argocd() is HOME


def test_environments_are_divided_by_their_cluster_that_of_argocd_first() -> None:
    clusters = Connecting().clusters()

    assert clusters.divide([EDGE, PROD, STAGING], "up") == [
        (HOME, [PROD, STAGING]),
        (OTHER, [EDGE]),
    ]
    assert clusters.divide([], "up") == []


def test_one_context_for_two_other_clusters_is_refused_and_connected_to_by_nobody() -> None:
    connecting = Connecting()

    with pytest.raises(BootstrapError) as raised:
        connecting.clusters().divide([PROD, EDGE, FAR], "status")

    assert (raised.value.message, raised.value.hint, connecting.made) == (
        "the environments run in more than one other cluster, and --destination-context names one",
        "name one environment: `bootstrap status edge --destination-context CONTEXT`",
        [],
    )
