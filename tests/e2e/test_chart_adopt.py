"""A release of Helm is handed over to Argo CD, and back, by the guide's commands: no restart."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.chart.live import Hooks, User, edit, for_fake_pods, need_fake_pods, with_tools
from tests.e2e.loop import Live, announce
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.reading import read_yaml
from tests.support.workspace import Workspace

APPLICATION = ("argoproj.io/v1alpha1", "Application")
CONFIG = "projects: {}\n# of the old release\n"
LOCAL = "helm/agentsmith/values.local.yaml"
PROD = "environments/prod/values.yaml"


@pytest.fixture
def place(plane: Target, unique_name: Callable[[str], str], tmp_path: Path) -> Iterator[str]:
    """A name for a namespace that is not there yet, in which the pre-delete hook will run."""
    need_fake_pods(plane.cluster)
    name = unique_name("adopt-")
    with Hooks(plane.cluster, plane.kubeconfig, name, tmp_path):
        yield name


@pytest.fixture(params=["helm3", "helm4"])
def user(
    request: pytest.FixtureRequest,
    plane: Target,
    place: str,  # before the workspace, whose end deletes the Application
    workspace: Workspace,
    tmp_path: Path,
) -> Iterator[User]:
    """Somebody with a fork and one Helm."""
    helm: Path = request.getfixturevalue(request.param)
    yield User(
        with_tools(workspace, tmp_path / "home", helm, plane.kubeconfig), plane.cluster, place
    )
    plane.cluster.delete(*APPLICATION, "agentsmith-root", "argocd")
    if plane.cluster.get(*APPLICATION, "agentsmith-prod", "argocd") is None:
        plane.cluster.delete("v1", "Namespace", place)


def test_a_release_goes_to_argo_cd_and_back_without_a_restart(user: User, plane: Target) -> None:
    install(user)
    secret, secret_uid, redis = user.secret(), uid(user, "agentsmith-secrets"), user.redis_pods()

    # The old values, in the form that Git may hold.
    user.guide("helm-adopt: 1. Put the secret into a form that Git may hold")
    old = values_of(user, LOCAL)
    del old["secrets"]
    edit(user.workspace.root / PROD, lambda new: merge(new, old))
    user.workspace.write("environments/prod/agentsmith.yml", CONFIG)
    user.guide("helm-adopt: 1. Put the secret into a form that Git may hold (2)")
    assert user.secret() == secret
    assert uid(user, "agentsmith-secrets") == secret_uid, "the Secret was never away"
    assert owner(user, "agentsmith-secrets") == "SealedSecret"
    assert user.redis_pods() == redis

    assert user.guide("helm-adopt: 2. Compare before anything is handed over") == ""
    for name in ("before.yaml", "after.yaml"):
        (user.workspace.root / name).unlink()

    live = Live(plane, "prod", user.namespace)
    wait_for(live.rolled_out, "the rollout of the step before")
    before = pods(user)
    assert len(before) == 2
    user.guide("helm-adopt: 3. Hand over")
    commit = user.workspace.git("rev-parse", "HEAD")
    assert_untouched(user, before, secret, secret_uid)
    assert tracked(user) == set(), "what the guide says of the next step"
    user.guide("helm-adopt: 3. Hand over (2)")
    live.wait_until_at(commit)
    assert tracked(user) == {"agentsmith-dispatcher", "redis"}
    assert_untouched(user, before, secret, secret_uid)

    user.guide("helm-adopt: 4. Let Helm forget the release")
    assert user.run("helm", "list", "--short").stdout == ""
    assert not user.cluster.list("v1", "Secret", user.namespace, labelSelector="owner=helm")
    live.wait_until_at(commit, timeout=20)  # health is told anew while Helm's Secrets go
    assert_untouched(user, before, secret, secret_uid)

    # From now on a push is a release, and the sealed file is what the Secret holds.
    edit(user.workspace.root / PROD, lambda v: v["image"].update(dispatcher="dispatcher:1.1"))
    user.workspace.write("secrets.local.yaml", "githubToken: rotated\n")
    user.workspace.bootstrap("seal", "secrets.local.yaml")
    pushed = user.workspace.push("Release 1.1")
    announce(plane, user.workspace, commit, pushed)
    live.wait_until_at(pushed)
    assert user.image() == "dispatcher:1.1"
    secret |= {"github-token": b"rotated"}
    assert user.secret() == secret
    assert user.redis_pods() == redis

    before = pods(user)
    # As the guide says of Helm 4.
    force = ["--force-conflicts"] if helm_major(user) == 4 else []
    user.guide(
        "helm-adopt: And back", **{"--take-ownership": " ".join(["--take-ownership", *force])}
    )
    assert plane.cluster.get(*APPLICATION, "agentsmith-prod", "argocd") is None
    assert user.run("helm", "list", "--short").stdout.split() == ["agentsmith"]
    assert_untouched(user, before, secret, secret_uid)
    edit(user.workspace.root / PROD, lambda v: v["image"].update(dispatcher="dispatcher:1.2"))
    user.run(
        *("helm", "upgrade", "agentsmith", "./helm/agentsmith", "-f", PROD),
        *("--set-file", "config.content=environments/prod/agentsmith.yml"),
        *("--set-file", "sealedSecret.manifest=environments/prod/sealed-secret.yaml", *force),
    )
    assert user.image() == "dispatcher:1.2"
    assert user.redis_pods() == redis


def install(user: User) -> None:
    """Install by Helm alone, with the committed example as values."""
    folder = user.workspace.root
    shutil.copy(folder / f"{LOCAL}.example", folder / LOCAL)
    edit(folder / LOCAL, for_fake_pods)
    user.workspace.write("config.local.yaml", CONFIG)
    user.run(
        *("helm", "install", "agentsmith", "./helm/agentsmith", "--create-namespace"),
        *("-f", LOCAL, "--set-file", "config.content=config.local.yaml", "--wait"),
    )
    text = io.StringIO()
    YAML().dump({"secrets": values_of(user, LOCAL)["secrets"]}, text)
    user.workspace.write("secrets.local.yaml", text.getvalue())


def helm_major(user: User) -> int:
    version = user.run("helm", "version", "--template={{.Version}}").stdout
    return int(version.removeprefix("v").split(".")[0])


def values_of(user: User, path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = read_yaml(user.workspace.read(path))
    return loaded


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def metadata(user: User, secret: str) -> dict[str, Any]:
    found = user.cluster.get("v1", "Secret", secret, user.namespace)
    assert found is not None
    return dict(found["metadata"])


def uid(user: User, secret: str) -> str:
    return str(metadata(user, secret)["uid"])


def owner(user: User, secret: str) -> str:
    (reference,) = metadata(user, secret)["ownerReferences"]
    return str(reference["kind"])


def pods(user: User) -> dict[str, tuple[str, int]]:
    """Return uid and restarts of every pod, by name."""
    return {
        pod["metadata"]["name"]: (
            pod["metadata"]["uid"],
            sum(status["restartCount"] for status in pod["status"]["containerStatuses"]),
        )
        for pod in user.cluster.list("v1", "Pod", user.namespace)
    }


def tracked(user: User) -> set[str]:
    """Return the Deployments that Argo CD calls its own."""
    return {
        found["metadata"]["name"]
        for found in user.cluster.list("apps/v1", "Deployment", user.namespace)
        if "argocd.argoproj.io/tracking-id" in found["metadata"].get("annotations", {})
    }


def assert_untouched(
    user: User, before: dict[str, tuple[str, int]], secret: dict[str, bytes], secret_uid: str
) -> None:
    assert pods(user) == before
    assert user.secret() == secret
    assert uid(user, "agentsmith-secrets") == secret_uid
