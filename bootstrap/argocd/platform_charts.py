"""The charts that the platform is made of, and where Helm and Argo CD get them from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap import upstream
from bootstrap.constants import ARGOCD_NAMESPACE, PLATFORM_DIR

CHARTS_DIR = f"{PLATFORM_DIR}/charts"
OCI = "oci://"


@dataclass(frozen=True, slots=True)
class PlatformChart:
    """A chart that the platform is made of: where it comes from, and what it is installed as.

    Either `version` of the chart in repository `repo`, or a folder of this repository. `repo` is as
    Argo CD has it: a URL; without a scheme, an OCI registry that has it; with oci://, the chart.
    """

    name: str
    release: str
    namespace: str
    repo: str = ""
    version: str = ""
    folder: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


# The namespace is the one that everything else here names. The network policies are those of Argo
# CD's own manifests; said aloud, as the chart has changed its mind about them before.
ARGO_CD = PlatformChart(
    name="argo-cd",
    release="argocd",
    namespace=ARGOCD_NAMESPACE,
    repo=upstream.ARGO_CD_CHARTS.value,
    version=upstream.ARGO_CD_CHART.value,
    values={"global": {"networkPolicy": {"create": True}}},
)
# By this name `kubeseal` finds the controller without being told.
SEALED_SECRETS = PlatformChart(
    name="sealed-secrets",
    release="sealed-secrets",
    namespace="kube-system",
    repo=upstream.SEALED_SECRETS_CHARTS.value,
    version=upstream.SEALED_SECRETS_CHART.value,
    values={"fullnameOverride": "sealed-secrets-controller"},
)
PLATFORM_CHARTS = (ARGO_CD, SEALED_SECRETS)
_REPOSITORIES = {
    ARGO_CD.name: ((ARGO_CD.repo, "HTTPS"), (upstream.ARGO_CD_CHARTS_OCI.value, "OCI")),
    SEALED_SECRETS.name: (
        (SEALED_SECRETS.repo, "HTTPS"),
        (upstream.SEALED_SECRETS_CHARTS_OCI.value, "OCI"),
    ),
}


def helm_reference(chart: PlatformChart) -> list[str]:
    """Return what names `chart` to Helm; "." is the folder that it runs in."""
    if chart.folder:
        return ["."]
    if chart.repo.startswith(OCI):
        reference = [chart.repo]
    elif "://" in chart.repo:
        reference = [chart.name, "--repo", chart.repo]
    else:
        reference = [f"{OCI}{chart.repo}/{chart.name}"]
    return [*reference, "--version", chart.version]


def other_ways(chart: PlatformChart) -> str:
    """Return how to get `chart` if its repository can't be reached."""
    path = chart_path(chart.name)
    elsewhere = [
        f"write repoURL: {repo} in {path}, which has it too ({how})"
        for repo, how in _REPOSITORIES.get(chart.name, ())
        if repo != chart.repo
    ]
    archive = (
        f"delete {path} and give an archive of the chart: `bootstrap up --install --charts DIR`"
    )
    return "; or ".join(["see what is between here and there", *elsewhere, archive])


def chart_path(name: str) -> str:
    """Return the path of the file of a chart's Application."""
    return f"{PLATFORM_DIR}/{name}.yaml"
