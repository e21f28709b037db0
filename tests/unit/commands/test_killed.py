"""A kill (SIGKILL, no clean-up at all) at every step of writing, then the same command again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.sealing.certificate import key_belongs_to, parse_certificate, parse_private_key
from tests.support.reading import read_yaml
from tests.unit.certificates import to_pem
from tests.unit.independent import open_sealed
from tests.unit.work_tree import WorkTree

CERTIFICATE = "environments/prod/sealing-cert.pem"
KEY = "environments/prod/sealing-key.local.pem"
SEALED = "environments/prod/sealed-secret.yaml"
DRIVER = Path(__file__).parent.parent / "kill_at_every_step.py"


def kill_at_every_step(
    tree: WorkTree, tmp_path: Path, key: RSAPrivateKey, *arguments: str
) -> list[Path]:
    """Return one tree per step: `tree` after the command was killed there."""
    pem = tmp_path / "key.pem"
    pem.write_text(to_pem(key))
    done = subprocess.run(
        [sys.executable, "-P", DRIVER, tree.root, tmp_path / "killed", pem, *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [Path(item) for item in json.loads(done.stdout)]


def at(root: Path, tree: WorkTree) -> WorkTree:
    return WorkTree(root, tree.monkeypatch, tree.capsys)


@pytest.mark.slow
def test_init_that_is_killed_anywhere_is_completed_by_the_next(
    tree: WorkTree, tmp_path: Path, own_key: RSAPrivateKey
):
    before = tree.contents()
    killed = kill_at_every_step(tree, tmp_path, own_key, "init", "prod")
    tree.run("init", "prod")
    complete = tree.contents()
    # else the driver was blind, and what follows would show nothing
    assert len(killed) == 2 * 8  # each of the eight files is written, then renamed
    states = {tuple(sorted(at(root, tree).contents())) for root in killed}
    assert any(".tmp." in name for state in states for name in state)
    assert len(states) == 16
    for root in killed:
        half = at(root, tree)
        left = {name: text for name, text in half.contents().items() if ".tmp." not in name}
        for name, text in left.items():
            # serial number and times differ from run to run
            if "sealing-" not in name:
                assert text == complete[name]
        assert set(before) <= set(left) <= set(complete)
        assert half.git("status", "--porcelain", "--ignored=no").count(".tmp.") == 0
        assert half.run("init", "prod").code == 0
        after = half.contents()
        assert set(after) == set(complete)
        certificate = parse_certificate(after[CERTIFICATE].decode(), source="x")
        assert key_belongs_to(parse_private_key(after[KEY].decode(), source="x"), certificate)


def test_seal_that_is_killed_anywhere_leaves_old_or_new(
    pinned: WorkTree, tmp_path: Path, small_key: RSAPrivateKey
):
    pinned.write("s.local.yaml", "githubToken: old\njiraEmail: stays\n")
    assert pinned.run("seal", "s.local.yaml").code == 0
    pinned.write("s.local.yaml", "githubToken: new\n")
    names = set(pinned.contents())
    killed = kill_at_every_step(pinned, tmp_path, small_key, "seal", "s.local.yaml")
    assert len(killed) == 2 * 2
    seen = set()
    for root in killed:
        half = at(root, pinned)
        seen.add(opened(half, small_key)["github-token"])
        assert half.run("seal", "s.local.yaml").code == 0
        assert opened(half, small_key) == {
            "github-token": b"new",
            "jira-email": b"stays",
            "redis-url": b"redis:6379",
        }
        assert set(half.contents()) == names
        before = half.snapshot()
        assert half.run("seal", "s.local.yaml").code == 0
        assert half.snapshot() == before
    assert seen == {b"old", b"new"}


def opened(tree: WorkTree, key: RSAPrivateKey) -> dict[str, bytes]:
    document = read_yaml(tree.read(SEALED))
    label = b"agentsmith-prod/agentsmith-secrets"
    return {
        name: open_sealed(key, text, label)
        for name, text in document["spec"]["encryptedData"].items()
    }
