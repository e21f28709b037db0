"""Backups as bytes: encrypted, opened again by us and by the format's own rules, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from bootstrap.errors import BootstrapError, UsageError
from bootstrap.sealing.age import (
    decrypt_with_identity,
    decrypt_with_passphrase,
    encrypt_for,
    encrypt_with_passphrase,
    needs_passphrase,
)
from bootstrap.sealing.key_backup import StoredKey, build_secret, parse_backup, render_backup
from tests.unit.certificates import make_certificate, to_pem

PLAIN = b"plain \x00 bytes"


def ssh_pair() -> tuple[str, str]:
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return public.decode(), private.decode()


@pytest.mark.slow  # four times a second of scrypt
def test_a_passphrase_opens_what_it_closed_and_no_other_does():
    encrypted = encrypt_with_passphrase(PLAIN, "pass phrase ü")
    assert needs_passphrase(encrypted, source="f")
    assert PLAIN not in encrypted
    assert decrypt_with_passphrase(encrypted, "pass phrase ü", source="f") == PLAIN
    with pytest.raises(BootstrapError, match="f does not open: the passphrase is wrong"):
        decrypt_with_passphrase(encrypted, "pass phrase u", source="f")
    with pytest.raises(BootstrapError, match="or the file is damaged"):
        decrypt_with_passphrase(encrypted[:-1], "pass phrase ü", source="f")


def test_every_recipient_opens_it_and_nobody_else():
    first, second = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    public, private = ssh_pair()
    encrypted = encrypt_for(PLAIN, [str(first.to_public()), public])
    assert not needs_passphrase(encrypted, source="f")
    file = f"# created: today\n# public key: {first.to_public()}\n{first}\n"
    assert decrypt_with_identity(encrypted, file, source="f") == PLAIN
    assert decrypt_with_identity(encrypted, private, source="f") == PLAIN
    with pytest.raises(BootstrapError, match="not one of its recipients"):
        decrypt_with_identity(encrypted, str(second), source="f")


@pytest.mark.parametrize("text", ["", "age1junk", "ssh-ed25519 junk", "AGE-SECRET-KEY-1MARKED"])
def test_a_recipient_that_is_none_is_refused_and_not_shown(text: str):
    with pytest.raises(UsageError) as caught:
        encrypt_for(PLAIN, [text])
    assert "MARKED" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["", "# only a note\n", "MARKED", "-----BEGIN MARKED-----\n"])
def test_an_identity_that_is_none_is_refused_and_not_shown(text: str):
    encrypted = encrypt_for(PLAIN, [str(pyrage.x25519.Identity.generate().to_public())])
    with pytest.raises(BootstrapError, match="holds no usable age or SSH private key") as caught:
        decrypt_with_identity(encrypted, text, source="f")
    assert "MARKED" not in caught.value.message + caught.value.hint


def test_a_file_of_another_kind_is_refused():
    with pytest.raises(BootstrapError, match="f is not an age file"):
        needs_passphrase(b"PK\x03\x04", source="f")


# what is inside


def stored(key: rsa.RSAPrivateKey, name: str = "sealed-secrets-key1", **more: str) -> StoredKey:
    return StoredKey(name, make_certificate(key, like_controller=True), to_pem(key), **more)


def test_a_backup_is_a_list_of_secrets_and_comes_back_as_it_was(small_key: rsa.RSAPrivateKey):
    keys = [stored(small_key, "b"), stored(small_key, "a", status="compromised")]
    raw = render_backup(keys, "kube-system")
    document = json.loads(raw)
    assert (document["apiVersion"], document["kind"]) == ("v1", "List")
    assert [item["metadata"]["namespace"] for item in document["items"]] == ["kube-system"] * 2
    assert document["items"][0] == build_secret(keys[1], "kube-system")
    assert parse_backup(raw, source="f") == keys[::-1]
    assert "PRIVATE" not in repr(keys)


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"{}", b'{"items": [{}]}', b"[" * 100_000])
def test_what_is_no_backup_is_refused(raw: bytes):
    with pytest.raises(BootstrapError, match="f holds no backup of sealing keys"):
        parse_backup(raw, source="f")


def test_a_pair_that_does_not_belong_together_is_refused(
    small_key: rsa.RSAPrivateKey, large_key: rsa.RSAPrivateKey
):
    mixed = StoredKey("k", make_certificate(small_key), to_pem(large_key))
    with pytest.raises(BootstrapError, match="f: key k: private key and certificate don't belong"):
        parse_backup(render_backup([mixed], "x"), source="f")


def test_where_a_file_may_go(tmp_path: Path):
    from bootstrap.files.private import write_private

    file = tmp_path / "f"
    write_private(file, b"1")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"1", 0o600)
    with pytest.raises(BootstrapError, match="exists; it is left as it is"):
        write_private(file, b"2")
    with pytest.raises(BootstrapError, match="no such file or directory"):
        write_private(tmp_path / "none" / "f", b"2")
    assert [item.name for item in tmp_path.iterdir()] == ["f"]
