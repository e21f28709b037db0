"""Whether what runs in the cluster is there, and new enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap import upstream
from bootstrap.cluster import Cluster
from bootstrap.cluster.inspection import Running
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.constants import ARGOCD_NAMESPACE, CHART_PATH
from bootstrap.files.repository import Repository
from bootstrap.yaml.documents import parse_mapping

_CHART_FILE = f"{CHART_PATH}/Chart.yaml"

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+._].*)?")
_AT_LEAST = re.compile(r">=\s*(\S+)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A release; what comes after the third number does not matter here."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version | None:
    """Return the version in `text` such as v3.3.2, 1.30.0-0 or 1.36.1+k3s1; None if it is none."""
    match = _VERSION.fullmatch(text.strip())
    return Version(int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def image_version(image: str) -> Version | None:
    """Return the version that the tag of an image names; None for a digest or a word."""
    _path, colon, tag = image.partition("@")[0].rpartition(":")
    return parse_version(tag) if colon and "/" not in tag else None


def least_version(constraint: str) -> Version | None:
    """Return the lower bound of a constraint of Helm such as ">=1.30.0-0"."""
    match = _AT_LEAST.search(constraint)
    return parse_version(match[1]) if match else None


def _version(fact: upstream.Fact) -> Version:
    """Return what a row of our own table names."""
    found = parse_version(fact.value)
    if found is None:
        raise ValueError(f"{fact.what}: {fact.value!r} is no version")
    return found


@dataclass(frozen=True, slots=True)
class _Product:
    """What a cluster must run: its name, the kinds that it brings, the oldest that will do."""

    name: str
    version: str
    kinds: tuple[str, ...]
    least: Version
    mend: str


_ARGOCD = _Product(
    "Argo CD", "argoproj.io/v1alpha1", ("Application", "AppProject"),
    _version(upstream.ARGO_CD_OLDEST), f"install or upgrade it: {upstream.ARGO_CD_GUIDE.value}",
)  # fmt: skip
_SEALED_SECRETS = _Product(
    "sealed-secrets", "bitnami.com/v1alpha1", ("SealedSecret",),
    _version(upstream.SEALED_SECRETS_OLDEST),
    f"install or upgrade it: `{upstream.UPGRADE_SEALED_SECRETS}`",
)  # fmt: skip


def examine_versions(cluster: Cluster, repository: Repository) -> list[Finding]:
    """Return whether Kubernetes, Argo CD and sealed-secrets are what is needed."""
    return [
        *guarded("kubernetes", lambda: _kubernetes(cluster, repository)),
        *guarded("argocd", lambda: _argocd(cluster)),
        *guarded("sealed-secrets", lambda: _sealed_secrets(cluster)),
    ]


def _kubernetes(cluster: Cluster, repository: Repository) -> Iterator[Finding]:
    text, _time = cluster.inspection.read_version()
    chart = repository.read(_CHART_FILE)
    wanted = str(parse_mapping(chart, path=_CHART_FILE).get("kubeVersion", "")) if chart else ""
    least, found = least_version(wanted), parse_version(text)
    if least and found and found < least:
        yield Finding(
            "kubernetes", Severity.ERROR, f"Kubernetes {text}, and the chart needs {wanted}",
            "the chart does not render for it", "upgrade the cluster",
        )  # fmt: skip
    elif found is None:
        yield _unknown("kubernetes", "Kubernetes", f"calls itself {text!r}")
    else:
        yield Finding("kubernetes", Severity.OK, f"Kubernetes {text} ({cluster.context})")


def _argocd(cluster: Cluster) -> Iterator[Finding]:
    missing = _missing(_ARGOCD, cluster)
    if missing:
        yield missing
        return
    running = cluster.inspection.read_running(ARGOCD_NAMESPACE)
    yield _judge(_ARGOCD, [item for item in running if "argocd" in item.image], "argocd")


def _sealed_secrets(cluster: Cluster) -> Iterator[Finding]:
    missing = _missing(_SEALED_SECRETS, cluster)
    if missing:
        yield missing
        return
    namespace = cluster.sealing.find_service().namespace
    deployment = cluster.sealing_keys.find_deployment(namespace)
    running = cluster.inspection.read_running(namespace)
    yield _judge(
        _SEALED_SECRETS,
        [item for item in running if deployment and item.workload == deployment.name],
        "sealed-secrets",
    )


def _missing(product: _Product, cluster: Cluster) -> Finding | None:
    kinds = [kind for kind in product.kinds if not cluster.has_kind(product.version, kind)]
    if not kinds:
        return None
    return Finding(
        product.name.lower().replace(" ", ""), Severity.ERROR,
        f"the cluster has no {' and no '.join(kinds)} ({product.version}) of {product.name}",
        "nothing of this repository can run without it",
        f"`bootstrap up --install`, or {product.mend}",
    )  # fmt: skip


def _judge(product: _Product, running: Sequence[Running], check: str) -> Finding:
    if not running:
        return _unknown(check, product.name, "has no workload where it is looked for")
    found = [image_version(item.image) or parse_version(item.version) for item in running]
    known = [version for version in found if version is not None]
    if not known:
        return _unknown(check, product.name, f"runs as {running[0].image}, which tells no version")
    oldest = min(known)
    if oldest < product.least:
        return Finding(
            check, Severity.ERROR,
            f"{product.name} {oldest} is older than {product.least}, the oldest supported",
            "what the Applications ask of it may not be there", product.mend,
        )  # fmt: skip
    return Finding(check, Severity.OK, f"{product.name} {oldest}")


def _unknown(check: str, name: str, why: str) -> Finding:
    return Finding(check, Severity.INFO, f"the version of {name} is unknown: it {why}")
