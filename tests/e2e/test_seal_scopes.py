"""Every scope against the real controller and upstream's own kubeseal, in both directions."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.plane.sealed_secrets import Release
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.reading import read_yaml
from tests.support.workspace import Workspace
from tests.tools.build import ensure

_SEALED = "environments/prod/sealed-secret.yaml"
_NAME = "agentsmith-secrets"
_SCOPES = ["strict", "namespace-wide", "cluster-wide"]
_PEM = "-----BEGIN-----\nabc\n-----END-----\n"


@pytest.fixture(scope="module")
def plane(each_release: Target) -> Target:
    """The newest sealed-secrets, then the oldest that is promised."""
    return each_release


@pytest.fixture
def kubeseal(release: Release) -> Path:
    """The `kubeseal` that belongs to the controller."""
    return ensure(release.kubeseal)[release.kubeseal]


@pytest.fixture
def prod(workspace: Workspace, namespace: str) -> Workspace:
    """An environment that is sealed for the controller, in a namespace that is there."""
    workspace.bootstrap("init", "prod", "--namespace", namespace, "--from-cluster")
    return workspace


def sealed(workspace: Workspace) -> dict[str, Any]:
    return dict(read_yaml(workspace.read(_SEALED)))


def unsealed(plane: Target, manifest: dict[str, Any], namespace: str) -> dict[str, bytes]:
    """Give the controller a SealedSecret and return the data of the Secret that it makes."""
    applied = plane.cluster.apply(manifest, namespace)
    generation = applied["metadata"]["generation"]

    def done() -> dict[str, bytes] | None:
        found = plane.cluster.get("bitnami.com/v1alpha1", "SealedSecret", _NAME, namespace) or {}
        status = found.get("status", {})
        conditions = {item["type"]: item["status"] for item in status.get("conditions", [])}
        if status.get("observedGeneration") != generation or conditions.get("Synced") != "True":
            return None
        return plane.cluster.secret(_NAME, namespace)

    return wait_for(done, "the controller to unseal", timeout=30)


def validate(workspace: Workspace, kubeseal: Path) -> None:
    """Ask the controller by `kubeseal --validate`."""
    workspace.run(
        str(kubeseal), "--validate", "--controller-namespace", "kube-system",
        "--controller-name", "sealed-secrets", input=workspace.read(_SEALED),
    )  # fmt: skip


def check(workspace: Workspace, *, ok: bool) -> dict[str, str]:
    """Return state and reason of each key, as the controller has them."""
    done = workspace.bootstrap(
        "secrets", "check", "prod", "--from-cluster", "-o", "json", check=False
    )
    assert done.returncode == (0 if ok else 1), done.stderr
    found = json.loads(done.stdout)
    assert found["unverified"] == []
    return {item["key"]: f"{item['state']}: {item['reason']}" for item in found["values"]}


def test_controller_unseals_and_kubeseal_accepts_each_scope(
    plane: Target, prod: Workspace, namespace: str, kubeseal: Path
) -> None:
    values = {"github-token": b"ghp", "jira-token": _PEM.encode(), "redis-url": b"redis:6379"}
    for scope in _SCOPES:
        prod.write("secrets.local.yaml", f"githubToken: ghp\njiraToken: {json.dumps(_PEM)}\n")
        prod.bootstrap("seal", "secrets.local.yaml", "--scope", scope)
        validate(prod, kubeseal)
        assert unsealed(plane, sealed(prod), namespace) == values
        assert {item.split(":")[0] for item in check(prod, ok=True).values()} == {"ok"}
    prod.bootstrap("secrets", "set", "jira-email", input="a@b.c\n")
    prod.bootstrap("secrets", "remove", "github-token")
    del values["github-token"]
    assert unsealed(plane, sealed(prod), namespace) == {**values, "jira-email": b"a@b.c"}


def test_what_kubeseal_seals_in_each_scope_is_checked_and_merged(
    plane: Target, prod: Workspace, namespace: str, kubeseal: Path
) -> None:
    certificate = "environments/prod/sealing-cert.pem"
    for scope in _SCOPES:
        secret = {
            "apiVersion": "v1", "kind": "Secret", "stringData": {"github-token": scope},
            "metadata": {"name": _NAME, "namespace": namespace},
        }  # fmt: skip
        options = ("--cert", certificate, "--scope", scope, "--format", "yaml")
        theirs = prod.run(str(kubeseal), *options, input=json.dumps(secret)).stdout
        prod.write(_SEALED, theirs)
        assert list(check(prod, ok=True)) == ["github-token"]
        prod.bootstrap("secrets", "set", "jira-token", input="ours")
        secret["stringData"] = {"jira-email": "merged"}
        prod.run(str(kubeseal), *options, "--merge-into", _SEALED, input=json.dumps(secret))
        validate(prod, kubeseal)
        assert len(check(prod, ok=True)) == 4
        assert unsealed(plane, sealed(prod), namespace) == {
            "github-token": scope.encode(),
            "jira-token": b"ours",
            "jira-email": b"merged",
            "redis-url": b"redis:6379",
        }


def test_a_secret_piped_from_the_cluster_comes_back_without_what_tools_wrote(
    plane: Target, prod: Workspace, namespace: str, kubeseal: Path
) -> None:
    live = {
        "apiVersion": "v1", "kind": "Secret", "stringData": {"github-token": "ghp-of-the-cluster"},
        "metadata": {
            "name": _NAME, "namespace": namespace,
            "labels": {"app.kubernetes.io/name": "agentsmith", "team": "smith"},
            "annotations": {"reloader.stakater.com/match": "true", "example.com/owner": "us"},
        },
    }  # fmt: skip
    packed = base64.b64encode(gzip.compress(json.dumps(live).encode())).decode()
    live["metadata"]["annotations"]["objectset.rio.cattle.io/applied"] = packed
    piped = dict(plane.cluster.apply(live, namespace))
    plane.cluster.delete("v1", "Secret", _NAME, namespace)
    keep = ("--keep-label", "team")

    prod.bootstrap("seal", "-", *keep, input=json.dumps(piped))
    validate(prod, kubeseal)
    values = unsealed(plane, sealed(prod), namespace)
    made = plane.cluster.get("v1", "Secret", _NAME, namespace) or {}

    assert values == {"github-token": b"ghp-of-the-cluster", "redis-url": b"redis:6379"}
    assert made["metadata"]["labels"] == {"app.kubernetes.io/name": "agentsmith", "team": "smith"}
    assert made["metadata"]["annotations"] == {"reloader.stakater.com/match": "true"}
    prod.run("git", "add", "--all")
    prod.bootstrap("check")


def test_controller_names_the_one_value_that_it_can_not_open(prod: Workspace) -> None:
    prod.bootstrap("seal", "-", input="githubToken: ghp\njiraToken: x\n")
    strict = sealed(prod)["spec"]["encryptedData"]
    prod.bootstrap("seal", "-", "--scope", "cluster-wide", input="githubToken: a\njiraToken: x\n")
    now = sealed(prod)["spec"]["encryptedData"]
    prod.write(_SEALED, prod.read(_SEALED).replace(now["jira-token"], strict["jira-token"]))

    found = check(prod, ok=False)

    service = "controller kube-system/sealed-secrets"
    assert found == {
        "github-token": f"ok: {service} opens it",
        "jira-token": f"wrong: {service} does not open it: another certificate, scope or namespace",
        "redis-url": f"ok: {service} opens it",
    }


def test_controller_is_found_by_the_names_given_or_named_as_missing(
    prod: Workspace, plane: Target
) -> None:
    named = ("--controller-namespace", "kube-system", "--controller-name", "sealed-secrets")
    wrong = ("--controller-namespace", "kube-system", "--controller-name", "no-such")
    arguments = ("seal", "-", "--from-cluster", "--dry-run")
    assert prod.bootstrap(*arguments, *named, input="githubToken: x\n").returncode == 0
    missing = prod.bootstrap(*arguments, *wrong, input="githubToken: x\n", check=False)
    nowhere = prod.bootstrap(
        *arguments, "--controller-namespace", "default", input="githubToken: x\n", check=False
    )
    unreachable = prod.bootstrap("secrets", "check", "prod", "--context", "none", "-o", "json")

    assert missing.returncode == 1
    assert "has no Service kube-system/no-such" in missing.stderr
    assert nowhere.stderr.startswith("error: no sealed-secrets controller in ")
    assert json.loads(unreachable.stdout)["notes"] == ["no value is sealed yet"]
    assert plane.sealing_certificate().strip() in prod.read("environments/prod/sealing-cert.pem")
