"""All keys of a sealed-secrets controller as one document, which `kubectl apply` takes too.

The format is a v1 List of the very Secrets, so that a backup never needs this program to be of use.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.sealing.certificate import (
    SealingCertificate,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
)

KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
ACTIVE = "active"


@dataclass(frozen=True, slots=True, repr=False)
class StoredKey:
    """A key pair as the controller has it: a Secret, both parts in PEM form."""

    name: str
    certificate: str
    private_key: str
    status: str = ACTIVE
    """The value of the controller's label; `compromised` keys unseal and are never handed out."""

    def parse_certificate(self) -> SealingCertificate:
        """Return its public half."""
        return parse_certificate(self.certificate, source=f"sealing key {self.name}")


def build_secret(key: StoredKey, namespace: str) -> dict[str, Any]:
    """Return the Secret that the controller reads."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": key.name,
            "namespace": namespace,
            "labels": {KEY_LABEL: key.status},
        },
        "type": "kubernetes.io/tls",
        "data": {
            "tls.crt": base64.b64encode(key.certificate.encode()).decode(),
            "tls.key": base64.b64encode(key.private_key.encode()).decode(),
        },
    }


def read_secret(secret: dict[str, Any]) -> StoredKey:
    """Return the key in a Secret of the controller; raises KeyError or ValueError."""
    metadata, data = secret["metadata"], secret["data"]
    return StoredKey(
        name=str(metadata["name"]),
        certificate=base64.b64decode(data["tls.crt"]).decode("ascii"),
        private_key=base64.b64decode(data["tls.key"]).decode("ascii"),
        status=str((metadata.get("labels") or {}).get(KEY_LABEL, ACTIVE)),
    )


def render_backup(keys: Sequence[StoredKey], namespace: str) -> bytes:
    """Return the plaintext of a backup; it never goes to a disk."""
    items = [build_secret(key, namespace) for key in sorted(keys, key=lambda item: item.name)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()


def parse_backup(raw: bytes, *, source: str) -> list[StoredKey]:
    """Return the keys in the plaintext of a backup, each checked to be a pair."""
    hint = "give the file that `bootstrap keys backup` wrote"
    try:
        keys = [read_secret(item) for item in json.loads(raw)["items"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BootstrapError(f"{source} holds no backup of sealing keys", hint) from None
    for key in keys:
        name = f"{source}: key {key.name}"
        certificate = parse_certificate(key.certificate, source=name)
        if not key_belongs_to(parse_private_key(key.private_key, source=name), certificate):
            raise BootstrapError(f"{name}: private key and certificate don't belong together", hint)
    return keys
