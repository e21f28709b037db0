"""Charts of the platform: how Helm is told of each source, and what else there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap import upstream
from bootstrap.argocd.platform_charts import (
    ARGO_CD,
    SEALED_SECRETS,
    PlatformChart,
    helm_reference,
    other_ways,
)

CHART = PlatformChart("argo-cd", "argocd", "argocd", repo="https://charts.example.com", version="1")


@pytest.mark.parametrize(
    ("chart", "arguments"),
    [
        (CHART, ["argo-cd", "--repo", "https://charts.example.com", "--version", "1"]),
        (
            replace(CHART, repo="registry.example.com/charts"),
            ["oci://registry.example.com/charts/argo-cd", "--version", "1"],
        ),
        (
            replace(CHART, repo="oci://registry.example.com/charts/argo-cd"),
            ["oci://registry.example.com/charts/argo-cd", "--version", "1"],
        ),
        (replace(CHART, repo="", version="", folder="argocd/platform/charts/argo-cd"), ["."]),
    ],
    ids=["repository", "registry", "artifact", "folder"],
)
def test_helm_is_told_of_a_chart_by_the_kind_of_its_source(
    chart: PlatformChart, arguments: list[str]
) -> None:
    assert helm_reference(chart) == arguments


@pytest.mark.parametrize(
    ("chart", "other"),
    [
        (ARGO_CD, f"{upstream.ARGO_CD_CHARTS_OCI.value} in argocd/platform/argo-cd.yaml"),
        (
            replace(SEALED_SECRETS, repo=upstream.SEALED_SECRETS_CHARTS_OCI.value),
            f"{upstream.SEALED_SECRETS_CHARTS.value} in argocd/platform/sealed-secrets.yaml",
        ),
    ],
    ids=["by OCI", "by HTTPS"],
)
def test_the_other_repository_and_an_archive_are_ways_round(
    chart: PlatformChart, other: str
) -> None:
    said = other_ways(chart)

    assert said.count("repoURL: ") == 1
    assert f"; or write repoURL: {other}, which has it too" in said
    assert said.endswith(
        f"or delete argocd/platform/{chart.name}.yaml and give an archive of the chart:"
        " `bootstrap up --install --charts DIR`"
    )
