"""`bootstrap webhook` against the real Argo CD server: every provider's events, right and wrong."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator

import pytest

from bootstrap.argocd.webhook_providers import PROVIDERS, Provider
from tests.plane.plane import Plane
from tests.plane.target import Target
from tests.support.workspace import Workspace

_KEYS = tuple(key for row in PROVIDERS.values() for key in row.keys)
_FILE = "webhook.local.env"
_UUID = "{7e1d0c4f-1111-4d2f-9f6c-3d7c01c1a111}"


@pytest.fixture
def running(plane: Target, workspace: Workspace) -> Iterator[Workspace]:
    """A fork whose root Application is there; argocd-secret is as before when the test is over."""
    if not plane.argocd_url:
        pytest.skip("the URL of Argo CD's server is not known")
    workspace.bootstrap("init", "prod")
    workspace.push("Add environment prod")
    workspace.bootstrap("up", "prod", "--no-wait")
    yield workspace
    path = plane.cluster.path("v1", "Secret", "argocd", "argocd-secret")
    plane.cluster.patch(path, {"data": dict.fromkeys(_KEYS)})


def test_a_secret_is_set_once_tested_and_replaced_only_when_told_to(
    plane: Target, running: Workspace
) -> None:
    here = ["--provider", "github", "--url", plane.argocd_url]
    put, test = ["webhook", "set", *here], ["webhook", "test", *here]

    made = running.bootstrap(*put, "-o", "json")
    again = running.bootstrap(*put)
    tested = running.bootstrap(*test, "-o", "json")
    first = running.read(_FILE)
    wrong = running.bootstrap(
        *test, "--secret-stdin", "--timeout", "3s", input="not-the-secret-at-all",
        check=False,
    )  # fmt: skip
    other = running.bootstrap(*put, "--secret-stdin", input="x" * 32, check=False)
    replaced = running.bootstrap(*put, "--replace")
    retested = running.bootstrap(*test)

    assert json.loads(made.stdout)["url"] == f"{plane.argocd_url}/api/webhook"
    assert json.loads(made.stdout)["action"] == "created"
    assert again.stderr.startswith("argocd-secret: unchanged")
    assert json.loads(tested.stdout)["refreshed"] is True
    assert tested.stderr.splitlines()[:2] == [
        "an event with a wrong secret is refused",
        "an event with the secret is accepted",
    ]
    assert wrong.returncode == 1
    assert "error: Argo CD refuses the event (status 400)" in wrong.stderr
    assert other.returncode == 1
    assert "expects another secret of github already" in other.stderr
    assert replaced.stderr.startswith("argocd-secret: replaced")
    assert "looked at the repository again" in retested.stderr
    assert running.read(_FILE) != first
    assert stat.S_IMODE((running.root / _FILE).stat().st_mode) == 0o600
    secret = first.rpartition("=")[2].strip()
    said = [made, again, tested, wrong, other, replaced, retested]
    assert all(secret not in done.stdout + done.stderr for done in said)
    kept = plane.cluster.secret("argocd-secret", "argocd")
    assert kept is not None
    assert "server.secretkey" in kept, "what Argo CD keeps there itself stays"


def test_argocd_understands_the_events_of_every_other_provider(
    own_plane: Plane, running: Workspace
) -> None:
    for provider in sorted(set(Provider) - {Provider.GITHUB}):
        here = ["--provider", provider, "--url", own_plane.argocd_url]
        given = ["--secret-stdin"] if provider == "bitbucket" else []

        made = running.bootstrap("webhook", "set", *here, *given, input=_UUID)
        if provider == "azuredevops":
            assert "rollout restart deployment argocd-server" in made.stderr
            own_plane.stop_component("argocd-server")
            own_plane.start_component("argocd-server")
        tested = running.bootstrap("webhook", "test", *here)

        assert "looked at the repository again" in tested.stderr, provider
