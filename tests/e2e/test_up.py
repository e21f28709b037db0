"""`bootstrap up` against real servers: what it refuses, what it explains, what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.loop import Live, remove_everything
from tests.plane.control_plane import ControlPlane
from tests.plane.git_server import GitServer
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.plane.waiting import wait_for
from tests.support.workspace import Workspace, make_workspace

_SEALED = "environments/prod/sealed-secret.yaml"
_VALUES = "environments/prod/values.yaml"
_DEPLOYMENT = ("apps/v1", "Deployment")


def test_uncommitted_and_unpushed_work_is_refused_before_the_cluster_is_asked(
    workspace: Workspace,
) -> None:
    workspace.bootstrap("init", "prod")
    nowhere = ["--context", "there-is-no-such-context"]

    uncommitted = workspace.bootstrap("up", "prod", *nowhere, check=False)
    workspace.git("add", "--all")
    workspace.git("commit", "--quiet", "--message", "Add environment prod")
    unpushed = workspace.bootstrap("up", "prod", *nowhere, check=False)
    workspace.git("push", "--quiet")
    pushed = workspace.bootstrap("up", "prod", *nowhere, check=False)

    assert (uncommitted.returncode, uncommitted.stderr) == (
        1,
        "error: not committed yet: argocd/applications/prod.yaml, argocd/project.yaml,"
        " argocd/root.yaml and 4 more\n  fix: commit and push: Argo CD sees only what is pushed\n",
    )
    head = workspace.git("rev-parse", "--short", "HEAD")
    assert (unpushed.returncode, unpushed.stderr) == (
        1,
        f"error: not pushed yet: {head} Add environment prod\n"
        "  fix: `git push`, then run this again\n",
    )
    assert pushed.returncode == 1
    assert pushed.stderr.splitlines()[-2:] == [
        "error: the kubeconfig has no context 'there-is-no-such-context'",
        "  fix: check --context and KUBECONFIG: `kubectl config get-contexts`",
    ]


def test_a_revision_that_the_remote_has_not_is_named(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod", "--revision", "release")
    workspace.push("Add environment prod")

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    assert done.stderr == (
        f"error: revision release is not pushed: {workspace.remote_url} has no such branch or tag\n"
        "  fix: `git push origin release`\n"
    )


def test_without_environment_there_is_nothing_to_bring_up(workspace: Workspace) -> None:
    none = workspace.bootstrap("up", check=False)
    unknown = workspace.bootstrap("up", "prod", check=False)

    assert (none.returncode, unknown.returncode) == (1, 2)
    assert none.stderr == (
        "error: there is no environment yet\n  fix: make one with `bootstrap init prod`\n"
    )
    assert unknown.stderr == (
        "error: no environment 'prod'; there is none yet\n"
        "  fix: make it with `bootstrap init prod`\n"
    )


def test_a_repository_that_argocd_may_not_read_is_explained(
    plane: Target, tmp_path: Path, unique_name: Callable[[str], str]
) -> None:
    server = GitServer(tmp_path / "git", user="dev", password="open-sesame").start()
    try:
        url = server.create(unique_name(""))
        own = url.replace("http://", "http://dev:open-sesame@")
        workspace = make_workspace(tmp_path, own, {"KUBECONFIG": str(plane.kubeconfig)})
        made = workspace.bootstrap("init", "prod")
        workspace.push("Add environment prod")

        done = workspace.bootstrap("up", "prod", check=False)
    finally:
        server.stop()
        remove_everything(plane)

    assert "remote origin holds credentials; they were left out" in made.stderr
    assert done.returncode == 1
    error, fix = done.stderr.splitlines()[-2:]
    assert error.startswith("error: root: ")
    assert "authentication required" in error
    assert fix.startswith(
        "  fix: give Argo CD credentials for the repository: `bootstrap repo add`"
    )
    assert "open-sesame" not in made.stderr + done.stderr + workspace.git("grep", "", "argocd")


def test_a_values_key_that_the_chart_has_not_is_named(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.write(_VALUES, "dispatcher:\n  replicass: 2\n")
    workspace.push("Add environment prod")

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    error, fix = done.stderr.splitlines()[-2:]
    assert error.startswith("error: prod: helm template: values don't meet")
    assert "replicass" in error
    assert fix == f"  fix: mend {_VALUES}, and push"


def test_values_sealed_for_a_key_that_the_controller_has_not_are_explained(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.bootstrap("init", "other")
    workspace.write("secrets.local.yaml", "githubToken: token\n")
    other = "environments/other/sealing-cert.pem"
    workspace.bootstrap("seal", "secrets.local.yaml", "--env", "prod", "--cert", other)
    workspace.push("Add environments, one sealed for the wrong certificate")

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    error, fix = done.stderr.splitlines()[-2:]
    assert error.startswith("error: prod: SealedSecret agentsmith-secrets: ")
    assert "no key could decrypt secret" in error
    assert fix.startswith("  fix: seal its values again for this cluster's certificate")


def test_all_environments_come_up_and_only_a_new_key_restarts_the_controller(
    plane: Target, workspace: Workspace
) -> None:
    served = plane.sealing_certificate()
    for name in ("prod", "staging"):
        workspace.bootstrap("init", name)
        workspace.bootstrap("seal", "-", "--env", name, input=f"githubToken: of-{name}\n")
    commit = workspace.push("Add environments")

    first = workspace.bootstrap("up", "-o", "json")
    second = workspace.bootstrap("up", "-o", "json")

    for name in ("prod", "staging"):
        live = Live(plane, name, f"agentsmith-{name}")
        assert live.at(commit)
        assert live.secret() == {
            "github-token": f"of-{name}".encode(),
            "redis-url": b"redis:6379",
        }
    result = json.loads(first.stdout)
    assert result["applied"] == [
        {"object": "AppProject agentsmith", "action": "created"},
        {"object": "Application agentsmith-root", "action": "created"},
    ]
    assert [(item["name"], item["commit"]) for item in result["environments"]] == [
        ("prod", commit),
        ("staging", commit),
    ]
    assert first.stderr.count("restarting ") == 1
    assert "restarting " not in second.stderr
    assert {item["action"] for item in json.loads(second.stdout)["applied"]} == {"unchanged"}
    assert plane.sealing_certificate() == served, "our key must never be the one handed out"


def test_certificate_of_the_controller_seals_what_kubeseal_accepts_and_argocd_runs(
    plane: Target, workspace: Workspace, kubeseal: Path
) -> None:
    done = workspace.bootstrap("init", "prod", "--from-cluster", "-o", "json")
    assert not (workspace.root / "environments/prod/sealing-key.local.pem").exists()
    workspace.write("secrets.local.yaml", "slackBotToken: xoxb-1\nslackSigningSecret: s\n")
    workspace.bootstrap("seal", "secrets.local.yaml")
    commit = workspace.push("Add environment prod")
    workspace.bootstrap("seal", "secrets.local.yaml")
    assert workspace.git("status", "--porcelain") == "", "sealing again must change nothing"
    service = json.loads(done.stdout)["certificate"]
    assert len(service["sha256"]) == 64

    controller = wait_for(lambda: _sealing_service(plane), "the controller's Service")
    validated = workspace.run(
        str(kubeseal), "--validate", "--controller-namespace", controller[0],
        "--controller-name", controller[1], input=workspace.read(_SEALED), check=False,
    )  # fmt: skip
    named = ("--controller-namespace", controller[0], "--controller-name", controller[1])
    up = workspace.bootstrap("up", "prod", *named)

    assert validated.returncode == 0, validated.stderr
    assert "restarting" not in up.stderr
    live = Live(plane, "prod", "agentsmith-prod")
    assert live.at(commit)
    assert live.secret() == {
        "slack-bot-token": b"xoxb-1",
        "slack-signing-secret": b"s",
        "redis-url": b"redis:6379",
    }


def test_an_environment_removed_from_git_goes_with_its_workloads_though_the_project_narrows(
    plane: Target, workspace: Workspace
) -> None:
    for name in ("prod", "staging"):
        workspace.bootstrap("init", name)
        workspace.bootstrap("seal", "-", "--env", name, input="githubToken: token\n")
    workspace.push("Add environments")
    workspace.bootstrap("up")
    gone = Live(plane, "staging", "agentsmith-staging")
    assert gone.secret() is not None

    workspace.git("rm", "--quiet", "argocd/applications/staging.yaml")
    workspace.bootstrap("init", "prod")
    workspace.push("Remove staging")
    workspace.bootstrap("up", "prod")

    wait_for(
        lambda: plane.cluster.list("apps/v1", "Deployment", "agentsmith-staging") == [],
        "the workloads of staging to go",
        timeout=120,
    )
    assert gone.secret() is None
    workspace.bootstrap("up", "prod")
    project = plane.cluster.get("argoproj.io/v1alpha1", "AppProject", "agentsmith", "argocd")
    assert project is not None
    assert [item["namespace"] for item in project["spec"]["destinations"]] == [
        "agentsmith-prod",
        "argocd",
    ]
    plane.cluster.delete("v1", "Namespace", "agentsmith-staging")


def test_work_on_argocd_files_of_another_branch_is_refused(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    workspace.git("checkout", "--quiet", "-b", "feature")
    workspace.bootstrap("init", "prod", "--namespace", "agentsmith-elsewhere")
    workspace.git("commit", "--quiet", "--all", "--message", "Move prod")

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "error: argocd/ here is not what is pushed to main, which the root Application follows",
        "  fix: `git push`, or check out main and `git pull`, then run this again",
    ]


def test_manual_sync_is_left_to_a_person(plane: Target, workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod", "--sync", "manual")
    workspace.push("Add environment prod")

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "error: prod: OutOfSync, and its sync is manual",
        "  fix: start it with `argocd app sync agentsmith-prod`, then run this again",
    ]
    assert plane.cluster.get(*_DEPLOYMENT, "redis", "agentsmith-prod") is None


def test_out_of_time_says_where_it_stands(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")

    done = workspace.bootstrap("up", "prod", "--timeout", "0s", check=False)

    assert done.returncode == 1
    error, fix = done.stderr.splitlines()[-2:]
    assert error.startswith("error: not there after 0 s: root: ")
    assert fix.startswith("  fix: Argo CD goes on by itself; run this again to go on waiting")


def test_no_wait_applies_and_returns(plane: Target, workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    commit = workspace.push("Add environment prod")

    done = workspace.bootstrap("up", "prod", "--no-wait")

    assert f"prod is on its way to {commit[:7]}; not waited for" in done.stderr
    assert "prod has no sealed secret yet" in done.stderr
    Live(plane, "prod", "agentsmith-prod").wait_until_at(commit)


def test_a_key_of_another_certificate_under_our_name_is_not_replaced(
    plane: Target, workspace: Workspace
) -> None:
    made = workspace.bootstrap("init", "prod", "-o", "json")
    fingerprint = json.loads(made.stdout)["certificate"]["sha256"]
    workspace.push("Add environment prod")
    namespace, _service = wait_for(lambda: _sealing_service(plane), "the controller's Service")
    name = f"sealed-secrets-key-agentsmith-{fingerprint[:8]}"
    foreign = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {"somebody": "else's"},
    }
    plane.cluster.apply(foreign)
    try:
        done = workspace.bootstrap("up", "prod", check=False)
        kept = plane.cluster.secret(name, namespace)
    finally:
        plane.cluster.delete("v1", "Secret", name, namespace)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        f"error: Secret {namespace}/{name} is there with another certificate",
        "  fix: look at it first; a sealing key is never replaced",
    ]
    assert kept == {"somebody": b"else's"}


def test_a_key_that_is_nowhere_is_refused_with_the_ways_out(workspace: Workspace) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    (workspace.root / "environments/prod/sealing-key.local.pem").unlink()

    done = workspace.bootstrap("up", "prod", check=False)

    assert done.returncode == 1
    error, fix = done.stderr.splitlines()[-2:]
    assert "has not the key for environments/prod/sealing-cert.pem" in error
    assert fix == (
        "  fix: put environments/prod/sealing-key.local.pem back from its backup, or pin the"
        " controller's certificate (`bootstrap init prod --from-cluster`) and seal again"
    )


def test_a_controller_without_deployment_must_be_restarted_by_hand(
    own_plane: Plane, workspace: Workspace
) -> None:
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    cluster = own_plane.cluster
    namespace, _service = wait_for(lambda: _sealing_service(own_plane), "the Service")
    label = "app.kubernetes.io/name"
    (deployment,) = cluster.list(*_DEPLOYMENT, namespace, labelSelector=f"{label}=sealed-secrets")
    path = cluster.path(*_DEPLOYMENT, namespace, deployment["metadata"]["name"])
    cluster.patch(path, {"metadata": {"labels": {label: None}}})
    try:
        done = workspace.bootstrap("up", "prod", "--no-wait")
    finally:
        cluster.patch(path, {"metadata": {"labels": {label: "sealed-secrets"}}})

    assert (
        f"warning: found no Deployment of the sealed-secrets controller in {namespace}: restart it"
        " yourself, as it reads its keys only when it starts"
    ) in done.stderr


@pytest.fixture(scope="module")
def bare_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a cluster on which nothing is installed."""
    run_dir = tmp_path_factory.mktemp("bare")
    bare = ControlPlane(run_dir, run_dir / "egress.sock")
    bare.start()
    yield bare.kubeconfig
    bare.stop()


def test_a_cluster_without_argocd_and_sealed_secrets_is_told_what_to_install(
    bare_cluster: Path, workspace: Workspace
) -> None:
    workspace.environment["KUBECONFIG"] = str(bare_cluster)  # type: ignore[index]
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")

    up = workspace.bootstrap("up", "prod", check=False)
    init = workspace.bootstrap("init", "other", "--from-cluster", check=False)

    assert (up.returncode, init.returncode) == (1, 1)
    error, fix = up.stderr.splitlines()[-2:]
    assert error.endswith(
        "has not the resource definitions of Argo CD (Application, argoproj.io/v1alpha1) and"
        " sealed-secrets (SealedSecret, bitnami.com/v1alpha1)"
    )
    assert "kubectl create namespace argocd" in fix
    assert "helm install sealed-secrets" in fix
    error, fix = init.stderr.splitlines()[-2:]
    assert error.startswith("error: no sealed-secrets controller in cluster ")
    assert fix.startswith("  fix: install it: `helm install sealed-secrets")
    assert not (workspace.root / "environments/other").exists()


def _sealing_service(plane: Target) -> tuple[str, str] | None:
    for service in plane.cluster.list(
        "v1", "Service", labelSelector="app.kubernetes.io/name=sealed-secrets"
    ):
        metadata = service["metadata"]
        if metadata["labels"].get("app.kubernetes.io/component") != "metrics":
            return metadata["namespace"], metadata["name"]
    return None
