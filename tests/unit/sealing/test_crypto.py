from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.sealing.crypto import Scope, UnsealError, encryption_label, seal_value, unseal_value
from tests.unit.independent import NotForUs, open_sealed

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=63)


@pytest.mark.parametrize(
    ("scope", "label"),
    [
        (Scope.STRICT, b"ns/agentsmith-secrets"),
        (Scope.NAMESPACE_WIDE, b"ns"),
        (Scope.CLUSTER_WIDE, b""),
    ],
)
def test_label_binds_a_value_to_its_scope(scope: Scope, label: bytes):
    assert encryption_label(scope, namespace="ns", name="agentsmith-secrets") == label


@settings(max_examples=settings.default.max_examples // 3)
@given(
    value=st.binary(max_size=2000) | st.text().map(str.encode),
    scope=st.sampled_from(Scope),
    namespace=LABEL,
    name=LABEL,
)
def test_any_value_is_opened_by_an_independent_reader_under_its_own_label_only(
    small_key: RSAPrivateKey, value: bytes, scope: Scope, namespace: str, name: str
):
    label = encryption_label(scope, namespace=namespace, name=name)
    sealed = seal_value(small_key.public_key(), value, label)
    assert len(sealed) == 2 + 256 + len(value) + 16
    text = base64.b64encode(sealed).decode()
    assert text.startswith("AQ")
    assert open_sealed(small_key, text, label) == value
    assert unseal_value(small_key, sealed, label) == value
    with pytest.raises(UnsealError):
        unseal_value(small_key, sealed, label + b"x")


def test_large_key_and_64_kib_value(large_key: RSAPrivateKey):
    value = bytes(range(256)) * 256
    text = base64.b64encode(seal_value(large_key.public_key(), value, b"ns/n")).decode()
    assert text.startswith("Ag")
    assert open_sealed(large_key, text, b"ns/n") == value
    with pytest.raises(NotForUs):
        open_sealed(large_key, text, b"ns/x")


def test_session_key_is_asked_for_once_per_value_and_never_used_twice(small_key: RSAPrivateKey):
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes([len(asked)]) * size

    sealed = [seal_value(small_key.public_key(), b"v", b"l", random=random) for _ in range(2)]
    assert asked == [32, 32]
    assert sealed[0][258:] == AESGCM(b"\1" * 32).encrypt(bytes(12), b"v", None)
    assert sealed[1][258:] == AESGCM(b"\2" * 32).encrypt(bytes(12), b"v", None)


def test_same_value_is_never_the_same_ciphertext(small_key: RSAPrivateKey):
    sealed = {seal_value(small_key.public_key(), b"v", b"l") for _ in range(20)}
    assert len({item[:258] for item in sealed}) == len({item[258:] for item in sealed}) == 20


@pytest.mark.parametrize(
    "damage",
    [
        lambda sealed: b"",
        lambda sealed: sealed[:1],
        lambda sealed: sealed[:2],
        lambda sealed: sealed[:200],
        lambda sealed: sealed[:258],
        lambda sealed: sealed[:-1],
        lambda sealed: sealed + b"x",
        lambda sealed: b"\xff\xff" + sealed[2:],
        lambda sealed: b"\0\0" + sealed[2:],
        lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        lambda sealed: sealed[:9] + bytes([sealed[9] ^ 1]) + sealed[10:],
    ],
    ids=range(11),
)
def test_damaged_value_is_refused_without_a_word_of_it(small_key: RSAPrivateKey, damage):
    sealed = damage(seal_value(small_key.public_key(), b"hunter2", b"l"))
    with pytest.raises(UnsealError) as caught:
        unseal_value(small_key, sealed, b"l")
    assert (caught.value.args, caught.value.__cause__) == ((), None)


def test_fixed_vectors_of_upstream_are_opened():
    """Sealed once by upstream's kubeseal; guards the format against a change on both our sides."""
    vectors = json.loads(
        (Path(__file__).parent.parent / "golden/kubeseal-vectors.json").read_text()
    )
    key = load_pem_private_key(vectors["key"].encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    assert [item["scope"] for item in vectors["values"]] == [scope.value for scope in Scope]
    for item in vectors["values"]:
        label = encryption_label(Scope(item["scope"]), namespace="ns", name="agentsmith-secrets")
        assert unseal_value(key, base64.b64decode(item["sealed"]), label) == b"hunter2\n"
        assert open_sealed(key, item["sealed"], label) == b"hunter2\n"
