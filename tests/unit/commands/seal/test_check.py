"""`bootstrap secrets check`: values right and wrong, with the key, without, with a controller."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.cluster import Cluster
from bootstrap.cluster.controller import AskedController
from bootstrap.errors import BootstrapError
from bootstrap.sealing.crypto import encryption_label, scope_of
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.commands.seal.test_seal import CERTIFICATE, KEY, SEALED, TWO, encrypted, seal
from tests.unit.independent import open_sealed
from tests.unit.work_tree import WorkTree

NO_CONTROLLER = "that a controller holds the key (name its cluster: --from-cluster or --context)"


def check(tree: WorkTree, *arguments: str, code: int) -> dict[str, Any]:
    """Check prod, expect `code` and nothing written."""
    before = tree.snapshot()
    ended = tree.run("secrets", "check", "prod", "-o", "json", *arguments)
    assert ended.code == code, ended.err
    assert tree.snapshot() == before
    found = ended.json()
    assert found["ok"] is (code == 0)
    return dict(found)


def reasons(found: dict[str, Any]) -> dict[str, str]:
    return {item["key"]: f"{item['state']}: {item['reason']}" for item in found["values"]}


def replace(tree: WorkTree, key: str, text: str) -> None:
    tree.write(SEALED, tree.read(SEALED).replace(encrypted(tree)[key], text))


def test_with_the_key_every_value_is_opened_here(prod: WorkTree):
    seal(prod, TWO)
    found = check(prod, code=0)
    assert reasons(found) == dict.fromkeys(
        ["github-token", "jira-email", "redis-url"], f"ok: {KEY} opens it"
    )
    assert found["unverified"] == [NO_CONTROLLER]
    ended = prod.run("secrets", "check", "prod")
    assert ended.lines == [
        f"ok: github-token: {KEY} opens it",
        f"ok: jira-email: {KEY} opens it",
        f"ok: redis-url: {KEY} opens it",
        f"not verified: {NO_CONTROLLER}",
        f"{SEALED}: nothing is wrong",
    ]


def test_without_the_key_it_says_what_nobody_could_say(pinned: WorkTree):
    seal(pinned, TWO, "--scope", "namespace-wide")
    found = check(pinned, code=0)
    assert set(reasons(found).values()) == {"unverified: well-formed; there is no private key here"}
    assert found["unverified"] == [
        "that they are sealed namespace-wide for agentsmith-prod/agentsmith-secrets:"
        " github-token, jira-email, redis-url",
        NO_CONTROLLER,
    ]


@pytest.mark.parametrize("kind", ["prod", "pinned"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'!'", "it is not base64"),
        ("12", "it is not base64"),
        (base64.b64encode(b"plain").decode(),
         "it is not in the format of a sealed value: cut off, or never sealed"),
        (base64.b64encode(b"\x02\x00" + b"x" * 500).decode(),
         "it is not in the format of a sealed value: cut off, or never sealed"),
    ],
    ids=range(4),
)  # fmt: skip
def test_malformed_value_is_wrong_for_everyone(
    kind: str, text: str, reason: str, request: pytest.FixtureRequest
):
    tree: WorkTree = request.getfixturevalue(kind)
    seal(tree, TWO)
    replace(tree, "jira-email", text)
    found = reasons(check(tree, code=1))
    assert found["jira-email"] == f"wrong: {reason}"
    assert not found["github-token"].startswith("wrong")


def test_value_sealed_for_another_scope_namespace_or_certificate_is_told_apart(
    prod: WorkTree, small_key: RSAPrivateKey
):
    prod.run("init", "staging")
    staging = "environments/staging/sealing-key.local.pem"
    prod.write(staging, prod.read(KEY))
    prod.write("environments/staging/sealing-cert.pem", prod.read(CERTIFICATE))
    assert prod.run("seal", "-", "--env", "staging", stdin=TWO.encode()).code == 0
    of_staging = encrypted(prod, "environments/staging/sealed-secret.yaml")
    seal(
        prod, TWO + "  jiraToken: x\n  gitlabToken: y\n", "--scope", "cluster-wide", "--env", "prod"
    )
    cluster_wide = encrypted(prod)
    prod.run("secrets", "rescope", "strict", "--env", "prod")
    prod.write("other.pem", make_certificate(small_key))
    other = ("--cert", "other.pem", "--env", "prod")
    assert prod.run("secrets", "set", "gitlab-token", *other, stdin=b"z").code == 0
    replace(prod, "jira-token", cluster_wide["jira-token"])
    replace(prod, "github-token", of_staging["github-token"])
    found = check(prod, code=1)
    assert reasons(found) == {
        "github-token": "wrong: it is sealed for namespace agentsmith-staging, not agentsmith-prod",
        "gitlab-token": f"wrong: {KEY} does not open it: another certificate, or damage",
        "jira-email": f"ok: {KEY} opens it",
        "jira-token": "wrong: it is sealed cluster-wide, but the file says strict",
        "redis-url": f"ok: {KEY} opens it",
    }


def test_key_of_another_certificate_proves_nothing_wrong(prod: WorkTree, small_key: RSAPrivateKey):
    seal(prod, TWO)
    prod.write(KEY, to_pem(small_key))
    assert set(reasons(check(prod, code=0)).values()) == {
        f"unverified: {KEY} is not the key of the certificate and does not open it"
    }


def test_the_file_as_a_whole(prod: WorkTree, small_key: RSAPrivateKey):
    assert check(prod, code=0)["notes"] == ["no value is sealed yet"]
    seal(prod, TWO, "--scope", "namespace-wide")
    text = prod.read(SEALED)
    head, _, tail = text.rpartition(
        "      annotations:\n        sealedsecrets.bitnami.com/namespace-wide: 'true'\n"
    )
    assert head
    prod.write(SEALED, head + tail)
    assert check(prod, code=1)["problems"] == [
        "the manifest says namespace-wide, its template strict: `bootstrap seal` writes both alike"
    ]
    prod.write(SEALED, text)
    end = datetime.now(UTC) - timedelta(days=1)
    prod.write(CERTIFICATE, make_certificate(small_key, not_after=end))
    assert check(prod, code=0)["notes"] == [f"{CERTIFICATE} expired on {end:%Y-%m-%d}"]
    (prod.root / CERTIFICATE).unlink()
    assert check(prod, code=1)["problems"] == [f"{CERTIFICATE} is missing"]
    prod.write(SEALED, "kind: Secret\n")
    ended = prod.run("secrets", "check", "prod")
    assert (ended.code, ended.lines[0]) == (
        1,
        f"error: {SEALED}: not a SealedSecret (bitnami.com/v1alpha1)",
    )
    (prod.root / SEALED).unlink()
    assert prod.run("secrets", "check", "prod").lines[0] == f"error: {SEALED} is missing"
    assert prod.run("secrets", "check", "us").code == 2


# with a controller: these stand in for its answers, which tests/e2e gets from a real one


class Holding:
    """A controller that holds one key."""

    name = "controller kube-system/x"

    def __init__(self, key: RSAPrivateKey) -> None:
        self.key = key
        self.asked: list[list[str]] = []

    def verify(self, sealed: Mapping[str, Any]) -> bool:
        metadata = sealed["metadata"]
        scope = scope_of(metadata.get("annotations", {}))
        label = encryption_label(scope, namespace=metadata["namespace"], name=metadata["name"])
        self.asked.append(sorted(sealed["spec"]["encryptedData"]))
        try:
            for text in sealed["spec"]["encryptedData"].values():
                open_sealed(self.key, text, label)
        except Exception:
            return False
        return True


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    def install(controller: Any) -> None:
        def locate() -> AskedController:
            if isinstance(controller, BootstrapError):
                raise controller
            return controller

        cluster = SimpleNamespace(sealing=SimpleNamespace(locate=locate))
        monkeypatch.setattr(Cluster, "connect", lambda *_where: cluster)

    return install


def test_controller_that_opens_everything_is_asked_once(
    pinned: WorkTree, small_key: RSAPrivateKey, answering: Callable[[Any], None]
):
    seal(pinned, TWO)
    controller = Holding(small_key)
    answering(controller)
    found = check(pinned, "--from-cluster", code=0)
    assert set(reasons(found).values()) == {"ok: controller kube-system/x opens it"}
    assert found["unverified"] == []
    assert controller.asked == [["github-token", "jira-email", "redis-url"]]


def test_controller_has_the_last_word_and_the_wrong_value_is_named(
    prod: WorkTree,
    small_key: RSAPrivateKey,
    own_key: RSAPrivateKey,
    answering: Callable[[Any], None],
):
    seal(prod, TWO)
    answering(Holding(small_key))
    found = check(prod, "--context", "x", code=1)
    assert set(reasons(found).values()) == {
        "wrong: controller kube-system/x does not hold the key that it is sealed for"
    }
    answering(Holding(own_key))
    wide = encrypted(prod)["jira-email"]
    prod.run("secrets", "rescope", "cluster-wide")
    replace(prod, "jira-email", wide)
    replace(prod, "redis-url", "AAAA")
    assert reasons(check(prod, "--from-cluster", code=1)) == {
        "github-token": "ok: controller kube-system/x opens it",
        "jira-email": "wrong: it is sealed strict, but the file says cluster-wide",
        "redis-url": "wrong: it is not in the format of a sealed value: cut off, or never sealed",
    }


def test_controller_without_our_key_here(
    pinned: WorkTree, own_key: RSAPrivateKey, answering: Callable[[Any], None]
):
    pinned.run("secrets", "set", "jira-token", stdin=b"x")
    answering(Holding(own_key))
    assert set(reasons(check(pinned, "--from-cluster", code=1)).values()) == {
        "wrong: controller kube-system/x does not open it: another certificate, scope or namespace"
    }


def test_cluster_that_does_not_answer_is_not_verified_and_not_wrong(
    prod: WorkTree, answering: Callable[[Any], None]
):
    seal(prod, TWO)
    answering(BootstrapError("no cluster to talk to", "x"))
    found = check(prod, "--from-cluster", code=0)
    assert found["unverified"] == ["that a controller holds the key: no cluster to talk to"]
    assert set(reasons(found).values()) == {f"ok: {KEY} opens it"}
