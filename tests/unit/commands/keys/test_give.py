"""Which cluster gets which private key, and what happens when giving one fails half-way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.argocd.project import build_project, widen_project
from bootstrap.cluster import Cluster
from bootstrap.commands.keys.give import SealingKeys
from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from tests.unit.certificates import make_certificate
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.work_tree import ORIGIN, WorkTree

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def environment(name: str) -> Environment:
    return Environment(name, f"agentsmith-{name}", ORIGIN, "main", parse_destination(None))


class FakeController:
    """The sealing controller at the edge: keeps what it is given, and counts its restarts."""

    def __init__(self, *, refuse_restart: bool = False) -> None:
        self.held: list[tuple[str, datetime | None]] = []
        self.start = NOON
        self.restarts = 0
        self.refuse_restart = refuse_restart
        self.sealing = self.sealing_keys = self
        self.context = "test"
        self.namespace = self.name = "kube-system"

    def find_service(self) -> FakeController:
        return self

    def find_deployment(self, _namespace: str) -> Any:
        return self

    def dated_certificates(self, _namespace: str) -> list[tuple[str, datetime | None]]:
        return self.held

    def add_key(self, _namespace: str, _name: str, *, certificate: str, private_key: str) -> None:
        assert "PRIVATE KEY" in private_key
        self.held.append((certificate, NOON + timedelta(minutes=1)))

    def started(self, _deployment: object) -> datetime:
        return self.start

    def restart(self, _deployment: object, now: datetime) -> None:
        if self.refuse_restart:
            raise BootstrapError("forbidden", "use another context")
        self.restarts += 1
        self.start = now

    def is_rolled_out(self, _deployment: object) -> bool:
        return True


def give(tree: WorkTree, controller: FakeController, *names: str) -> bool:
    keys = SealingKeys(
        Repository(tree.root), FakeTime(), lambda: NOON + timedelta(minutes=2), Log()
    )
    return keys.give(cast(Cluster, controller), [environment(name) for name in names])


def test_no_key_is_given_when_one_of_them_is_missing(
    tree: WorkTree, small_key: RSAPrivateKey
) -> None:
    for name in ("prod", "staging"):
        assert tree.run("init", name).code == 0
    # each of the two has the key pair that all tests share, so staging gets another certificate
    tree.write("environments/staging/sealing-cert.pem", make_certificate(small_key))
    controller = FakeController()

    with pytest.raises(BootstrapError) as raised:
        give(tree, controller, "prod", "staging")

    assert "has not the key for environments/staging/sealing-cert.pem" in raised.value.message
    assert (controller.held, controller.restarts) == ([], 0)


def test_a_key_that_was_added_but_never_read_restarts_the_controller_on_the_next_run(
    tree: WorkTree,
) -> None:
    assert tree.run("init", "prod").code == 0
    controller = FakeController(refuse_restart=True)
    with pytest.raises(BootstrapError):
        give(tree, controller, "prod")
    controller.refuse_restart = False

    assert give(tree, controller, "prod") is False
    assert controller.restarts == 1
    assert give(tree, controller, "prod") is False
    assert controller.restarts == 1, "a key that was read restarts nothing"


def test_a_controller_that_does_not_come_back_is_an_error_and_not_an_endless_wait(
    tree: WorkTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tree.run("init", "prod").code == 0
    controller = FakeController()
    monkeypatch.setattr(controller, "is_rolled_out", lambda _deployment: False)
    with pytest.raises(BootstrapError) as raised:
        give(tree, controller, "prod")
    assert (raised.value.message, raised.value.hint) == (
        "Deployment kube-system/kube-system did not come back in time",
        "`kubectl -n kube-system rollout status deployment kube-system`",
    )


def test_a_key_that_the_controller_made_itself_restarts_nothing(tree: WorkTree) -> None:
    assert tree.run("init", "prod").code == 0
    controller = FakeController()
    controller.held = [(tree.read("environments/prod/sealing-cert.pem"), None)]

    assert give(tree, controller, "prod") is False
    assert controller.restarts == 0


def test_somebody_elses_malformed_key_does_not_stop_us(tree: WorkTree) -> None:
    assert tree.run("init", "prod").code == 0
    controller = FakeController()
    controller.held = [("no certificate", None)]

    assert give(tree, controller, "prod") is True


def test_the_project_keeps_what_live_applications_still_use() -> None:
    project = build_project([environment("prod")], Root(ORIGIN, "main"))
    live = [
        {
            "spec": {
                "project": project_name,
                "source": {"repoURL": "https://old.example.com/a.git"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            }
        }
        for project_name, namespace in (
            ("agentsmith", "agentsmith-staging"),
            ("agentsmith", "agentsmith-prod"),
            ("somebody-else", "theirs"),
        )
    ]

    widened = widen_project(project, live)

    assert [item["namespace"] for item in widened["spec"]["destinations"]] == [
        "agentsmith-prod",
        "argocd",
        "agentsmith-staging",
    ]
    assert widened["spec"]["sourceRepos"] == [ORIGIN, "https://old.example.com/a.git"]
    assert widen_project(project, []) == project
