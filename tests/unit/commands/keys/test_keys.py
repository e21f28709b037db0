from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bootstrap.cluster import Cluster
from bootstrap.cluster.controller import ControllerName
from bootstrap.errors import BootstrapError
from bootstrap.sealing.certificate import parse_certificate, parse_private_key
from tests.support.reading import read_yaml
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.commands.test_killed import at, kill_at_every_step
from tests.unit.independent import NotForUs, open_sealed
from tests.unit.work_tree import WorkTree

SEALED = "environments/prod/sealed-secret.yaml"
KEY = "environments/prod/sealing-key.local.pem"
CERTIFICATE = "environments/prod/sealing-cert.pem"
DIGESTS = "environments/prod/sealed-digests.local.json"
LABEL = b"agentsmith-prod/agentsmith-secrets"
GIVEN = "secrets:\n  githubToken: ghp-marked\n  jiraEmail: a@b.c\n"
VALUES = {"github-token": b"ghp-marked", "jira-email": b"a@b.c", "redis-url": b"redis:6379"}


def encrypted(tree: WorkTree) -> dict[str, str]:
    return dict(read_yaml(tree.read(SEALED))["spec"]["encryptedData"])


def opened(tree: WorkTree, key: rsa.RSAPrivateKey) -> dict[str, bytes]:
    return {name: open_sealed(key, text, LABEL) for name, text in encrypted(tree).items()}


def seal(tree: WorkTree, text: str = GIVEN) -> None:
    tree.write("s.local.yaml", text)
    assert tree.run("seal", "s.local.yaml").code == 0


def own_key(tree: WorkTree, path: str = KEY) -> rsa.RSAPrivateKey:
    return parse_private_key(tree.read(path), source=path)


def pinned(tree: WorkTree) -> str:
    return parse_certificate(tree.read(CERTIFICATE), source="x").fingerprint


@pytest.fixture
def other_key(monkeypatch: pytest.MonkeyPatch) -> rsa.RSAPrivateKey:
    """The key that every new pair has from here on."""
    key = _OTHER or _make_other()
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_options: key)
    return key


_real = rsa.generate_private_key
_OTHER: rsa.RSAPrivateKey | None = None


def _make_other() -> rsa.RSAPrivateKey:
    global _OTHER
    _OTHER = _real(public_exponent=65537, key_size=2048)
    return _OTHER


@dataclass
class FakeSealing:
    """A controller with `keys`, the last of which is the newest; speaks as the edge does."""

    keys: list[rsa.RSAPrivateKey]
    pems: list[str]
    added: list[str] = field(default_factory=list)
    renew_while_rotating: bool = False
    spoil: Any = None

    def fetch_certificate(self) -> str:
        return self.pems[-1]

    def certificates(self, _namespace: str) -> list[str]:
        return self.pems

    def find_service(self) -> Any:
        return type("Ref", (), {"namespace": "kube-system"})

    def rotate(self, manifest: dict[str, Any]) -> bytes:
        from bootstrap.sealing.crypto import seal_value

        assert manifest["metadata"] == manifest["spec"]["template"]["metadata"]
        assert set(manifest["spec"]["template"]) == {"metadata", "type"}
        values = {}
        for name, text in manifest["spec"]["encryptedData"].items():
            for key in self.keys:
                try:
                    plain = open_sealed(key, text, LABEL)
                except NotForUs:
                    continue
                blob = seal_value(self.keys[-1].public_key(), plain, LABEL)
                values[name] = base64.b64encode(blob).decode()
        if self.renew_while_rotating:
            self.pems.append(make_certificate(self.keys[0]))
        if self.spoil:
            values = self.spoil(values, manifest["spec"]["encryptedData"])
        return json.dumps({"spec": {"encryptedData": values}}).encode()


@contextmanager
def cluster(monkeypatch: pytest.MonkeyPatch, sealing: FakeSealing) -> Iterator[FakeSealing]:
    fake = type("FakeCluster", (), {"context": "test", "sealing": sealing, "sealing_keys": sealing})
    with monkeypatch.context() as patch:
        patch.setattr(Cluster, "connect", lambda *_where: fake)
        yield sealing


# rotate, with a key pair of our own


def test_rotation_seals_every_value_for_a_new_key_and_keeps_the_old_one(
    prod: WorkTree, other_key: rsa.RSAPrivateKey
):
    seal(prod)
    old_print, old_key, before = pinned(prod), prod.read(KEY), encrypted(prod)

    ended = prod.run("keys", "rotate", "prod", "-o", "json")

    kept = f"environments/prod/sealing-key-{old_print[:8]}.local.pem"
    assert ended.code == 0
    assert ended.json() == {
        "environment": "prod",
        "certificate": pinned(prod),
        "resealed": ["github-token", "jira-email", "redis-url"],
        "by": "local key",
        "files": [
            {"path": kept, "action": "created"},
            {"path": KEY, "action": "updated"},
            {"path": CERTIFICATE, "action": "updated"},
            {"path": SEALED, "action": "updated"},
        ],
        "changed": True,
        "dryRun": False,
    }
    assert pinned(prod) != old_print
    assert opened(prod, other_key) == VALUES
    assert not set(before.values()) & set(encrypted(prod).values())
    assert prod.read(kept) == old_key
    for path in (kept, KEY):
        assert stat.S_IMODE((prod.root / path).stat().st_mode) == 0o600
    assert "PRIVATE KEY-----" not in ended.out + ended.err
    assert "marked" not in ended.out + ended.err
    status = prod.git("status", "--porcelain")
    assert ".pem" not in status.replace(CERTIFICATE, "")
    # and sealing the same values changes nothing
    after = prod.read(SEALED)
    seal(prod)
    assert prod.read(SEALED) == after


def test_rotation_says_what_comes_next(prod: WorkTree, other_key: rsa.RSAPrivateKey):
    seal(prod)
    ended = prod.run("keys", "rotate", "prod")
    assert ended.lines[-6:] == [
        f"warning: {KEY} is a new PRIVATE key, and exists only here: copy it to a safe place now."
        " Keep the old one for older commits",
        "next:",
        "  bootstrap keys give prod    (so that it is there before the push)",
        "  git add environments/prod && git commit && git push",
        "  bootstrap up prod",
        "a rotation takes nothing back: who had the old key can read older commits",
    ]


def test_dry_run_of_a_rotation_writes_nothing(prod: WorkTree, other_key: rsa.RSAPrivateKey):
    seal(prod)
    before = prod.snapshot()
    ended = prod.run("keys", "rotate", "prod", "--dry-run")
    assert ended.code == 0
    assert f"would be updated: {SEALED}" in ended.lines
    assert prod.snapshot() == before


@pytest.mark.slow
def test_rotation_that_is_killed_anywhere_loses_no_value_and_can_be_done_again(
    prod: WorkTree, tmp_path: Path, other_key: rsa.RSAPrivateKey
):
    seal(prod)
    old = own_key(prod)
    killed = kill_at_every_step(prod, tmp_path, other_key, "keys", "rotate", "prod")
    assert len(killed) == 2 * 4
    for root in killed:
        half = at(root, prod)
        keys = [own_key(half, str(path.relative_to(root))) for path in
                root.glob("environments/prod/sealing-key*.local.pem")]  # fmt: skip
        assert any(key.public_key() == old.public_key() for key in keys)
        done = half.run("keys", "rotate", "prod")
        assert done.code == 0, done.err
        assert opened(half, other_key) == VALUES
        assert not [name for name in half.contents() if ".tmp." in name]


def test_without_the_private_key_only_the_controller_can_help(
    pinned_sealed: WorkTree, other_key: rsa.RSAPrivateKey
):
    before = pinned_sealed.snapshot()
    ended = pinned_sealed.run("keys", "rotate", "prod")
    assert ended.code == 1
    assert ended.lines[-2:] == [
        "error: no private key in environments/prod opens every value of sealed-secret.yaml",
        "  fix: put sealing-key.local.pem back from its backup, or have the controller do it:"
        " `bootstrap keys rotate prod --from-cluster`",
    ]
    assert pinned_sealed.snapshot() == before


@pytest.fixture
def pinned_sealed(pinned: WorkTree) -> WorkTree:
    """Values sealed for the controller's key, which is not here."""
    seal(pinned)
    return pinned


def test_a_key_that_git_would_see_is_not_written(prod: WorkTree, other_key: rsa.RSAPrivateKey):
    seal(prod)
    prod.write(".gitignore", "s.local.yaml\nsealing-key.local.pem\n")
    before = prod.snapshot()
    ended = prod.run("keys", "rotate", "prod")
    assert ended.code == 1
    assert "would not be ignored by Git, and it is a private key" in ended.err
    assert prod.snapshot() == before


def test_a_file_in_the_place_where_the_old_key_goes_is_not_replaced(
    prod: WorkTree, other_key: rsa.RSAPrivateKey, small_key: rsa.RSAPrivateKey
):
    seal(prod)
    kept = f"environments/prod/sealing-key-{pinned(prod)[:8]}.local.pem"
    prod.write(kept, to_pem(small_key))
    before = prod.snapshot()
    ended = prod.run("keys", "rotate", "prod")
    assert (ended.code, ended.lines[-2:]) == (
        1,
        [
            f"error: {kept} holds another key than {KEY}",
            "  fix: move it away, then run this again",
        ],
    )
    assert prod.snapshot() == before


# rotate, for the controller's newest


def test_with_the_old_key_here_values_never_leave_the_machine(
    prod: WorkTree, small_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
):
    seal(prod)
    old_print = pinned(prod)
    sealing = FakeSealing([], [make_certificate(small_key, like_controller=True)])
    with cluster(monkeypatch, sealing):
        ended = prod.run("keys", "rotate", "prod", "--from-cluster", "-o", "json")
        again = prod.run("keys", "rotate", "prod", "--from-cluster", "-o", "json")
    assert (ended.code, ended.json()["by"]) == (0, "local key")
    assert opened(prod, small_key) == VALUES
    assert not (prod.root / KEY).exists()
    assert (prod.root / f"environments/prod/sealing-key-{old_print[:8]}.local.pem").exists()
    assert (again.code, again.json()["changed"]) == (0, False)
    after = prod.read(SEALED)
    seal(prod)
    assert prod.read(SEALED) == after, "an unchanged value keeps its bytes"


def test_without_the_old_key_the_controller_seals_again(
    pinned_sealed: WorkTree, small_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    old = pinned_sealed.read(CERTIFICATE)
    sealing = FakeSealing([small_key, other_key], [old, make_certificate(other_key)])
    with cluster(monkeypatch, sealing):
        ended = pinned_sealed.run("keys", "rotate", "prod", "--from-cluster", "-o", "json")
    assert (ended.code, ended.json()["by"]) == (0, "controller")
    assert opened(pinned_sealed, other_key) == VALUES
    assert pinned_sealed.read(CERTIFICATE) != old


@pytest.mark.parametrize(
    "spoil",
    [
        lambda new, old: old,
        lambda new, old: {},
        lambda new, old: {**new, "more": new["github-token"]},
        lambda new, old: {**new, "github-token": "@@"},
        lambda new, old: {**new, "github-token": "AAAA"},
        lambda new, old: {**new, "github-token": None},
        lambda new, old: [],
    ],
)
def test_an_answer_that_is_not_what_was_asked_changes_nothing(
    pinned_sealed: WorkTree, small_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey,
    monkeypatch: pytest.MonkeyPatch, spoil: Any,
):  # fmt: skip
    before = pinned_sealed.snapshot()
    sealing = FakeSealing([small_key, other_key], [make_certificate(other_key)], spoil=spoil)
    with cluster(monkeypatch, sealing):
        ended = pinned_sealed.run("keys", "rotate", "prod", "--from-cluster")
    assert ended.code == 1
    assert "the controller's answer is not what was asked" in ended.err
    assert pinned_sealed.snapshot() == before


def test_a_key_renewed_in_between_changes_nothing(
    pinned_sealed: WorkTree, small_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    before = pinned_sealed.snapshot()
    pems = [make_certificate(other_key)]
    with cluster(monkeypatch, FakeSealing([small_key, other_key], pems, renew_while_rotating=True)):
        ended = pinned_sealed.run("keys", "rotate", "prod", "--from-cluster")
    assert ended.code == 1
    assert "got a new key just now" in ended.err
    assert pinned_sealed.snapshot() == before


def test_an_expired_certificate_is_not_rotated_to(
    prod: WorkTree, small_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
):
    seal(prod)
    past = make_certificate(small_key, not_after=datetime.now(UTC) - timedelta(days=1))
    with cluster(monkeypatch, FakeSealing([], [past])):
        ended = prod.run("keys", "rotate", "prod", "--from-cluster")
    assert (ended.code, "expired on" in ended.err) == (1, True)


# fetch and list


def test_fetch_pins_what_nothing_is_sealed_for_yet_and_refuses_after(
    prod: WorkTree, small_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
):
    before = pinned(prod)
    pem = make_certificate(small_key)
    with cluster(monkeypatch, FakeSealing([], [pem])):
        dry = prod.run("keys", "fetch", "prod", "--dry-run")
        assert (dry.code, pinned(prod)) == (0, before)
        ended = prod.run("keys", "fetch", "prod")
        again = prod.run("keys", "fetch", "prod")
    assert pinned(prod) == parse_certificate(pem, source="x").fingerprint
    assert (ended.code, again.code) == (0, 0)
    assert again.lines[-1].endswith("the newest there is; nothing changed")
    seal(prod)
    with cluster(monkeypatch, FakeSealing([], [make_certificate(small_key)])):
        refused = prod.run("keys", "fetch", "prod")
    assert refused.code == 1
    assert refused.lines[-2:] == [
        f"error: {SEALED} holds 3 values sealed for another certificate, which would stay behind",
        "  fix: `bootstrap keys rotate prod --from-cluster` seals them again and pins it",
    ]


def test_list_knows_who_is_sealed_for_what_and_where_its_key_is(
    prod: WorkTree, other_key: rsa.RSAPrivateKey, small_key: rsa.RSAPrivateKey,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    seal(prod)
    first = pinned(prod)
    assert prod.run("keys", "rotate", "prod").code == 0
    second = pinned(prod)
    ended = prod.run("keys", "list", "-o", "json")
    kept = f"environments/prod/sealing-key-{first[:8]}.local.pem"
    by_print = {item["sha256"]: item for item in ended.json()["keys"]}
    assert by_print[second]["pinnedBy"] == ["prod"]
    assert by_print[second]["privateKeys"] == [KEY]
    assert by_print[first] == {
        "sha256": first,
        "notAfter": None,
        "pinnedBy": [],
        "privateKeys": [kept],
        "inController": None,
        "newest": False,
    }
    text = prod.run("keys", "list")
    assert text.out.splitlines()[0].split("  ")[0] == "FINGERPRINT"
    assert len(text.out.splitlines()) == 3
    newest = make_certificate(small_key)
    with cluster(monkeypatch, FakeSealing([], [prod.read(CERTIFICATE), newest])):
        asked = prod.run("keys", "list", "--from-cluster", "-o", "json")
    states = {
        item["sha256"]: (item["inController"], item["newest"]) for item in asked.json()["keys"]
    }
    served = parse_certificate(newest, source="x").fingerprint
    assert states == {first: (False, False), second: (True, False), served: (True, True)}


CONTROLLER = ["--controller-namespace", "security", "--controller-name", "unsealer"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["fetch", "prod"],
        ["rotate", "prod", "--from-cluster"],
        ["give", "prod"],
        ["backup", "../k.age", "--recipient", f"age1{'q' * 58}"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_that_asks_a_controller_lets_one_be_named(
    prod: WorkTree, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
):
    asked: list[tuple[str | None, ControllerName]] = []

    def refuse(context: str | None, controller: ControllerName) -> None:
        asked.append((context, controller))
        raise BootstrapError("asked", "asked")

    monkeypatch.setattr(Cluster, "connect", refuse)
    monkeypatch.setattr("bootstrap.sealing.age.encrypt_for", lambda plain, _recipients: plain)
    assert prod.run("keys", *arguments, "--context", "c", *CONTROLLER).code == 1
    assert asked == [("c", ControllerName("security", "unsealer"))]


def test_a_controller_is_named_only_where_one_is_asked(prod: WorkTree):
    ended = prod.run("keys", "rotate", "prod", "--controller-name", "unsealer")
    assert ended.code == 2
    assert ended.lines == [
        "error: --controller-name is used only with --from-cluster",
        "  fix: add --from-cluster",
    ]


def test_list_without_environment_says_how_to_make_one(tree: WorkTree):
    ended = tree.run("keys", "list")
    assert (ended.code, ended.out) == (0, "")
    assert ended.lines == ["there is no key yet; make one with `bootstrap init prod`"]
