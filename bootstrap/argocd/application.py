"""From environments to the Applications that Argo CD reads, and their root.

Formats: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
"""

from __future__ import annotations

from typing import Any

from bootstrap.argocd.products import ARGO_CD
from bootstrap.constants import (
    APPLICATIONS_DIR,
    ARGOCD_NAMESPACE,
    CHART_PATH,
    IN_CLUSTER,
    RELEASE_NAME,
    ROOT_FILE,
)
from bootstrap.environments.environment import Destination, Environment, Root
from bootstrap.planned_file import PlannedFile
from bootstrap.yaml.writer import render_manifest

OWNER = "bootstrap init"


def build_application(environment: Environment) -> dict[str, Any]:
    """Return the Application that installs the chart with this environment's files.

    One source holds chart, values, configuration and sealed secrets, so one commit is one release
    and `git revert` is a rollback.
    """
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "Application",
        "metadata": {
            "name": environment.application,
            "namespace": ARGOCD_NAMESPACE,
            "labels": environment.labels,
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
            "project": environment.names.project,
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
                "managedNamespaceMetadata": {"labels": environment.labels},
                "retry": _retry(),
            },
        },
    }


def build_root(root: Root) -> dict[str, Any]:
    """Return the root Application, which keeps one Application per environment in step with Git.

    It has no finalizer: deleting it by mistake must not delete every environment.
    """
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "Application",
        "metadata": {
            "name": root.names.root,
            "namespace": ARGOCD_NAMESPACE,
            "labels": root.names.labels(),
            # A push to one environment's folder is none of the root's business.
            "annotations": {"argocd.argoproj.io/manifest-generate-paths": f"/{APPLICATIONS_DIR}"},
        },
        "spec": {
            "project": root.names.project,
            "source": {
                "repoURL": root.url,
                "targetRevision": root.revision,
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


def render_application(environment: Environment) -> PlannedFile:
    """Return the file of an environment's Application."""
    return PlannedFile(
        environment.application_path, render_manifest(build_application(environment), owner=OWNER)
    )


def render_root(root: Root) -> PlannedFile:
    """Return the file of the root Application."""
    return PlannedFile(ROOT_FILE, render_manifest(build_root(root), owner=OWNER))


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
