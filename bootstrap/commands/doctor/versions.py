"""Whether what runs in the cluster is there, and new enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.argocd.products import ARGO_CD, SEALED_SECRETS, Product
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
    missing = _missing(ARGO_CD, cluster)
    if missing:
        yield missing
        return
    running = cluster.inspection.read_running(ARGOCD_NAMESPACE)
    yield _judge(ARGO_CD, [item for item in running if "argocd" in item.image])


def _sealed_secrets(cluster: Cluster) -> Iterator[Finding]:
    missing = _missing(SEALED_SECRETS, cluster)
    if missing:
        yield missing
        return
    namespace = cluster.sealing.find_service().namespace
    deployment = cluster.sealing_keys.find_deployment(namespace)
    running = cluster.inspection.read_running(namespace)
    yield _judge(
        SEALED_SECRETS,
        [item for item in running if deployment and item.workload == deployment.name],
    )


def _missing(product: Product, cluster: Cluster) -> Finding | None:
    kinds = [kind for kind in product.kinds if not cluster.has_kind(product.version, kind)]
    if not kinds:
        return None
    return Finding(
        product.check, Severity.ERROR,
        f"the cluster has no {' and no '.join(kinds)} ({product.version}) of {product.name}",
        "nothing of this repository can run without it",
        f"`bootstrap up --install`, or {_mend(product)}",
    )  # fmt: skip


def _judge(product: Product, running: Sequence[Running]) -> Finding:
    check = product.check
    if not running:
        return _unknown(check, product.name, "has no workload where it is looked for")
    found = [image_version(item.image) or parse_version(item.version) for item in running]
    known = [version for version in found if version is not None]
    if not known:
        return _unknown(check, product.name, f"runs as {running[0].image}, which tells no version")
    oldest, least = min(known), parse_version(product.oldest)
    if least is not None and oldest < least:
        return Finding(
            check, Severity.ERROR,
            f"{product.name} {oldest} is older than {least}, the oldest supported",
            "what the Applications ask of it may not be there", _mend(product),
        )  # fmt: skip
    return Finding(check, Severity.OK, f"{product.name} {oldest}")


def _mend(product: Product) -> str:
    return f"install or upgrade it: {product.upgrade}"


def _unknown(check: str, name: str, why: str) -> Finding:
    return Finding(check, Severity.INFO, f"the version of {name} is unknown: it {why}")
