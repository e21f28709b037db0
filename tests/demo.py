"""`make demo`: the main job from nothing to running, in front of your eyes.

Without a cluster it ends at what Argo CD will apply, rendered and unsealed. With `--cluster local`
it goes on: a real API server, Argo CD and sealed-secrets on loopback run it.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.render import load_yaml, render_application
from tests.support.unsealing import unseal_manifest
from tests.support.workspace import Workspace, make_workspace
from tests.tools.build import ensure

if TYPE_CHECKING:
    from tests.plane.cluster import Cluster

SECRETS = "secrets.local.yaml"


def main() -> int:
    """Run the demo and return an exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--cluster", choices=["none", "local"], default="none")
    arguments = parser.parse_args()
    helm = ensure("helm4")["helm4"]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="agentsmith-demo-") as folder:
        if arguments.cluster == "local":
            _run_on_plane(Path(folder))
        else:
            remote = Path(folder) / "remote.git"
            subprocess.run(
                ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)],
                check=True,
            )
            workspace = make_workspace(Path(folder), remote.as_uri())
            _say(f"A clone of this repository, with a remote of its own: {remote.as_uri()}")
            commit = _init_seal_push(workspace)
            _render_and_compare(workspace, commit, helm, Path(folder))
    _say(f"Done in {time.monotonic() - began:.1f} s.")
    return 0


def _init_seal_push(workspace: Workspace) -> str:
    _show(workspace, "init", "prod")
    shutil.copy(workspace.root / "docs/examples/secrets.example.yaml", workspace.root / SECRETS)
    _say(f"$ cp docs/examples/secrets.example.yaml {SECRETS}   # sample values")
    _show(workspace, "seal", SECRETS)
    _say("Sealing the same file again changes nothing:")
    before = workspace.read("environments/prod/sealed-secret.yaml")
    _show(workspace, "seal", SECRETS)
    _check(before == workspace.read("environments/prod/sealed-secret.yaml"), "not one byte differs")
    for command in (
        ["git", "add", "environments", "argocd"],
        ["git", "commit", "--quiet", "--message", "Add environment prod"],
        ["git", "push", "--quiet"],
    ):
        workspace.run(*command)
        _say(f"$ {shlex.join(command)}")
    commit = workspace.git("rev-parse", "HEAD")
    tracked = set(workspace.git("ls-files").splitlines())
    private = {SECRETS, "environments/prod/sealing-key.local.pem"}
    _check(
        not private & tracked and "environments/prod/sealing-cert.pem" in tracked,
        "the plaintext and the private key are not in Git; the certificate is",
    )
    return commit


def _render_and_compare(workspace: Workspace, commit: str, helm: Path, folder: Path) -> None:
    checkout = folder / "argocd-checkout"
    workspace.git("clone", "--quiet", workspace.remote_url, str(checkout))
    _say(f"Rendering {commit[:7]} from a new clone, exactly as Argo CD will:")
    application = load_yaml(checkout / "argocd/applications/prod.yaml")
    manifests = render_application(helm, checkout, application)
    for manifest in manifests:
        _say(f"    {manifest['kind']} {manifest['metadata']['name']}")
    sealed = next(item for item in manifests if item["kind"] == "SealedSecret")
    key = workspace.read("environments/prod/sealing-key.local.pem")
    unsealed = unseal_manifest(sealed, key)
    _check(unsealed == _expected(workspace), f"{len(unsealed)} values unsealed, each as it was")


def _run_on_plane(folder: Path) -> None:
    from tests.plane.git_server import GitServer
    from tests.plane.plane import Plane

    _say("Starting etcd, Kubernetes, Argo CD and sealed-secrets on loopback")
    with Plane() as plane:
        _say(f"    up: {', '.join(f'{name} {at:.1f} s' for name, at in plane.timings.items())}")
        server = GitServer(folder / "git").start()
        try:
            workspace = make_workspace(
                folder, server.create("agentsmith"), {"KUBECONFIG": str(plane.kubeconfig)}
            )
            show_on_cluster(plane.cluster, workspace)
        finally:
            server.stop()


def show_on_cluster(cluster: Cluster, workspace: Workspace) -> None:
    """Do the main job in `workspace`, and look at what runs in `cluster` afterwards."""
    _init_seal_push(workspace)
    _show(workspace, "up", "prod")
    secret = cluster.secret("agentsmith-secrets", "agentsmith-prod")
    _check(secret == _expected(workspace), "the live Secret holds what was sealed")
    for deployment in cluster.list("apps/v1", "Deployment", "agentsmith-prod"):
        ready = deployment["status"].get("readyReplicas", 0)
        _say(f"    Deployment {deployment['metadata']['name']}: {ready} ready")


def _expected(workspace: Workspace) -> dict[str, bytes]:
    """Return the Secret that the sample file means, read without our parser."""
    names = {
        "anthropicApiKey": "anthropic-api-key",
        "githubToken": "github-token",
        "slackBotToken": "slack-bot-token",
        "slackSigningSecret": "slack-signing-secret",
    }
    secrets = load_yaml(workspace.root / SECRETS)["secrets"]
    filled = {names[name]: value.encode() for name, value in secrets.items() if value}
    return filled | {"redis-url": b"redis:6379"}


def _show(workspace: Workspace, *arguments: str) -> None:
    _say(f"$ bootstrap {' '.join(arguments)}")
    done = workspace.bootstrap(*arguments)
    for line in (done.stderr + done.stdout).splitlines():
        _say(f"    {line}")


def _check(passed: bool, what: str) -> None:
    if not passed:
        raise SystemExit(f"FAILED: {what}")
    _say(f"    ok: {what}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
