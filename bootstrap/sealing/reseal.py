"""Sealing values again for another certificate; plaintext stays in memory or in the cluster."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.errors import BootstrapError
from bootstrap.sealing.certificate import SealingCertificate
from bootstrap.sealing.crypto import UnsealError, seal_value, unseal_value
from bootstrap.sealing.sealed_secret import SealedSecret, build_sealed_secret

_LENGTH_BYTES = 2


def open_values(sealed: SealedSecret, keys: Sequence[RSAPrivateKey]) -> dict[str, bytes] | None:
    """Return every value in `sealed`, None unless `keys` open them all."""
    values = {}
    for name, text in sealed.encrypted.items():
        value = _open(base64.b64decode(text), keys, sealed.label)
        if value is None:
            return None
        values[name] = value
    return values


def seal_values(
    sealed: SealedSecret, values: Mapping[str, bytes], certificate: SealingCertificate
) -> SealedSecret:
    """Return `sealed` with each of `values` sealed anew for `certificate`."""
    encrypted = {
        name: base64.b64encode(seal_value(certificate.public_key, value, sealed.label)).decode()
        for name, value in values.items()
    }
    return replace(sealed, encrypted=encrypted)


def build_rotation(sealed: SealedSecret) -> dict[str, Any]:
    """Return what to send to the controller's rotate endpoint: the values and their scope alone.

    In newer releases the endpoint lets the outer metadata overwrite the template's, and in some it
    renders the template's data into the values. With equal, bare metadata neither matters.
    """
    bare = SealedSecret(
        namespace=sealed.namespace,
        name=sealed.name,
        scope=sealed.scope,
        encrypted=sealed.encrypted,
    )
    return build_sealed_secret(bare)


def take_rotated(
    answer: bytes, sealed: SealedSecret, certificate: SealingCertificate
) -> SealedSecret:
    """Return `sealed` with the values of the rotate endpoint's answer.

    Whose key a value is sealed for shows only in the size of its first part. What can be told is
    checked: the same keys, each with a new value of that size.
    """
    try:
        encrypted = json.loads(answer)["spec"]["encryptedData"]
        complete = set(encrypted) == set(sealed.encrypted) and all(
            _is_new(encrypted[name], sealed.encrypted[name], certificate) for name in encrypted
        )
    except (ValueError, KeyError, TypeError):
        complete = False
    if not complete:
        raise BootstrapError(
            "the controller's answer is not what was asked to be sealed again",
            "nothing was changed; look at the controller's log and its version",
        )
    return replace(sealed, encrypted=encrypted)


def _open(blob: bytes, keys: Sequence[RSAPrivateKey], label: bytes) -> bytes | None:
    for key in keys:
        try:
            return unseal_value(key, blob, label)
        except UnsealError:
            continue
    return None


def _is_new(text: str, old: str, certificate: SealingCertificate) -> bool:
    blob = base64.b64decode(text, validate=True)
    size = int.from_bytes(blob[:_LENGTH_BYTES], "big")
    return text != old and size == certificate.public_key.key_size // 8
