"""Whether the chart renders for every environment, and their values are as its schema wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.helm import Helm

_WHY = "Argo CD renders it in the same way, and would apply nothing of the push"


def examine(applications: Sequence[ApplicationFile], repository: Repository) -> list[Finding]:
    """Return what Helm says of each environment, rendered as Argo CD does."""
    findings: list[Finding] = []
    sources: list[HelmSource] = []
    for application in applications:

        def read(application: ApplicationFile = application) -> Iterator[Finding]:
            sources.append(application.helm_source())
            yield from ()

        findings += guarded(f"{application.environment.name}: chart", read)
    if sources:
        findings += guarded("chart", lambda: _render(sources, repository))
    return findings


def _render(sources: Sequence[HelmSource], repository: Repository) -> Iterator[Finding]:
    try:
        helm = Helm.find()
    except BootstrapError as error:
        yield Finding(
            "chart", Severity.INFO, f"not checked whether the chart renders: {error.message}",
            _WHY, error.hint,
        )  # fmt: skip
        return
    for source, result in zip(sources, helm.render_all(repository.root, sources), strict=True):
        check = f"{source.name}: chart"
        if isinstance(result, BootstrapError):
            yield Finding(check, Severity.ERROR, result.message, _WHY, result.hint)
        else:
            yield Finding(check, Severity.OK, "the chart renders, and values are as its schema")
