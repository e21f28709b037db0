"""The chart as a user of Helm handles it, by the commands of its guides, with Helm 3 and Helm 4.

Pods are the plane's fakes: what runs in them, and that requests go on, is for
test_chart_on_node.py. Everything else is real: API server, controllers, Helm, kubectl, kubeseal.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.chart.live import Hooks, User, agent_job, checkout, edit, for_fake_pods, need_fake_pods
from tests.node.listing import leftovers
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.unit.certificates import make_certificate, to_pem

UPGRADE = (
    *("helm", "upgrade", "agentsmith", "./helm/agentsmith"),
    *("--set-file", "config.content=config/agentsmith.yml", "--wait", "--timeout=120s"),
)
JOB = ("batch/v1", "Job")
LOCAL = "helm/agentsmith/values.local.yaml"
CONFIG = "projects: {}\n# first\n"


@pytest.fixture(params=["helm3", "helm4"])
def user(
    request: pytest.FixtureRequest,
    plane: Target,
    unique_name: Callable[[str], str],
    tmp_path: Path,
) -> Iterator[User]:
    """Somebody with a checkout, one Helm, and a name for a namespace that is not there yet."""
    need_fake_pods(plane.cluster)
    helm: Path = request.getfixturevalue(request.param)
    workspace = checkout(tmp_path / "checkout", helm, plane.kubeconfig)
    workspace.write("config/agentsmith.yml", CONFIG)
    made = User(workspace, plane.cluster, unique_name("chart-"))
    yield made
    plane.cluster.delete("v1", "Namespace", made.namespace)


@pytest.fixture
def hooks(user: User, plane: Target, tmp_path: Path) -> Iterator[Hooks]:
    """Who runs the hooks' pods in the user's namespace."""
    with Hooks(plane.cluster, plane.kubeconfig, user.namespace, tmp_path) as running:
        yield running


def settled(user: User) -> None:
    """Wait until no pod of an earlier template is left."""

    def one_template() -> bool:
        deployment = user.deployment("agentsmith-dispatcher")
        status, replicas = deployment["status"], deployment["spec"]["replicas"]
        return bool(
            status.get("observedGeneration") == deployment["metadata"]["generation"]
            and status.get("updatedReplicas") == status.get("availableReplicas") == replicas
            and len(user.pods("dispatcher")) == replicas
        )

    wait_for(one_template, "the rollout", timeout=90)


def gone(user: User, *but: str) -> None:
    """Wait until every kind of the namespace is empty but for `but`."""
    expected = sorted(but)
    wait_for(
        lambda: leftovers(user.cluster, user.namespace) == expected,
        f"nothing but {expected} in {user.namespace}: {leftovers(user.cluster, user.namespace)}",
        timeout=60,
    )


def test_local_guide_from_install_to_uninstall(user: User, hooks: Hooks) -> None:
    """Each step of the guide; upgrades of every sort in between; Redis is the same all along.

    `helm test` passes when its pod says so: that the pod asks the right questions, and gets
    answers, is shown on the node.
    """
    local = user.workspace.root / LOCAL
    user.guide("helm-local: 2. Your values")
    edit(local, for_fake_pods)
    printed = user.guide("helm-local: 3. Install")
    assert "Phase:          Succeeded" in printed
    assert_status_tells_what_matters(user, printed)
    assert user.secret() == {
        "anthropic-api-key": b"sk-ant-replace-me",
        "redis-url": b"redis:6379",
        "slack-bot-token": b"xoxb-replace-me",
        "slack-signing-secret": b"replace-me",
    }
    assert user.config() == CONFIG
    redis = user.redis()
    assert len(user.pods("redis")) == len(user.pods("dispatcher")) == 1

    hooks.verdict = "Failed"
    assert user.run("helm", "test", "agentsmith", check=False).returncode != 0
    user.cluster.delete("v1", "Pod", "agentsmith-test", user.namespace)

    assert_upgrades_roll_only_the_dispatcher(user, local, redis)

    first = user.pods("dispatcher")
    user.guide("helm-local: 5. Change something")
    wait_for(lambda: user.pods("dispatcher").isdisjoint(first), "the restarted dispatcher")
    assert user.redis() == redis

    make_jobs(user)
    user.guide("helm-local: 7. Remove it")
    assert hooks.done == [
        [
            *("delete", "deployment/agentsmith-dispatcher", f"--namespace={user.namespace}"),
            *("--ignore-not-found", "--cascade=foreground", "--timeout=90s"),
        ],
        [
            *("delete", "jobs", f"--namespace={user.namespace}"),
            *("--selector=app=agentsmith,job-id", "--ignore-not-found", "--cascade=foreground"),
            "--timeout=60s",
        ],
    ]
    assert any("agentsmith-0123456789ab" in line for line in hooks.printed)
    foreign = {job["metadata"]["name"] for job in user.cluster.list(*JOB, user.namespace)}
    assert foreign == {"foreign", "foreign-app"}
    for name in foreign:
        user.cluster.delete(*JOB, name, user.namespace)
    gone(user)

    user.guide("helm-local: 7. Remove it (2)")
    assert user.cluster.get("v1", "Namespace", user.namespace) is None


def test_a_hook_that_cannot_run_stops_the_uninstall_and_no_hooks_goes_on(user: User) -> None:
    """Nobody runs the hook's pod here, as with an image that can't be pulled."""
    shutil.copy(user.workspace.root / f"{LOCAL}.example", user.workspace.root / LOCAL)
    edit(user.workspace.root / LOCAL, for_fake_pods)
    user.run(
        "helm", "install", "agentsmith", "./helm/agentsmith", "--create-namespace", "-f", LOCAL
    )
    make_jobs(user)
    stopped = user.run("helm", "uninstall", "agentsmith", "--timeout=3s", check=False)
    assert stopped.returncode != 0
    assert stopped.stderr.startswith("Error: ")  # Helm 4 names the Job, Helm 3 only the timeout
    assert user.deployment("agentsmith-dispatcher")
    assert len(user.cluster.list(*JOB, user.namespace)) == 4, "the agent Job runs on"

    user.run("helm", "uninstall", "agentsmith", "--no-hooks", "--wait")
    jobs = {job["metadata"]["name"] for job in user.cluster.list(*JOB, user.namespace)}
    assert jobs == {"agentsmith-0123456789ab", "agentsmith-cleanup", "foreign", "foreign-app"}
    for name in jobs:
        user.cluster.delete(*JOB, name, user.namespace)
    gone(user)


def make_jobs(user: User) -> None:
    """Make a running agent Job, and two that are not the release's business."""
    jobs = {
        "agentsmith-0123456789ab": {"app": "agentsmith", "job-id": "0123456789ab"},
        "foreign": {"app": "other", "job-id": "1"},
        "foreign-app": {"app": "agentsmith"},
    }
    for name, labels in jobs.items():
        user.cluster.apply(agent_job(name, **labels), user.namespace)

    def running() -> bool:
        found = user.cluster.list(*JOB, user.namespace)
        return [job["status"].get("active") for job in found] == [1, 1, 1]

    wait_for(running, "the Jobs to run")


def assert_status_tells_what_matters(user: User, printed: str) -> None:
    """Names of keys, never values; and the commands that come next, for this namespace."""
    status = printed[printed.rindex("STATUS: deployed") :]
    for line in (
        f"Agent Smith is installed in namespace {user.namespace} as release agentsmith.",
        f"kubectl -n {user.namespace} rollout status deployment/agentsmith-dispatcher",
        f"kubectl -n {user.namespace} port-forward service/agentsmith-dispatcher 8080:80",
        "Keys: anthropic-api-key, redis-url, slack-bot-token, slack-signing-secret",
        f"kubectl -n {user.namespace} get jobs -l app=agentsmith",
        f"helm test agentsmith -n {user.namespace}",
        "first stops the dispatcher and ends ALL Jobs labelled app=agentsmith,job-id",
    ):
        assert line in status
    assert "replace-me" not in printed
    assert "MISSING" not in printed


def assert_upgrades_roll_only_the_dispatcher(
    user: User, local: Path, redis: dict[str, object]
) -> None:
    """Upgrade by tag, configuration, secret and chart version, and roll all of it back."""
    values = ("-f", str(local))
    installed = user.dispatcher()

    edit(local, lambda v: v["image"].update(dispatcher="agentsmith-dispatcher:1.1"))
    user.run(*UPGRADE, *values)
    assert user.image() == "agentsmith-dispatcher:1.1"
    tagged = changed(user, installed, redis)

    user.workspace.write("config/agentsmith.yml", "projects: {}\n# second\n")
    user.run(*UPGRADE, *values)
    assert user.config() == "projects: {}\n# second\n"
    configured = changed(user, tagged, redis)

    edit(local, lambda v: v["secrets"].update(githubToken="new", slackBotToken="rotated"))
    user.run(*UPGRADE, *values)
    assert user.secret()["slack-bot-token"] == b"rotated"
    assert user.secret()["github-token"] == b"new"
    rotated = changed(user, configured, redis)

    pods = user.pods("dispatcher")
    later = user.workspace.root / "later"
    shutil.copytree(user.workspace.root / "helm/agentsmith", later)
    chart = (later / "Chart.yaml").read_text()
    (later / "Chart.yaml").write_text(re.sub(r"(?m)^(version|appVersion):.*", r"\1: 9.8.7", chart))
    bumped = ["./later" if word == "./helm/agentsmith" else word for word in UPGRADE]
    user.run(*bumped, *values)
    labels = user.deployment("redis")["metadata"]["labels"]
    assert labels["helm.sh/chart"] == "agentsmith-9.8.7"
    assert user.dispatcher() == rotated
    assert user.pods("dispatcher") == pods, "a chart version alone restarts nothing"
    assert user.redis() == redis

    user.run("helm", "rollback", "agentsmith", "1", "--wait", "--timeout=120s")
    assert user.dispatcher() == installed
    assert (user.image(), user.config()) == ("agentsmith-dispatcher:latest", CONFIG)
    assert user.secret()["slack-bot-token"] == b"xoxb-replace-me"
    assert "github-token" not in user.secret()
    settled(user)
    assert user.redis() == redis


def changed(user: User, before: dict[str, Any], redis: dict[str, object]) -> dict[str, Any]:
    """Assert that the dispatcher got a new template, and Redis nothing; return the template."""
    settled(user)
    assert user.dispatcher() != before
    assert user.redis() == redis
    return user.dispatcher()


def test_production_guide_from_sealing_to_uninstall(
    user: User, hooks: Hooks, plane: Target
) -> None:
    """Two replicas, a SealedSecret by kubeseal, TLS; what the user made is all that stays."""
    folder = user.workspace.root
    prod = folder / "helm/agentsmith/values.prod.yaml"
    user.guide("helm-production: 1. Namespace")
    user.guide("helm-production: 2. Values")
    keys = ("slack-bot-token", "slack-signing-secret", "anthropic-api-key", "github-token")
    for key in keys:
        user.workspace.write(key, f"value of {key}")
    user.guide("helm-production: SealedSecret")
    edit(prod, lambda v: v.pop("existingSecret"))
    edit(prod, for_fake_pods)
    user.guide("helm-production: SealedSecret (2)")
    expected = {key: f"value of {key}".encode() for key in keys} | {"redis-url": b"redis:6379"}
    wait_for(lambda: user.secret() == expected, "the unsealed Secret")
    tls = ec.generate_private_key(ec.SECP256R1())
    user.workspace.write("tls.key", to_pem(tls))
    user.workspace.write("tls.crt", make_certificate(tls))
    user.guide("helm-production: Ingress")
    settled(user)
    assert len(user.pods("dispatcher")) == 2
    redis = user.redis()

    image = "registry.example.com/agentsmith-dispatcher:1.1.0"
    edit(prod, lambda v: v["image"].update(dispatcher=image))
    with pytest.raises(AssertionError, match="the Secret would lack: slack-bot-token"):
        user.guide("helm-production: 5. Upgrade")  # its reader has forgotten the SealedSecret
    sealed = "--set-file sealedSecret.manifest=sealed-secret.yaml"
    user.guide("helm-production: 5. Upgrade", **{"--wait": f"{sealed} --wait"})
    assert user.image() == image
    assert user.guide("helm-production: 5. Upgrade (2)") == "", "no agent Job runs"
    settled(user)
    history = user.guide("helm-production: 6. Roll back", REVISION="1")
    assert "Rollback was a success" in history
    assert user.image() == "registry.example.com/agentsmith-dispatcher:1.0.0"
    settled(user)
    assert user.secret() == expected
    assert user.redis() == redis

    user.guide("helm-production: 7. Uninstall")
    assert [step[1] for step in hooks.done] == ["deployment/agentsmith-dispatcher", "jobs"]
    gone(user, "Secret/agentsmith-tls")
