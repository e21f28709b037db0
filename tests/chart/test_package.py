"""`helm package`: everything of the chart, nothing of the user's."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.chart.render import CHART, Chart, containers, pod_specs, run
from tests.support.reading import read_yaml

LEFT_OUT = (
    "values.local.yaml",
    "values.prod.yaml",
    "values.staging.yaml",
    "values.prod.yml",
    "secrets.local.yaml",
    "sealing-key.local.pem",
    ".env",
    ".env.prod",
    "values.yaml.bak",
    "ci/private-values.yaml",
)


def packed(helm: Path, chart: Path, target: Path) -> Path:
    run(helm, "package", chart, "--destination", target)
    (archive,) = target.glob("*.tgz")
    assert archive.name == "agentsmith-0.1.0.tgz"
    return archive


def own_files() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=CHART,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return {path for path in listed if not path.startswith("ci/")}


def test_values_of_the_user_stay_out_of_the_package(either: Chart, tmp_path: Path) -> None:
    chart = tmp_path / "agentsmith"
    shutil.copytree(CHART, chart)
    for name in LEFT_OUT:
        (chart / name).write_text("token: do-not-publish\n")
    archive = packed(either.helm, chart, tmp_path)
    with tarfile.open(archive) as tar:
        names = {name.removeprefix("agentsmith/") for name in tar.getnames()}
    assert names == own_files()
    assert {"values.yaml", "values.local.yaml.example", "values.prod.yaml.example"} <= names


def test_the_package_renders_like_the_folder(chart: Chart, tmp_path: Path) -> None:
    archive = packed(chart.helm, CHART, tmp_path)
    assert chart.text(chart=archive) == chart.text()


def test_git_ignores_the_users_values_and_keeps_the_examples() -> None:
    def ignored(name: str) -> bool:
        command = ["git", "check-ignore", "-q", "--no-index", str(CHART / name)]
        return subprocess.run(command, cwd=CHART, check=False).returncode == 0

    names = ("values.local.yaml", "values.prod.yaml", "values.yaml")
    examples = ("values.local.yaml.example", "values.prod.yaml.example")
    assert {n: ignored(n) for n in (*names, *examples)} == {
        "values.local.yaml": True,
        "values.prod.yaml": True,
        "values.yaml": False,
        "values.local.yaml.example": False,
        "values.prod.yaml.example": False,
    }


def test_the_listed_images_are_the_default_ones(chart: Chart) -> None:
    metadata = read_yaml((CHART / "Chart.yaml").read_text())
    listed = read_yaml(metadata["annotations"]["artifacthub.io/images"])
    used = {c["image"] for _, spec in pod_specs(chart.objects()) for c in containers(spec)}
    assert {entry["image"] for entry in listed} == used | {"agentsmith:latest"}


def test_artifact_hub_can_read_what_the_chart_says_of_itself() -> None:
    metadata = read_yaml((CHART / "Chart.yaml").read_text())
    said = metadata["annotations"]
    changes = read_yaml(said["artifacthub.io/changes"])
    links = read_yaml(said["artifacthub.io/links"])
    assert metadata["kubeVersion"] == ">=1.30.0-0"
    assert said["artifacthub.io/category"] == "integration-delivery"
    assert said["artifacthub.io/license"] == "Apache-2.0"
    flags = ("operator", "prerelease", "containsSecurityUpdates")
    assert all(said[f"artifacthub.io/{name}"] in {"true", "false"} for name in flags)
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    assert changes
    assert all(change["kind"] in kinds and change["description"] for change in changes)
    assert all(link["name"] and link["url"].startswith("https://") for link in links)
    assert all(isinstance(text, str) for text in said.values())


def test_the_public_files_of_the_chart_are_there() -> None:
    expected = {
        "Chart.yaml",
        "README.md",
        "values.yaml",
        "values.schema.json",
        "templates/_helpers.tpl",
        "templates/NOTES.txt",
        "templates/namespace.yaml",
        "templates/secret.yaml",
        "templates/configmap.yaml",
        "templates/redis/deployment.yaml",
        "templates/redis/service.yaml",
        "templates/dispatcher/deployment.yaml",
        "templates/dispatcher/service.yaml",
        "templates/rbac/serviceaccount.yaml",
        "templates/rbac/role.yaml",
        "templates/rbac/rolebinding.yaml",
        "templates/ingress.yaml",
    }
    assert expected <= own_files()
