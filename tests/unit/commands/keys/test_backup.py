"""`bootstrap keys backup` and `restore` against a controller that is a list of keys."""

from __future__ import annotations

import importlib
import io
import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bootstrap.sealing.key_backup import StoredKey
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.work_tree import WorkTree

_CLI = importlib.import_module("bootstrap.cli.keys")


@dataclass
class FakeSealing:
    """Holds keys; as there is no Deployment, none is restarted."""

    held: list[StoredKey] = field(default_factory=list)
    fail_at: str = ""
    looked_for_deployment: int = 0

    def find_service(self) -> Any:
        return type("Ref", (), {"namespace": "kube-system"})

    def keys(self, _namespace: str) -> list[StoredKey]:
        return self.held

    def certificates(self, _namespace: str) -> list[str]:
        return [key.certificate for key in self.held]

    def add_key(
        self, _namespace: str, name: str, *, certificate: str, private_key: str, status: str
    ) -> None:
        from bootstrap.errors import BootstrapError

        if name == self.fail_at:
            raise BootstrapError("no", "no")
        self.held.append(StoredKey(name, certificate, private_key, status))

    def find_deployment(self, _namespace: str) -> None:
        self.looked_for_deployment += 1


@pytest.fixture
def sealing(
    monkeypatch: pytest.MonkeyPatch, small_key: rsa.RSAPrivateKey, large_key: rsa.RSAPrivateKey
) -> FakeSealing:
    """The controller: two keys, one of them not to be used for sealing any more."""
    fake = FakeSealing(
        [
            StoredKey("key-a", make_certificate(small_key), to_pem(small_key), "compromised"),
            StoredKey("key-b", make_certificate(large_key), to_pem(large_key)),
        ]
    )
    cluster = type("FakeCluster", (), {"context": "test", "sealing": fake, "sealing_keys": fake})
    monkeypatch.setattr(_CLI, "connect", lambda *_where: cluster)
    return fake


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    """A file with a passphrase."""
    file = tmp_path / "passphrase"
    file.write_text("MARKED phrase\n")
    return str(file)


@dataclass(frozen=True)
class Pair:
    """A recipient, and the file with its identity: a passphrase costs a second at each use."""

    recipient: str
    identity: str


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A new pair."""
    identity = pyrage.x25519.Identity.generate()
    file = tmp_path / "age.key"
    file.write_text(f"{identity}\n")
    return Pair(str(identity.to_public()), str(file))


@pytest.mark.slow  # seconds of scrypt
def test_a_passphrase_closes_and_opens_a_backup(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, passphrase: str
):
    file = tmp_path / "keys.age"
    saved = tree.run("keys", "backup", str(file), "--passphrase-file", passphrase)
    everything, sealing.held = sealing.held, []
    restored = tree.run("keys", "restore", str(file), "--passphrase-file", passphrase)

    assert (saved.code, restored.code) == (0, 0)
    assert sealing.held == everything
    said = saved.out + saved.err + restored.out + restored.err
    assert "PRIVATE KEY" not in said and "MARKED" not in said


def test_backup_and_restore_bring_every_key_back_once(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, pair: Pair
):
    file = tmp_path / "keys.age"
    saved = tree.run("keys", "backup", str(file), "--recipient", pair.recipient)
    everything = list(sealing.held)
    content = file.read_bytes()
    sealing.held = []
    restore = ["keys", "restore", str(file), "--identity", pair.identity]

    dry = tree.run(*restore, "--dry-run")
    assert (dry.code, sealing.held) == (0, [])
    assert dry.lines == ["would be added: 2; there already: 0"]
    restored = tree.run(*restore)
    again = tree.run(*restore)

    assert saved.lines[0] == f"{file}: 2 keys of kube-system"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == content
    assert sealing.held == everything
    assert restored.lines[-1] == "added: 2; there already: 0"
    assert again.lines == ["the controller in kube-system holds every key of the backup already"]
    assert sealing.looked_for_deployment == 1
    for ended in (saved, dry, restored, again):
        assert "PRIVATE KEY" not in ended.out + ended.err
        assert "SECRET-KEY" not in ended.out + ended.err


def test_a_recipient_needs_no_passphrase_to_back_up_and_its_identity_to_restore(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, passphrase: str, pair: Pair
):
    file = tmp_path / "keys.age"
    assert tree.run("keys", "backup", str(file), "--recipient", pair.recipient).code == 0
    count, sealing.held = len(sealing.held), []
    without = tree.run("keys", "restore", str(file))
    assert without.code == 2
    assert without.lines[1] == "  fix: give it with --identity FILE"
    assert tree.run("keys", "restore", str(file), "--identity", pair.identity).code == 0
    assert len(sealing.held) == count
    both = ["--recipient", pair.recipient, "--passphrase-file", passphrase]
    assert tree.run("keys", "backup", str(tmp_path / "x"), *both).code == 2


def test_a_failure_between_two_keys_still_restarts_the_controller(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, pair: Pair
):
    file = tmp_path / "keys.age"
    assert tree.run("keys", "backup", str(file), "--recipient", pair.recipient).code == 0
    sealing.held, sealing.fail_at = [], "key-b"
    ended = tree.run("keys", "restore", str(file), "--identity", pair.identity)
    assert ended.code == 1
    assert ([key.name for key in sealing.held], sealing.looked_for_deployment) == (["key-a"], 1)


def test_places_where_a_backup_does_not_belong(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, passphrase: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    monkeypatch.setattr(_CLI, "connect", lambda *_where: pytest.fail("too late"))
    there = tmp_path / "there"
    there.write_text("old")
    for place, said in (
        ("keys.age", "lies in a Git work tree and is not ignored"),
        (str(there), "exists; it is left as it is"),
        (str(tmp_path / "none/keys.age"), "is not a folder"),
    ):
        ended = tree.run("keys", "backup", place, "--passphrase-file", passphrase)
        assert (ended.code, said in ended.lines[0]) == (1, True)
    assert there.read_text() == "old"


def test_an_ignored_place_in_the_work_tree_is_fine(
    tree: WorkTree, sealing: FakeSealing, pair: Pair
):
    tree.write(".gitignore", "*.age\n")
    ended = tree.run("keys", "backup", "keys.age", "--recipient", pair.recipient)
    assert ended.code == 0, ended.err


def test_a_passphrase_that_is_none_or_in_git_is_refused(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path
):
    tree.write("phrase", "x\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    target = str(tmp_path / "keys.age")
    for file, said in (
        ("phrase", "lies in a Git work tree"),
        (str(tmp_path / "empty"), "is empty"),
        (str(tmp_path / "binary"), "is not UTF-8"),
        (str(tmp_path / "none"), "no such file"),
    ):
        ended = tree.run("keys", "backup", target, "--passphrase-file", file)
        assert (ended.code, said in ended.lines[0]) == (1, True), ended.err
    ended = tree.run("keys", "backup", target)
    assert ended.code == 2
    assert ended.lines[0] == "error: there is no terminal to ask for the passphrase"


def test_a_passphrase_is_asked_for_twice_without_echo(tmp_path: Path):
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from bootstrap.cli.passphrase import read_passphrase as r\n"
         "print(len(r(None, confirm=True)))"],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(terminal)
    said = io.BytesIO()
    for prompt in (b"passphrase: ", b"once more: "):
        while not said.getvalue().endswith(prompt):
            assert select.select([main], [], [], 60)[0]
            said.write(os.read(main, 1))
        os.write(main, b"MARKED\n")
    while b"6" not in said.getvalue():
        assert select.select([main], [], [], 60)[0]
        said.write(os.read(main, 1))
    assert process.wait(60) == 0
    assert b"MARKED" not in said.getvalue()
    os.close(main)


def test_a_file_that_is_no_backup_is_refused(tree: WorkTree, sealing: FakeSealing, tmp_path: Path):
    file = tmp_path / "keys.age"
    file.write_text("kind: Secret\n")
    ended = tree.run("keys", "restore", str(file))
    assert ended.code == 1
    assert ended.lines[0] == f"error: {file} is not an age file"


@pytest.mark.slow  # seconds of scrypt
def test_a_way_to_open_it_that_the_file_does_not_have_is_wrong_usage(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, passphrase: str
):
    file = tmp_path / "keys.age"
    identity = tmp_path / "age.key"
    identity.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    assert tree.run("keys", "backup", str(file), "--passphrase-file", passphrase).code == 0
    ended = tree.run("keys", "restore", str(file), "--identity", str(identity))
    assert (ended.code, ended.lines) == (
        2,
        [f"error: {file} opens with a passphrase", "  fix: leave --identity out"],
    )
    other = tmp_path / "other.age"
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    assert tree.run("keys", "backup", str(other), "--recipient", recipient).code == 0
    ended = tree.run("keys", "restore", str(other), "--identity", str(identity))
    assert ended.code == 1
    assert ended.lines[0] == (
        f"error: {other} does not open: the identity is not one of its recipients, or it is damaged"
    )
    assert "AGE-SECRET-KEY" not in ended.err


def test_two_passphrases_that_differ_write_nothing(
    tree: WorkTree, sealing: FakeSealing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    typed = iter(["MARKED one", "MARKED two"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("bootstrap.cli.passphrase.sys", terminal)
    ended = tree.run("keys", "backup", str(tmp_path / "keys.age"))
    assert (ended.code, ended.lines) == (
        1,
        ["error: the two are not the same", "  fix: run this again"],
    )
    assert not (tmp_path / "keys.age").exists()
