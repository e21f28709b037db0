"""`bootstrap repo`: a private repository is refused before credentials, and brought up after."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.loop import Live, remove_everything
from tests.plane.git_server import GitServer
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, make_workspace

_PASSWORD = "open-sesame"
_LABEL = "argocd.argoproj.io/secret-type"
_SECRETS = f"{_LABEL}=repository"


@pytest.fixture
def private(
    plane: Target, tmp_path: Path, unique_name: Callable[[str], str]
) -> Iterator[Workspace]:
    """A fork on a server that wants a user and a password, with environment prod pushed."""
    server = GitServer(tmp_path / "git", user="dev", password=_PASSWORD).start()
    url = server.create(unique_name(""))
    own = url.replace("http://", f"http://dev:{_PASSWORD}@")
    workspace = make_workspace(tmp_path, own, {"KUBECONFIG": str(plane.kubeconfig)})
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("seal", "-", input="githubToken: token\n")
    workspace.push("Add environment prod")
    yield workspace
    server.stop()
    remove_everything(plane)
    cluster = plane.cluster
    for secret in cluster.list("v1", "Secret", "argocd", labelSelector=_SECRETS):
        name = secret["metadata"]["name"]
        cluster.delete("bitnami.com/v1alpha1", "SealedSecret", name, "argocd")
        cluster.delete("v1", "Secret", name, "argocd")


def test_a_private_repository_comes_up_once_argocd_has_credentials(
    plane: Target, private: Workspace
) -> None:
    predicted = private.bootstrap("doctor", check=False)
    private.bootstrap("up", "prod", "--no-wait")
    refused = wait_for(lambda: _refusal(plane), "Argo CD to be refused")
    add = ["repo", "add", "--username", "dev", "--password-stdin"]
    added = private.bootstrap(*add, input=f"{_PASSWORD}\n")
    again = private.bootstrap(*add, input=f"{_PASSWORD}\n")
    up = private.bootstrap("up", "prod")

    url = private.remote_url.replace(f"dev:{_PASSWORD}@", "")
    assert predicted.returncode == 1
    assert predicted.stdout.count("error ") == 1
    assert f"error    credentials: Argo CD has no credentials for {url}\n" in predicted.stdout
    assert "authentication required" in refused
    assert added.stderr.startswith("created: Secret argocd/agentsmith-repository-")
    assert again.stderr.startswith("unchanged: ")
    assert Live(plane, "prod", "agentsmith-prod").at(private.git("rev-parse", "HEAD"))
    assert _PASSWORD not in added.stdout + added.stderr + up.stdout + up.stderr


def _refusal(plane: Target) -> str | None:
    """Return what Argo CD says of the repository, once it has tried."""
    root = plane.cluster.get("argoproj.io/v1alpha1", "Application", "agentsmith-root", "argocd")
    conditions = (root or {}).get("status", {}).get("conditions", [])
    return next((item["message"] for item in conditions if "Error" in item["type"]), None)


def test_credentials_sealed_into_git_are_given_by_up(plane: Target, private: Workspace) -> None:
    add = ["repo", "add", "--username", "dev", "--password-stdin", "--seal", "prod"]
    private.bootstrap(*add, input=_PASSWORD)
    commit = private.push("Add credentials")

    up = private.bootstrap("up", "prod")
    twice = private.bootstrap("up", "prod")

    assert Live(plane, "prod", "agentsmith-prod").at(commit)
    url = private.remote_url.replace(f"dev:{_PASSWORD}@", "")
    for done in (up, twice):
        assert f"credentials for {url} given to Argo CD" in done.stderr
    (secret,) = plane.cluster.list("v1", "Secret", "argocd", labelSelector=_SECRETS)
    assert secret["metadata"]["ownerReferences"][0]["kind"] == "SealedSecret"
    assert _PASSWORD not in private.git("grep", "", "argocd")


def test_what_argocd_has_is_listed_with_whose_it_is(plane: Target, private: Workspace) -> None:
    url = private.remote_url.replace(f"dev:{_PASSWORD}@", "")
    theirs = url.replace("http://", f"http://else:{_PASSWORD}@") + "-b"
    none = private.bootstrap("repo", "list")
    add = ["repo", "add", "--username", "dev", "--password-stdin", "--seal", "prod"]
    private.bootstrap(*add, input=_PASSWORD)
    waiting = private.bootstrap("repo", "list")
    private.push("Add credentials")
    private.bootstrap("up", "prod")
    _give(plane, "repo-team-b", {"url": theirs, "project": "team-b", "password": _PASSWORD})
    listed = private.bootstrap("repo", "list")
    data = json.loads(private.bootstrap("repo", "list", "-o", "json").stdout)

    (path,) = private.git("ls-files", "argocd/repositories").split()
    assert none.stdout.split() == ["URL", "KIND", "PROJECT", "READS", "SECRET", "FROM"]
    assert "a public repository needs none" in none.stderr
    assert waiting.stdout.rstrip().endswith(f"{path}, not given yet")
    assert waiting.stderr == (
        f"warning: {path} is not given to Argo CD yet: `bootstrap up` applies it\n"
    )
    own, other = listed.stdout.splitlines()[1:]
    assert own.startswith(f"{url} ")
    assert "this repository" in own
    assert own.endswith(path)
    assert other.startswith("http://***@")
    assert "another's" in other
    assert other.endswith("Argo CD only")
    assert listed.stderr == ""
    assert [
        (item["ours"], item["readsRoot"], item["environments"], item["project"])
        for item in data["repositories"]
    ] == [(True, True, ["prod"], "agentsmith"), (False, False, [], "team-b")]
    shown = none.stdout + waiting.stdout + listed.stdout + json.dumps(data)
    assert _PASSWORD not in shown
    assert base64.b64encode(_PASSWORD.encode()).decode() not in shown


def _give(plane: Target, name: str, fields: dict[str, str]) -> None:
    """Have another team give Argo CD credentials of its own."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "argocd", "labels": {_LABEL: "repository"}},
        "stringData": fields,
    }
    plane.cluster.apply(secret)
