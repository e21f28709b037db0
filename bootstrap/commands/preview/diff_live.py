"""The work tree against the cluster: what the API server would make of each manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.errors import UsageError
from bootstrap.helm import Helm
from bootstrap.manifests.diff import TRACKING, Key, ObjectDiff, compare, key_of
from bootstrap.manifests.rendered import is_hook, parse_objects


def compare_live(
    application: ApplicationFile,
    session: Session,
    *,
    helm: Callable[[str | None], Helm],
) -> list[ObjectDiff]:
    """Return what a sync of the work tree would change in the cluster."""
    repository, clusters = session.repository, session.clusters
    environment, source = application.environment, application.helm_source()
    helm(None).render(repository.root, source)  # what is wrong in the files needs no cluster
    cluster = clusters.destination_of(environment)
    if cluster is None:
        raise UsageError(
            f"{environment.name} runs in another cluster",
            "pass --destination-context with the context of that cluster",
        )
    version, _time = cluster.inspection.read_version()
    text = helm(version.lstrip("v")).render(repository.root, source)
    wanted = [item for item in parse_objects(text) if not is_hook(item)]
    session.reporter.step(f"comparing {environment.name} with cluster {cluster.context}")
    old, new = _ask(wanted, cluster, environment.namespace)
    live = clusters.argocd().argocd.read_applications().get(environment.application, {})
    for tracked in live.get("status", {}).get("resources", []):
        _add_removed(tracked, old, new, cluster, environment.namespace)
    return compare(old, new, old_name="live", new_name="after the push")


def _ask(
    wanted: list[dict[str, Any]], cluster: Cluster, namespace: str
) -> tuple[dict[Key, Mapping[str, Any]], dict[Key, Mapping[str, Any]]]:
    """Return the live objects and what they would be, each by its key."""
    old: dict[Key, Mapping[str, Any]] = {}
    new: dict[Key, Mapping[str, Any]] = {}
    there: dict[str, bool] = {}
    for item in wanted:
        key = key_of(item, namespace)
        where = key[2]
        if where not in there:
            there[where] = cluster.dry_run.has_namespace(where)
        live = cluster.dry_run.read(item, namespace) if there[where] else None
        if live is None:
            new[key] = item  # its defaults would be noise
            if there[where]:
                cluster.dry_run.apply(item, namespace)
            continue
        old[key] = live
        new[key] = cluster.dry_run.apply(_tracked(item, live), namespace)
    return old, new


def _tracked(item: dict[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return `item` with the mark that Argo CD puts on what is its own."""
    mark = (live["metadata"].get("annotations") or {}).get(TRACKING)
    if mark is None:
        return item
    metadata = item["metadata"]
    annotations = {**(metadata.get("annotations") or {}), TRACKING: mark}
    return {**item, "metadata": {**metadata, "annotations": annotations}}


def _add_removed(
    tracked: Mapping[str, Any],
    old: dict[Key, Mapping[str, Any]],
    new: Mapping[Key, Mapping[str, Any]],
    cluster: Cluster,
    namespace: str,
) -> None:
    """Add to `old` an object that Argo CD would prune; it leaves the namespace alone."""
    group, version = tracked.get("group", ""), tracked["version"]
    item = {
        "apiVersion": f"{group}/{version}" if group else version,
        "kind": tracked["kind"],
        "metadata": {"name": tracked["name"], "namespace": tracked.get("namespace")},
    }
    key = key_of(item, namespace)
    if tracked.get("hook") or tracked["kind"] == "Namespace" or key in new or key in old:
        return
    live = cluster.dry_run.read(item, namespace)
    if live is not None:
        old[key] = live
