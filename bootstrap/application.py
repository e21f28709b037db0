"""From environments to what Argo CD reads: Applications, the root Application and the AppProject.

Formats: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.constants import (
    APPLICATIONS_DIR,
    ARGOCD_NAMESPACE,
    CHART_KINDS,
    CHART_PATH,
    IN_CLUSTER,
    PROJECT_FILE,
    PROJECT_NAME,
    RELEASE_NAME,
    ROOT_FILE,
    ROOT_NAME,
)
from bootstrap.environment import (
    Destination,
    Environment,
)
from bootstrap.manifest import Manifest, render_manifest

OWNER = "bootstrap init"
_PART_OF = {"app.kubernetes.io/part-of": "agentsmith"}


def build_application(environment: Environment) -> dict[str, Any]:
    """Return the Application that installs the chart with this environment's files.

    One source holds chart, values, configuration and sealed secrets, so one commit is one release
    and `git revert` is a rollback.
    """
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": environment.application,
            "namespace": ARGOCD_NAMESPACE,
            "labels": namespace_labels(environment.name),
            "annotations": {
                # Without it a webhook re-renders every environment on every push.
                "argocd.argoproj.io/manifest-generate-paths": (
                    f"/{CHART_PATH};/{environment.folder}"
                ),
            },
            # Deleting the Application takes its workloads along, in the foreground.
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": PROJECT_NAME,
            "source": {
                "repoURL": environment.repo_url,
                "targetRevision": environment.target_revision,
                "path": CHART_PATH,
                "helm": {
                    "releaseName": RELEASE_NAME,
                    "valueFiles": [f"/{environment.path('values.yaml')}"],
                    "fileParameters": [
                        {
                            "name": "config.content",
                            "path": f"/{environment.path('agentsmith.yml')}",
                        },
                        {
                            "name": "sealedSecret.manifest",
                            "path": f"/{environment.path('sealed-secret.yaml')}",
                        },
                    ],
                },
            },
            "destination": {
                **_destination(environment.destination),
                "namespace": environment.namespace,
            },
            "syncPolicy": {
                **_automated(environment.automated, paused=environment.paused),
                "syncOptions": ["CreateNamespace=true", "ServerSideApply=true", "PruneLast=true"],
                # Argo CD leaves the namespace behind: by this mark `bootstrap destroy` knows it.
                "managedNamespaceMetadata": {"labels": namespace_labels(environment.name)},
                "retry": _retry(),
            },
        },
    }


def namespace_labels(name: str) -> dict[str, str]:
    """Return the labels of the namespace that Argo CD makes for environment `name`."""
    return {**_PART_OF, "agentsmith.dev/environment": name}


def build_root(repo_url: str, target_revision: str) -> dict[str, Any]:
    """Return the root Application, which keeps one Application per environment in step with Git.

    It has no finalizer: deleting it by mistake must not delete every environment.
    """
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": ROOT_NAME,
            "namespace": ARGOCD_NAMESPACE,
            "labels": dict(_PART_OF),
            # A push to one environment's folder is none of the root's business.
            "annotations": {"argocd.argoproj.io/manifest-generate-paths": f"/{APPLICATIONS_DIR}"},
        },
        "spec": {
            "project": PROJECT_NAME,
            "source": {
                "repoURL": repo_url,
                "targetRevision": target_revision,
                "path": APPLICATIONS_DIR,
                "directory": {"include": "*.yaml"},
            },
            "destination": {"server": IN_CLUSTER, "namespace": ARGOCD_NAMESPACE},
            "syncPolicy": {
                **_automated(True),
                "syncOptions": ["ServerSideApply=true"],
                "retry": _retry(),
            },
        },
    }


def widen_project(
    project: Mapping[str, Any], applications: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return `project` with the sources and destinations that live `applications` still have.

    Argo CD does not touch what an Application's project no longer allows: narrowed at once, what
    was removed from Git, or moved to another namespace, would run on for ever.
    """
    spec = dict(project["spec"])
    live = [item["spec"] for item in applications if item["spec"].get("project") == PROJECT_NAME]
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


def build_project(environments: Iterable[Environment], root_repo_url: str) -> dict[str, Any]:
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
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {
            "name": PROJECT_NAME,
            "namespace": ARGOCD_NAMESPACE,
            "labels": dict(_PART_OF),
        },
        "spec": {
            "description": "Agent Smith: its environments and nothing else",
            "sourceRepos": sorted({root_repo_url, *(item.repo_url for item in known)}),
            "destinations": [
                {**({"server": server} if server else {"name": name}), "namespace": namespace}
                for server, name, namespace in sorted(destinations)
            ],
            "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
            "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in kinds],
        },
    }


def render_application(environment: Environment) -> Manifest:
    """Return the file of an environment's Application."""
    return Manifest(
        environment.application_path, render_manifest(build_application(environment), owner=OWNER)
    )


def render_root(repo_url: str, target_revision: str) -> Manifest:
    """Return the file of the root Application."""
    return Manifest(ROOT_FILE, render_manifest(build_root(repo_url, target_revision), owner=OWNER))


def render_project(environments: Iterable[Environment], root_repo_url: str) -> Manifest:
    """Return the file of the AppProject."""
    return Manifest(
        PROJECT_FILE, render_manifest(build_project(environments, root_repo_url), owner=OWNER)
    )


def _destination(destination: Destination) -> dict[str, str]:
    if destination.server:
        return {"server": destination.server}
    return {"name": destination.name or ""}


def _automated(automated: bool, *, paused: bool = False) -> dict[str, Any]:
    if not automated:
        return {}
    off = {"enabled": False} if paused else {}
    return {"automated": {**off, "prune": True, "selfHeal": True}}


def _retry() -> dict[str, Any]:
    # `refresh` lets a retry take up a newer commit: else a bad commit's retries hold up its fix.
    # A fix, and a deletion, wait for the next retry, so the longest pause is short.
    return {
        "limit": 10,
        "backoff": {"duration": "5s", "factor": 2, "maxDuration": "30s"},
        "refresh": True,
    }
