from __future__ import annotations

from dataclasses import replace

import pytest

from bootstrap.argocd.platform import (
    parse_chart_application,
    render_chart_application,
    render_platform,
)
from bootstrap.argocd.platform_charts import ARGO_CD, PLATFORM_CHARTS, SEALED_SECRETS
from bootstrap.environments.environment import Root
from bootstrap.errors import BootstrapError
from tests.unit.golden import check_golden

URL = "https://git.example.com/team/agents.git"
VENDORED = replace(
    SEALED_SECRETS, folder="argocd/platform/charts/sealed-secrets", repo="", version=""
)


def test_the_project_and_the_root_are_exactly_this():
    project, root = render_platform(Root(URL, "main"), PLATFORM_CHARTS)

    assert (project.path, root.path) == (
        "argocd/platform-project.yaml",
        "argocd/platform-root.yaml",
    )
    check_golden("platform-project.yaml", project.content)
    check_golden("platform-root.yaml", root.content)


@pytest.mark.parametrize(
    ("chart", "golden"),
    [(ARGO_CD, "platform-argo-cd.yaml"), (VENDORED, "platform-sealed-secrets-vendored.yaml")],
    ids=["from-its-repository", "from-this-repository"],
)
def test_the_application_of_a_chart_is_exactly_this_and_reads_back(chart, golden):
    manifest = render_chart_application(chart, Root(URL, "main"))

    check_golden(golden, manifest.content)
    assert parse_chart_application(manifest.content, path=manifest.path) == chart


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("releaseName: argocd", "releaseName: --post-renderer=x", "no valid 'releaseName'"),
        ("releaseName: argocd", "parameters: []", "spec.source.helm.parameters can't be used"),
        ("namespace: argocd\n  syncPolicy", "other: x\n  syncPolicy", "no valid 'namespace'"),
    ],
)
def test_an_application_that_was_changed_to_what_we_can_not_install_is_named(old, new, message):
    text = render_chart_application(ARGO_CD, Root(URL, "main")).content
    assert old in text

    with pytest.raises(BootstrapError) as raised:
        parse_chart_application(text.replace(old, new), path="argocd/platform/argo-cd.yaml")

    assert raised.value.message.startswith(f"argocd/platform/argo-cd.yaml: {message}")


def test_a_chart_may_come_from_an_oci_registry_as_argo_cd_writes_it():
    text = render_chart_application(ARGO_CD, Root(URL, "main")).content
    path = "argocd/platform/argo-cd.yaml"
    source = f"repoURL: {ARGO_CD.repo}\n    chart: argo-cd\n"
    assert source in text

    def read(replacement):
        return parse_chart_application(text.replace(source, replacement), path=path)

    registry = read("repoURL: registry.example.com/charts\n    chart: argo-cd\n")
    artifact = read("repoURL: oci://registry.example.com/charts/argo-cd\n    path: .\n")
    with pytest.raises(BootstrapError) as raised:
        read("repoURL: oci://registry.example.com/charts\n    chart: argo-cd\n")

    assert (registry.repo, registry.folder) == ("registry.example.com/charts", "")
    assert (artifact.repo, artifact.folder) == ("oci://registry.example.com/charts/argo-cd", "")
    assert registry.version == artifact.version == ARGO_CD.version
    assert raised.value.message == (
        f"{path}: repoURL has oci:// beside a chart, which Argo CD can't find then"
    )
    assert raised.value.hint == "write repoURL: registry.example.com/charts"
