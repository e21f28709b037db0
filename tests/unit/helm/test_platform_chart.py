"""A chart of the platform by real Helm: what its refusals mean, and the ways round."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap.argocd.platform_charts import SEALED_SECRETS, other_ways
from bootstrap.errors import BootstrapError
from bootstrap.helm import process
from bootstrap.helm.platform_chart import render_chart
from tests.unit.http_server import serve

NOBODY = "127.0.0.1:1"
WAYS = other_ways(SEALED_SECRETS)
PATH = "argocd/platform/sealed-secrets.yaml"
INDEX = b"""\
apiVersion: v1
entries:
  sealed-secrets:
    - {apiVersion: v2, name: sealed-secrets, version: 1.0.0, urls: ["SERVER/gone.tgz"]}
"""


@pytest.fixture(params=[3, 4])
def helm(
    request: pytest.FixtureRequest, helm3: Path, helm4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOTSTRAP_HELM", str({3: helm3, 4: helm4}[request.param]))


def failure(root: Path, repo: str, version: str) -> tuple[str, str]:
    chart = replace(SEALED_SECRETS, repo=repo, version=version)
    with pytest.raises(BootstrapError) as raised:
        render_chart(root, chart, "v1.36.3")
    return raised.value.message, raised.value.hint


@pytest.mark.usefixtures("helm")
@pytest.mark.parametrize(
    "repo",
    [f"http://{NOBODY}/charts", f"{NOBODY}/charts", f"oci://{NOBODY}/charts/sealed-secrets"],
    ids=["repository", "registry", "artifact"],
)
def test_a_repository_that_nobody_answers_for_is_told_with_the_ways_round(
    tmp_path: Path, repo: str
) -> None:
    message, hint = failure(tmp_path, repo, "1.0.0")

    reached = f"chart sealed-secrets: {repo} can't be reached: dial tcp {NOBODY}: connect: "
    assert message == reached + "connection refused"
    assert re.fullmatch(r"see .*; or write repoURL: .* \(OCI\); or delete .* --charts DIR`", hint)


@pytest.mark.usefixtures("helm")
def test_a_repository_or_an_archive_that_is_gone_is_told_with_the_ways_round(
    tmp_path: Path,
) -> None:
    answers: dict[str, tuple[int, bytes]] = {}
    with serve(answers) as server:
        answers["/charts/index.yaml"] = (200, INDEX.replace(b"SERVER", server.encode()))
        dead = failure(tmp_path, f"{server}/dead", "1.0.0")
        gone = failure(tmp_path, f"{server}/charts", "1.0.0")
        older = failure(tmp_path, f"{server}/charts", "0.9.0")

    assert dead[0] == f"chart sealed-secrets: {server}/dead can't be reached: 404 Not Found"
    assert gone[0] == f"chart sealed-secrets: {server}/charts can't be reached: 404 Not Found"
    assert "--charts DIR" in dead[1]
    assert gone[1] == dead[1]
    assert older == (
        f"chart sealed-secrets: {server}/charts has no version 0.9.0 of it",
        f"write one that it has as targetRevision in {PATH}",
    )


def test_a_repository_that_never_answers_is_told_with_the_ways_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tmp_path / "helm"
    helm.write_text("#!/bin/sh\nexec sleep 60\n")
    helm.chmod(stat.S_IRWXU)
    monkeypatch.setenv("BOOTSTRAP_HELM", str(helm))
    monkeypatch.setattr(process, "_SECONDS", 0.1)

    with pytest.raises(BootstrapError) as raised:
        render_chart(tmp_path, SEALED_SECRETS, "v1.36.3")

    assert raised.value.message == "helm gave no result in 0.1 s"
    assert raised.value.hint == WAYS


@pytest.mark.usefixtures("helm")
def test_values_that_the_chart_refuses_are_told_with_the_file_that_has_them(
    tmp_path: Path,
) -> None:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: sealed-secrets\nversion: 1.0.0\n")
    (chart / "templates/all.yaml").write_text('{{ fail "image.tag is missing" }}\n')
    given = replace(SEALED_SECRETS, repo="", version="", folder="chart")

    with pytest.raises(BootstrapError) as raised:
        render_chart(tmp_path, given, "v1.36.3")

    assert raised.value.message.endswith("image.tag is missing")
    assert raised.value.hint == f"mend the values in {PATH}"
