"""What is known of the outside: addresses, versions, images. The one table of them.

Every row says on which day it was looked up, and where. Nothing else here, in hints or in the docs
names such a thing; `docs/upstream.md` is made from this table: `python -m tests.upstream_page`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that others decide and may change: `value`, as it was on day `checked`."""

    what: str
    value: str
    checked: str
    """ISO 8601."""
    where: str
    """What showed it."""


@dataclass(frozen=True, slots=True)
class Move:
    """An address that answers no more: `old`, since day `since`; `new` is in its place.

    `first` is the oldest chart version that `new` serves; who has an older one takes `chart`.
    """

    old: str
    new: Fact
    since: str
    first: str
    chart: Fact
    checked: str
    where: str


_DAY = "2026-11-28"
_ARGO_HELM = "argoproj/argo-helm on GitHub"
_SEALED = "bitnami/sealed-secrets on GitHub"

ARGO_CD_CHARTS = Fact(
    "Argo CD's chart: repository",
    "https://argoproj.github.io/argo-helm",
    _DAY,
    f"{_ARGO_HELM}: branch gh-pages, which holds the index.yaml that is served there",
)
ARGO_CD_CHARTS_OCI = Fact(
    "Argo CD's chart: OCI repository",
    "ghcr.io/argoproj/argo-helm",
    _DAY,
    f"{_ARGO_HELM}: README.md and .github/workflows/publish.yml",
)
ARGO_CD_CHART = Fact(
    "Argo CD's chart: version that is installed",
    "10.9.6",
    _DAY,
    f"{_ARGO_HELM}: tag argo-cd-10.9.6, the newest that was found; in use, by the output of"
    " `helm list` of 2026-10-07 in a public repository",
)
ARGO_CD = Fact(
    "Argo CD: version that this chart installs",
    "3.5.3",
    _DAY,
    "the same output, its column APP VERSION; for 10.9.4 the Chart.yaml says so, too",
)
ARGO_CD_IMAGE = Fact(
    "Argo CD: image",
    "quay.io/argoproj/argocd",
    _DAY,
    f"{_ARGO_HELM}: charts/argo-cd/values.yaml of 10.1.1",
)
ARGO_CD_OLDEST = Fact(
    "Argo CD: oldest that is supported",
    "3.3",
    _DAY,
    "the first with PreDelete hooks, which the chart relies on",
)
ARGO_CD_MANIFESTS = Fact(
    "Argo CD: manifests, for those who install it by hand",
    "https://raw.githubusercontent.com/argoproj/argo-cd/stable/manifests/install.yaml",
    _DAY,
    "the page Getting Started of Argo CD's documentation, release-3.4",
)
ARGO_CD_GUIDE = Fact(
    "Argo CD: how it is installed and upgraded",
    "https://argo-cd.readthedocs.io/en/stable/operator-manual/installation/",
    _DAY,
    "a stored copy of that page",
)
SEALED_SECRETS_CHARTS = Fact(
    "sealed-secrets' chart: repository",
    "https://bitnami.github.io/sealed-secrets",
    _DAY,
    "bitnami/sealed-secrets#1982, and the branch gh-pages of that repository",
)
SEALED_SECRETS_CHARTS_OCI = Fact(
    "sealed-secrets' chart: OCI repository",
    "registry-1.docker.io/bitnamicharts",
    _DAY,
    f"{_SEALED}: .github/workflows/helm-release.yaml, which pushes there since 2.19.0",
)
SEALED_SECRETS_CHART = Fact(
    "sealed-secrets' chart: version that is installed",
    "2.20.0",
    _DAY,
    "AndreiGavriliu/homelab#7289 on GitHub: what Renovate found served on 2026-09-10",
)
SEALED_SECRETS = Fact(
    "sealed-secrets: version that this chart installs",
    "0.40.0",
    _DAY,
    "`helm search repo` in a public repository: chart 2.20.0, app version 0.40.0. It ends two ways"
    " to read a secret bit by bit (bitnami/sealed-secrets#2019, #2049)",
)
SEALED_SECRETS_IMAGE = Fact(
    "sealed-secrets: image",
    "docker.io/bitnami/sealed-secrets-controller",
    _DAY,
    f"{_SEALED}: helm/sealed-secrets/values.yaml of v0.38.4",
)
SEALED_SECRETS_IMAGE_GHCR = Fact(
    "sealed-secrets: the same image elsewhere",
    "ghcr.io/bitnami/sealed-secrets-controller",
    _DAY,
    f"{_SEALED}: README.md",
)
SEALED_SECRETS_OLDEST = Fact(
    "sealed-secrets: oldest that is supported",
    "0.27.1",
    _DAY,
    "the end-to-end tests, which run it (tests/tools/sealed-secrets-oldest)",
)
SEALED_SECRETS_PROJECT = Fact(
    "sealed-secrets: project",
    "https://github.com/bitnami/sealed-secrets",
    _DAY,
    "bitnami/sealed-secrets#1982",
)
KUBERNETES_OLDEST = Fact(
    "Kubernetes: oldest that is supported",
    "1.30",
    _DAY,
    "helm/agentsmith/Chart.yaml",
)
HELM_GUIDE = Fact(
    "Helm: how it is installed",
    "https://helm.sh/docs/intro/install",
    _DAY,
    "helm/helm-www on GitHub: docs/intro/install.md",
)

FACTS = (
    ARGO_CD_CHARTS,
    ARGO_CD_CHARTS_OCI,
    ARGO_CD_CHART,
    ARGO_CD,
    ARGO_CD_IMAGE,
    ARGO_CD_OLDEST,
    ARGO_CD_MANIFESTS,
    ARGO_CD_GUIDE,
    SEALED_SECRETS_CHARTS,
    SEALED_SECRETS_CHARTS_OCI,
    SEALED_SECRETS_CHART,
    SEALED_SECRETS,
    SEALED_SECRETS_IMAGE,
    SEALED_SECRETS_IMAGE_GHCR,
    SEALED_SECRETS_OLDEST,
    SEALED_SECRETS_PROJECT,
    KUBERNETES_OLDEST,
    HELM_GUIDE,
)

MOVES = (
    Move(
        old="https://bitnami-labs.github.io/sealed-secrets",
        new=SEALED_SECRETS_CHARTS,
        since="2026-06-15",
        first="1.13.2",
        chart=SEALED_SECRETS_CHART,
        checked=_DAY,
        where="bitnami/sealed-secrets#1982 and #1986; the versions: index.yaml of its gh-pages",
    ),
)

INSTALL_ARGO_CD = (
    "kubectl create namespace argocd && kubectl apply --server-side -n argocd -f"
    f" {ARGO_CD_MANIFESTS.value}"
)
_SEALED_SECRETS_RELEASE = (
    f"sealed-secrets sealed-secrets --namespace kube-system --repo {SEALED_SECRETS_CHARTS.value}"
)
INSTALL_SEALED_SECRETS = f"helm install {_SEALED_SECRETS_RELEASE}"
UPGRADE_SEALED_SECRETS = f"helm upgrade --install {_SEALED_SECRETS_RELEASE}"
