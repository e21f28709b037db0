"""`bootstrap up --install`: Argo CD and sealed-secrets, for a cluster that has neither.

Helm renders the charts as their Applications will; what comes out is applied once. From then on
Argo CD keeps itself as Git has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.argocd.ownership import foreign_platform
from bootstrap.argocd.platform import build_platform_project, build_platform_root
from bootstrap.argocd.platform_charts import PlatformChart
from bootstrap.argocd.products import ARGO_CD, PRODUCTS
from bootstrap.cluster import Cluster
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.environments.environment import Root
from bootstrap.errors import BootstrapError
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.rollout.files import Files, files_of_chart
from bootstrap.rollout.health import explain
from bootstrap.yaml.documents import parse_mapping

_POLL_SECONDS = 1.0
_DEFINITION = "CustomResourceDefinition"
_MARK = {"agentsmith.dev/installed-by": "bootstrap"}
_SEPARATOR = re.compile(r"^---\s*\n", re.M)


@dataclass(frozen=True, slots=True)
class _Document:
    """One manifest as Helm printed it, and the part of it that names it."""

    text: str
    head: dict[str, Any]

    @property
    def is_definition(self) -> bool:
        return bool(self.head["kind"] == _DEFINITION)


@dataclass(frozen=True, slots=True)
class Install:
    """What to install, and how to render it."""

    charts: Sequence[PlatformChart]
    root: Root
    render: Callable[[PlatformChart, str], str]
    """Gives the manifests of a chart for a version of Kubernetes."""
    timeout_seconds: float
    force_conflicts: bool = False


def install(wanted: Install, cluster: Cluster, clock: Clock, reporter: Reporter) -> None:
    """Install what is missing, then give Argo CD the project and the root of the platform.

    Run again, it goes on where it stopped, and changes nothing once Argo CD has taken over.
    """
    if not _has_taken_over(cluster, wanted.root):
        _refuse_foreign(cluster)  # again: files may be written long before they are pushed
        version, _now = cluster.inspection.read_version()
        # everything is rendered before anything is applied
        rendered = [(chart, _split(wanted.render(chart, version))) for chart in wanted.charts]
        cluster.namespaces.make(ARGOCD_NAMESPACE, _MARK, force=wanted.force_conflicts)
        for chart, documents in rendered:
            _apply(wanted, chart, documents, cluster, clock, reporter)
        places = {chart.namespace: chart.name for chart in wanted.charts}
        for namespace, name in sorted(places.items()):
            files = files_of_chart(name)
            _wait_available(namespace, files, cluster, clock, reporter, wanted.timeout_seconds)
    for manifest in (
        build_platform_project(wanted.root, wanted.charts),
        build_platform_root(wanted.root),
    ):
        done = cluster.argocd.apply(manifest, force=wanted.force_conflicts)
        reporter.step(f"{manifest['kind']} {manifest['metadata']['name']} {done}")


def check_ours(cluster: Cluster, root: Root) -> None:
    """Refuse a cluster where somebody else installed Argo CD or sealed-secrets."""
    if not _has_taken_over(cluster, root):
        _refuse_foreign(cluster)


def _has_taken_over(cluster: Cluster, root: Root) -> bool:
    if not cluster.has_kind(*ARGO_CD.mark):
        return False
    applications = cluster.argocd.read_applications()
    claim = foreign_platform(applications, root)
    if claim is not None:
        raise BootstrapError(
            f"{claim.message(root.url)}: --install would take it over",
            "leave out --install; the other repository keeps Argo CD as it is, and an environment"
            " needs nothing more",
        )
    return root.names.platform in applications


def _refuse_foreign(cluster: Cluster) -> None:
    """Refuse a cluster where somebody else installed one of them: it would be taken over."""
    namespace = cluster.namespaces.read(ARGOCD_NAMESPACE) or {}
    labels = namespace.get("metadata", {}).get("labels") or {}
    if all(labels.get(key) == value for key, value in _MARK.items()):
        return  # ours, and an earlier run did not get to its end
    marks = [product.mark for product in PRODUCTS]
    there = [kind for version, kind in marks if cluster.has_kind(version, kind)]
    if there:
        raise BootstrapError(
            f"cluster {cluster.context} has the kind {' and '.join(there)} already, and not from"
            " here: --install would take it over",
            "leave out --install; install by hand what is missing",
        )


def _split(text: str) -> list[_Document]:
    found = []
    for part in _SEPARATOR.split(text):
        if any(line.strip() and not line.startswith("#") for line in part.splitlines()):
            found.append(_Document(part, _head(part)))
    return found


def _head(document: str) -> dict[str, Any]:
    """Return kind, version and metadata: a definition's schema takes seconds to read."""
    shortened = re.split(r"^(?:spec|data|rules|webhooks):", document, maxsplit=1, flags=re.M)[0]
    for text in (shortened, document):
        head = parse_mapping(text, path="a rendered manifest")
        if all(head.get(key) for key in ("apiVersion", "kind", "metadata")):
            return head
    raise BootstrapError(
        "a chart renders to something that is no object", "see `helm template` of the chart"
    )


def _apply(
    wanted: Install,
    chart: PlatformChart,
    documents: Sequence[_Document],
    cluster: Cluster,
    clock: Clock,
    reporter: Reporter,
) -> None:
    def apply(document: _Document) -> None:
        cluster.installing.apply(
            document.text, document.head, chart.namespace, force=wanted.force_conflicts
        )

    definitions = [item for item in documents if item.is_definition]
    others = [item for item in documents if not item.is_definition]
    reporter.step(f"installing {chart.name}: {len(documents)} objects in {chart.namespace}")
    for document in definitions:
        apply(document)
    names = [document.head["metadata"]["name"] for document in definitions]
    for look in looks(clock, wanted.timeout_seconds, pause=_POLL_SECONDS):
        if all(cluster.installing.is_established(name) for name in names):
            break
        if look.is_last:
            raise BootstrapError(
                f"the definitions of {chart.name} are not served",
                "look at the definitions: `kubectl get crd`",
            )
    for document in others:
        apply(document)


def _wait_available(
    namespace: str,
    files: Files,
    cluster: Cluster,
    clock: Clock,
    reporter: Reporter,
    timeout_seconds: float,
) -> None:
    said = ""
    for look in looks(clock, timeout_seconds, pause=_POLL_SECONDS):
        missing = cluster.installing.unavailable(namespace)
        if not missing:
            return
        message = f"waiting for {', '.join(missing)} in {namespace}"
        if message != said:
            reporter.step(message)
            said = message
        if look.is_last:
            causes = explain(cluster.read_workloads(namespace), files)
            raise BootstrapError(
                causes[0].message if causes else f"not available: {', '.join(missing)}",
                causes[0].hint if causes else f"look at namespace {namespace}, then run this again",
            )
