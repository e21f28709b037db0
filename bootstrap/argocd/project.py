"""From environments to the AppProject that bounds what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.argocd.application import OWNER
from bootstrap.argocd.products import ARGO_CD
from bootstrap.constants import (
    ARGOCD_NAMESPACE,
    CHART_KINDS,
    IN_CLUSTER,
    PROJECT_FILE,
)
from bootstrap.environments.environment import Environment, Root
from bootstrap.planned_file import PlannedFile
from bootstrap.yaml.writer import render_manifest


def widen_project(
    project: Mapping[str, Any], applications: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `project` with the sources and destinations that live `applications` still have.

    Argo CD does not touch what an Application's project no longer allows: narrowed at once, what
    was removed from Git, or moved to another namespace, would run on for ever.
    """
    spec, name = dict(project["spec"]), project["metadata"]["name"]
    live = [item["spec"] for item in applications if item["spec"].get("project") == name]
    for key, found in (
        ("sourceRepos", [item["source"]["repoURL"] for item in live if "source" in item]),
        ("destinations", [dict(item["destination"]) for item in live]),
    ):
        spec[key] = [*spec[key], *(value for value in found if value not in spec[key])]
    spec["destinations"] = [
        value for i, value in enumerate(spec["destinations"])
        if value not in spec["destinations"][:i]
    ]  # fmt: skip
    spec["sourceRepos"] = list(dict.fromkeys(spec["sourceRepos"]))
    return {**project, "spec": spec}


def build_project(environments: Iterable[Environment], root: Root) -> dict[str, Any]:
    """Return the AppProject: only these repositories, destinations and kinds.

    The root Application lives in it too, hence Argo CD's own namespace and the kind Application.
    """
    known = sorted(environments, key=lambda environment: environment.name)
    destinations = {(IN_CLUSTER, "", ARGOCD_NAMESPACE)} | {
        (
            environment.destination.server or "",
            environment.destination.name or "",
            environment.namespace,
        )
        for environment in known
    }
    kinds = sorted({*CHART_KINDS, ("argoproj.io", "Application")})
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "AppProject",
        "metadata": {
            "name": root.names.project,
            "namespace": ARGOCD_NAMESPACE,
            "labels": root.names.labels(),
        },
        "spec": {
            "description": "Agent Smith: its environments and nothing else",
            "sourceRepos": sorted({root.url, *(item.repo_url for item in known)}),
            "destinations": [
                {**({"server": server} if server else {"name": name}), "namespace": namespace}
                for server, name, namespace in sorted(destinations)
            ],
            "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
            "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in kinds],
        },
    }


def render_project(environments: Iterable[Environment], root: Root) -> PlannedFile:
    """Return the file of the AppProject."""
    return PlannedFile(
        PROJECT_FILE, render_manifest(build_project(environments, root), owner=OWNER)
    )
