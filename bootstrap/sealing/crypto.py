"""The encryption of sealed-secrets, byte for byte: bytes in, bytes out.

Wire format of one sealed value (before base64):

    2 bytes   length N of the next part, big-endian
    N bytes   session key, RSA-OAEP (SHA-256, MGF1 with SHA-256) under `label`
    rest      value, AES-256-GCM under the session key, 16-byte tag last

The nonce is twelve zero bytes, which is safe only because every session key is used once.
Source: pkg/crypto of sealed-secrets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SESSION_KEY_BYTES = 32
_NONCE = bytes(12)
_LENGTH_BYTES = 2


class UnsealError(Exception):
    """The bytes are not a value sealed for this key and label. Holds no data."""


class Scope(StrEnum):
    """How tightly a sealed value is bound to the Secret that it was sealed for."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


SCOPE_ANNOTATIONS: Mapping[Scope, str] = {
    Scope.CLUSTER_WIDE: "sealedsecrets.bitnami.com/cluster-wide",
    Scope.NAMESPACE_WIDE: "sealedsecrets.bitnami.com/namespace-wide",
}
"""What the controller reads the scope from; strict is neither."""


def scope_of(annotations: Mapping[str, object]) -> Scope:
    """Return the scope that `annotations` say; cluster-wide wins, as in the controller."""
    for scope, annotation in SCOPE_ANNOTATIONS.items():
        if annotations.get(annotation) == "true":
            return scope
    return Scope.STRICT


def encryption_label(scope: Scope, *, namespace: str, name: str) -> bytes:
    """Return the OAEP label that binds a value to its scope."""
    match scope:
        case Scope.STRICT:
            return f"{namespace}/{name}".encode()
        case Scope.NAMESPACE_WIDE:
            return namespace.encode()
        case Scope.CLUSTER_WIDE:
            return b""


def seal_value(
    public_key: RSAPublicKey,
    value: bytes,
    label: bytes,
    *,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Return `value` sealed for the holder of the private key, in the wire format above."""
    session_key = random(_SESSION_KEY_BYTES)
    wrapped = public_key.encrypt(session_key, _oaep(label))
    return (
        len(wrapped).to_bytes(_LENGTH_BYTES, "big")
        + wrapped
        + AESGCM(session_key).encrypt(_NONCE, value, None)
    )


def unseal_value(private_key: RSAPrivateKey, sealed: bytes, label: bytes) -> bytes:
    """Return the value in `sealed`, or raise UnsealError if key or label is not its own."""
    size = int.from_bytes(sealed[:_LENGTH_BYTES], "big")
    wrapped = sealed[_LENGTH_BYTES : _LENGTH_BYTES + size]
    try:
        session_key = private_key.decrypt(wrapped, _oaep(label))
        return AESGCM(session_key).decrypt(_NONCE, sealed[_LENGTH_BYTES + size :], None)
    except (ValueError, InvalidTag):
        raise UnsealError from None


def _oaep(label: bytes) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label or None)
