"""Who comes from the old script, in the same namespace: its Secret is in the way, and handed over.

The old objects are those of the manifests that people applied by hand, with other images.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chart.live import need_fake_pods, with_tools
from tests.e2e.loop import Live
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import PROJECT, Workspace
from tests.tools.build import ensure

_OLD = {
    "GITHUB_TOKEN": "ghp-old",
    "SLACK_BOT_TOKEN": "xoxb-old",
    "SLACK_SIGNING_SECRET": "signing-old",
    "ANTHROPIC_API_KEY": "sk-old",
}
_REDIS = b"redis:6379"


@pytest.fixture
def place(plane: Target, unique_name: Callable[[str], str]) -> Iterator[str]:
    """A namespace with the old installation, whose pods run."""
    need_fake_pods(plane.cluster)
    name = unique_name("old-")
    plane.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for manifest in old_objects(name):
        plane.cluster.apply(manifest)
    wait_for(lambda: len(pods(plane, name)) == 2, "the old pods")
    yield name


@pytest.fixture
def user(place: str, workspace: Workspace, plane: Target, tmp_path: Path) -> Workspace:
    """Somebody with the fork, the old `.env` and the old configuration."""
    helm = ensure("helm4")["helm4"]
    user = with_tools(workspace, tmp_path / "home", helm, plane.kubeconfig)
    user.write(".env", "".join(f"{name}={value}\n" for name, value in _OLD.items()))
    user.write("config/agentsmith.yml", "projects: {}\n# of the old one\n")
    return user


def test_the_guide_within_the_same_namespace_leaves_no_pod_without_its_secret(
    user: Workspace, plane: Target, place: str
) -> None:
    old_uid, old_pods = uid(plane, place), pods(plane, place)
    first, second = (block.replace("agentsmith\n", f"{place}\n") for block in guide())
    second = re.sub(r"-n agentsmith\b", f"-n {place}", second)

    user.run("bash", "-euo", "pipefail", "-c", first)
    doctor = json.loads(user.bootstrap("doctor", "-o", "json", check=False).stdout)
    refused = user.bootstrap("up", "prod", check=False)
    untouched = plane.cluster.get(
        "argoproj.io/v1alpha1", "Application", "agentsmith-root", "argocd"
    )
    user.run("bash", "-euo", "pipefail", "-c", second)

    told = (
        f"Secret {place}/agentsmith-secrets is there already, and the sealed-secrets controller"
        " writes only its own"
    )
    assert [item["what"] for item in doctor["findings"] if item["check"] == "prod: secret"] == [
        told
    ]
    assert (refused.returncode, untouched) == (1, None)
    assert f"error: {told}\n  fix: `bootstrap up prod --adopt-secret`" in refused.stderr
    assert uid(plane, place) == old_uid, "the Secret was never away"
    live = Live(plane, "prod", place)
    assert live.secret() == {
        **{name.lower().replace("_", "-"): value.encode() for name, value in _OLD.items()},
        "redis-url": _REDIS,
    }
    wait_for(lambda: not pods(plane, place) & old_pods, "the old pods to be gone")
    assert live.rolled_out()
    again = user.bootstrap("up", "prod", "--adopt-secret")
    assert "no Secret to adopt" in again.stderr


def test_a_controller_that_gave_up_takes_over_and_what_is_lost_is_asked_about(
    user: Workspace, plane: Target, place: str
) -> None:
    user.bootstrap("init", "prod", "--namespace", place)
    user.bootstrap("seal", ".env", "--env", "prod")
    user.bootstrap("secrets", "remove", "slack-bot-token", "--env", "prod")
    user.push("Add environment prod")
    for name in ("agentsmith-dispatcher", "redis"):
        plane.cluster.delete("apps/v1", "Deployment", name, place)
    # as Argo CD applies it without us
    user.run("kubectl", "-n", place, "apply", "-f", "environments/prod/sealed-secret.yaml")
    sealed = ("bitnami.com/v1alpha1", "SealedSecret", "agentsmith-secrets", place)

    def condition() -> dict[str, Any]:
        found = plane.cluster.get(*sealed) or {}
        conditions = found.get("status", {}).get("conditions") or [{}]
        return dict(conditions[0])

    wait_for(lambda: condition().get("status") == "False", "the controller to give up")
    old_uid = uid(plane, place)

    unasked = user.bootstrap("up", "prod", "--adopt-secret", check=False)
    agreed = user.bootstrap("up", "prod", "--adopt-secret", "--yes")

    assert "already exists and is not managed" in condition().get("message", "") or (
        condition()["status"] == "True"
    )
    assert (unasked.returncode, "loses slack-bot-token" in unasked.stderr) == (2, True)
    assert "restarting" in agreed.stderr
    assert uid(plane, place) == old_uid
    assert "slack-bot-token" not in (Live(plane, "prod", place).secret() or {})


def guide() -> list[str]:
    """Return the shell blocks of the section that this file runs."""
    text = (PROJECT / "docs/guides/moving.md").read_text(encoding="utf-8")
    section = text.partition("## In the same namespace")[2]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 2
    return blocks


def uid(plane: Target, namespace: str) -> str:
    found = plane.cluster.get("v1", "Secret", "agentsmith-secrets", namespace)
    assert found is not None
    return str(found["metadata"]["uid"])


def pods(plane: Target, namespace: str) -> set[str]:
    """Return the uids of the pods that run."""
    return {
        pod["metadata"]["uid"]
        for pod in plane.cluster.list("v1", "Pod", namespace)
        if pod.get("status", {}).get("phase") == "Running"
        and "deletionTimestamp" not in pod["metadata"]
    }


def old_objects(namespace: str) -> Iterator[dict[str, Any]]:
    """Yield what the script and the old manifests made."""
    values = {name.lower().replace("_", "-"): value for name, value in _OLD.items()}
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "agentsmith-secrets", "namespace": namespace},
        "type": "Opaque",
        "stringData": {**values, "openai-api-key": "", "redis-url": _REDIS.decode()},
    }
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "agentsmith-config", "namespace": namespace},
        "data": {"agentsmith.yml": "projects: {}\n"},
    }
    for name, port in (("agentsmith-dispatcher", 80), ("redis", 6379)):
        labels = {"app": name}
        container = {"name": name, "image": f"{name}:old"}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"selector": labels, "ports": [{"name": "http", "port": port}]},
        }
