"""Whether what we are about to touch in Argo CD is this repository's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bootstrap.argocd.ownership import (
    Claim,
    find_foreign,
    namespace_claim,
    refusal,
    repository_of,
)
from bootstrap.argocd.products import ARGO_CD
from bootstrap.checkout.environments import load_root
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.protocols import Reporter

if TYPE_CHECKING:
    from bootstrap.checkout.clusters import Clusters
    from bootstrap.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Live:
    """What Argo CD has under the names of a repository, and under its label."""

    applications: dict[str, dict[str, Any]]
    project: dict[str, Any] | None


def read_live(root: Root, environments: Sequence[Environment], cluster: Cluster) -> Live:
    """Ask for what is labelled as ours in one call, and by name for what is not among it."""
    if not cluster.has_kind(*ARGO_CD.mark):
        return Live({}, None)  # no Argo CD yet
    applications = dict(cluster.argocd.read_applications())
    for name in [root.names.root, *(item.application for item in environments)]:
        if name not in applications:
            found = cluster.argocd.read_application(name)  # it may lack our label
            if found is not None:
                applications[name] = found
    return Live(applications, cluster.argocd.read_project(root.names.project))


def find_claims(root: Root, environments: Sequence[Environment], live: Live) -> list[Claim]:
    """Return what other repositories have of what is ours by its name or place."""
    return find_foreign(live.applications, live.project, root, environments)


def check_ours(
    root: Root, environments: Sequence[Environment], cluster: Cluster, *, command: str
) -> Live:
    """Raise BootstrapError if anything that `command` would touch is another repository's."""
    live = read_live(root, environments, cluster)
    claims = find_claims(root, environments, live)
    if claims:
        raise refusal(claims, root, command)
    return live


def still_ours(root: Root, live: Live) -> Callable[[Mapping[str, Any]], None]:
    """Return what refuses an object that became another repository's since we looked.

    An object that `live` has was judged, or shown and agreed to.
    """

    def check(present: Mapping[str, Any]) -> None:
        name, kind = present["metadata"]["name"], present["kind"]
        known = live.applications.get(name) if kind == "Application" else live.project
        if known is not None and known["metadata"].get("uid") == present["metadata"].get("uid"):
            known_url = repository_of(known) or root.url
            if same_repository(repository_of(present) or known_url, known_url):
                return
        is_root = kind == "Application"
        claims = find_claims(
            root,
            [],
            Live({name: dict(present)} if is_root else {}, None if is_root else dict(present)),
        )
        if claims:
            raise refusal(claims, root, "bootstrap up")

    return check


def check_place(environment: Environment, cluster: Cluster) -> None:
    """Raise BootstrapError if the namespace is marked as another environment's."""
    claim = namespace_claim(cluster.namespaces.read(environment.namespace), environment)
    if claim is not None:
        raise BootstrapError(
            f"namespace {environment.namespace} of cluster {cluster.context} is marked as that of"
            f" {claim}, not of {environment.name} of {environment.names.repository}",
            f"give {environment.name} another: `bootstrap init {environment.name} --namespace"
            " NAMESPACE`",
        )


def check_if_reachable(
    environment: Environment,
    repository: Repository,
    clusters: Clusters,
    reporter: Reporter,
    *,
    command: str,
) -> None:
    """Raise as `check_ours` does where Argo CD answers, for a command that needs no cluster.

    A configured cluster that can't be asked is told of; without one nothing is in reach to touch.
    """
    try:
        cluster = clusters.argocd()
    except BootstrapError:
        return
    root = load_root(repository)
    try:
        live = read_live(root, [environment], cluster)
    except BootstrapError as error:
        reporter.warn(
            f"{error.message}; so nobody looked whose Application {environment.application} is"
        )
        return
    claims = find_claims(root, [environment], live)
    if claims:
        raise refusal(claims, root, command)
