"""`bootstrap clusters` against the Secrets that Argo CD reads."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.plane.target import Target
from tests.support.workspace import Workspace


def test_a_cluster_that_argocd_was_given_is_listed_without_its_credentials(
    plane: Target, workspace: Workspace, unique_name: Callable[[str], str]
) -> None:
    name = unique_name("")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "stringData": {
            "name": name,
            "server": "https://127.0.0.1:1",
            "config": '{"bearerToken": "marked-token"}',
        },
    }
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("init", "edge", "--cluster", name)
    plane.cluster.apply(secret)
    try:
        done = workspace.bootstrap("clusters", "-o", "json")
    finally:
        plane.cluster.delete("v1", "Secret", name, "argocd")

    listed = {item["server"]: item for item in json.loads(done.stdout)["clusters"]}
    assert listed["https://kubernetes.default.svc"]["environments"] == ["prod"]
    assert listed["https://127.0.0.1:1"] == {
        "name": name,
        "server": "https://127.0.0.1:1",
        "known": True,
        "environments": ["edge"],
    }
    assert "marked-token" not in done.stdout + done.stderr
