"""Opens sealed values without a line of the code that seals them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def unseal_manifest(sealed: Mapping[str, Any], key_pem: str) -> dict[str, bytes]:
    """Return the plaintext of a strict SealedSecret, with the PEM private key."""
    key = load_pem_private_key(key_pem[key_pem.index("-----BEGIN") :].encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    label = f"{sealed['metadata']['namespace']}/{sealed['metadata']['name']}".encode()
    return {
        name: unseal(base64.b64decode(value, validate=True), key, label)
        for name, value in sealed["spec"]["encryptedData"].items()
    }


def unseal(blob: bytes, key: RSAPrivateKey, label: bytes) -> bytes:
    """Return the value in `blob`: RSA-OAEP (RFC 8017, section 7.1.2) by hand, then AES-GCM."""
    length = blob[0] << 8 | blob[1]
    session_key = _oaep_decrypt(blob[2 : 2 + length], key, label)
    return AESGCM(session_key).decrypt(b"\0" * 12, blob[2 + length :], None)


def _oaep_decrypt(cipher: bytes, key: RSAPrivateKey, label: bytes) -> bytes:
    numbers = key.private_numbers()
    size = (key.key_size + 7) // 8
    number = int.from_bytes(cipher, "big")
    # the Chinese remainder theorem: a quarter of the time of pow(number, d, n)
    by_p, by_q = pow(number, numbers.dmp1, numbers.p), pow(number, numbers.dmq1, numbers.q)
    plain = by_q + (by_p - by_q) * numbers.iqmp % numbers.p * numbers.q
    encoded = plain.to_bytes(size, "big")
    digest = hashlib.sha256(label).digest()
    seed = _xor(encoded[1:33], _mask(encoded[33:], 32))
    block = _xor(encoded[33:], _mask(seed, size - 33))
    if encoded[0] != 0 or block[:32] != digest:
        raise ValueError("not sealed for this key and label")
    rest = block[32:].lstrip(b"\0")
    if rest[:1] != b"\1":
        raise ValueError("bad padding")
    return rest[1:]


def _mask(seed: bytes, length: int) -> bytes:
    blocks = (hashlib.sha256(seed + i.to_bytes(4, "big")).digest() for i in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
