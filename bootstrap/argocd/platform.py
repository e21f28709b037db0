"""What Argo CD reads to keep itself and sealed-secrets as this repository has them.

Formats: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.argocd.platform_charts import OCI, PlatformChart, chart_path
from bootstrap.argocd.products import ARGO_CD
from bootstrap.constants import ARGOCD_DIR, ARGOCD_NAMESPACE, IN_CLUSTER, PLATFORM_DIR
from bootstrap.environments.environment import Root
from bootstrap.errors import BootstrapError
from bootstrap.planned_file import PlannedFile
from bootstrap.yaml.documents import parse_mapping
from bootstrap.yaml.fields import Fields
from bootstrap.yaml.writer import dump_objects, render_manifest

PROJECT_FILE = f"{ARGOCD_DIR}/platform-project.yaml"
ROOT_FILE = f"{ARGOCD_DIR}/platform-root.yaml"
OWNER = "bootstrap up --install"
_HEADER = """\
# Yours: `bootstrap up --install` writes it once and never again. Argo CD follows it, so change the
# version or the values here, commit and push.
"""


def build_chart_application(chart: PlatformChart, root: Root) -> dict[str, Any]:
    """Return the Application of one chart. It has no finalizer: its deletion deletes nothing."""
    source = (
        {"repoURL": root.url, "targetRevision": root.revision, "path": chart.folder}
        if chart.folder
        else {"repoURL": chart.repo, "chart": chart.name, "targetRevision": chart.version}
    )
    helm: dict[str, Any] = {"releaseName": chart.release}
    if chart.values:
        helm["valuesObject"] = dict(chart.values)
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "Application",
        "metadata": {
            "name": chart.name,
            "namespace": ARGOCD_NAMESPACE,
            "labels": root.names.labels(),
            **(_only_for(chart.folder) if chart.folder else {}),
        },
        "spec": {
            "project": root.names.platform,
            "source": {**source, "helm": helm},
            "destination": {"server": IN_CLUSTER, "namespace": chart.namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                # the definitions of Argo CD's kinds are too large for client-side apply
                "syncOptions": ["ServerSideApply=true"],
            },
        },
    }


def build_platform_root(root: Root) -> dict[str, Any]:
    """Return the Application that keeps those of the charts in step with Git; it never prunes."""
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "Application",
        "metadata": {
            "name": root.names.platform,
            "namespace": ARGOCD_NAMESPACE,
            "labels": root.names.labels(),
            **_only_for(PLATFORM_DIR),
        },
        "spec": {
            "project": root.names.platform,
            "source": {
                "repoURL": root.url,
                "targetRevision": root.revision,
                "path": PLATFORM_DIR,
                "directory": {"include": "*.yaml"},
            },
            "destination": {"server": IN_CLUSTER, "namespace": ARGOCD_NAMESPACE},
            "syncPolicy": {
                "automated": {"prune": False, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true"],
            },
        },
    }


def build_platform_project(root: Root, charts: Iterable[PlatformChart]) -> dict[str, Any]:
    """Return the AppProject of the platform: two namespaces, these sources, every kind.

    The charts make resource definitions and cluster-wide roles, so who can push to
    argocd/platform is an administrator of the cluster.
    """
    known = list(charts)
    everything = [{"group": "*", "kind": "*"}]
    namespaces = sorted({ARGOCD_NAMESPACE, *(chart.namespace for chart in known)})
    return {
        "apiVersion": ARGO_CD.version,
        "kind": "AppProject",
        "metadata": {
            "name": root.names.platform,
            "namespace": ARGOCD_NAMESPACE,
            "labels": root.names.labels(),
        },
        "spec": {
            "description": "Argo CD itself and sealed-secrets",
            "sourceRepos": sorted({root.url, *(chart.repo for chart in known if chart.repo)}),
            "destinations": [
                {"server": IN_CLUSTER, "namespace": namespace} for namespace in namespaces
            ],
            "clusterResourceWhitelist": everything,
            "namespaceResourceWhitelist": everything,
        },
    }


def render_chart_application(chart: PlatformChart, root: Root) -> PlannedFile:
    """Return the file of a chart's Application, which is the user's from then on."""
    built = build_chart_application(chart, root)
    return PlannedFile(chart_path(chart.name), _HEADER + dump_objects(built))


def render_platform(root: Root, charts: Iterable[PlatformChart]) -> list[PlannedFile]:
    """Return the files of the platform's project and root Application."""
    project = build_platform_project(root, charts)
    application = build_platform_root(root)
    return [
        PlannedFile(PROJECT_FILE, render_manifest(project, owner=OWNER)),
        PlannedFile(ROOT_FILE, render_manifest(application, owner=OWNER)),
    ]


def parse_chart_application(text: str, *, path: str) -> PlatformChart:
    """Return the chart that the Application in `text` (file `path`) installs."""
    document = Fields(
        parse_mapping(text, path=path),
        lambda key: BootstrapError(
            f"{path}: no valid {key!r}, so it is not the Application of a chart",
            "restore it with `git checkout`, or delete it and run `bootstrap up --install` again",
        ),
    )
    spec = document.mapping("spec")
    source, destination = spec.mapping("source"), spec.mapping("destination")
    helm = source.mapping("helm")
    for setting in helm.values.keys() - {"releaseName", "valuesObject"}:
        raise BootstrapError(
            f"{path}: spec.source.helm.{setting} can't be used for the first install",
            "say it in valuesObject",
        )
    values = helm.values.get("valuesObject") or {}
    if not isinstance(values, Mapping):
        raise helm.wrong("valuesObject")
    folder = "" if _is_oci(source, path) else str(source.values.get("path") or "")
    return PlatformChart(
        name=_argument(document.mapping("metadata"), "name"),
        release=_argument(helm, "releaseName"),
        namespace=_argument(destination, "namespace"),
        repo="" if folder else _argument(source, "repoURL"),
        version="" if folder else _argument(source, "targetRevision"),
        folder=folder,
        values=values,
    )


def _is_oci(source: Fields, path: str) -> bool:
    """Tell whether Argo CD takes `source` for an OCI artifact, whose `path` is within itself."""
    url = str(source.values.get("repoURL") or "")
    if not url.startswith(OCI):
        return False
    if source.values.get("chart"):
        raise BootstrapError(
            f"{path}: repoURL has {OCI} beside a chart, which Argo CD can't find then",
            f"write repoURL: {url.removeprefix(OCI)}",
        )
    return True


def _only_for(folder: str) -> dict[str, Any]:
    """Return the annotation without which every push to the repository renders it again."""
    return {"annotations": {"argocd.argoproj.io/manifest-generate-paths": f"/{folder}"}}


def _argument(fields: Fields, key: str) -> str:
    """Return a text that Helm is given: a leading hyphen would make it an option."""
    text = fields.text(key)
    if text.startswith("-"):
        raise fields.wrong(key)
    return text
