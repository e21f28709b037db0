"""The private sealing keys of an environment that lie here: its own, and those it had before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bootstrap.checkout.environment_files import KEY_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.planned_file import PlannedFile
from bootstrap.sealing.certificate import SealingCertificate, key_belongs_to, parse_private_key

_NOTED = re.compile(r"^# certificate sha256 ([0-9a-f]{64})$", re.MULTILINE)
_SHOWN = 8


@dataclass(frozen=True, slots=True, repr=False)
class LocalKey:
    """A file that holds a private key."""

    path: str
    text: str
    private_key: RSAPrivateKey

    def fingerprint(self, certificates: Iterable[SealingCertificate] = ()) -> str | None:
        """Return its certificate's, among `certificates` or else as the file notes it."""
        for certificate in certificates:
            if key_belongs_to(self.private_key, certificate):
                return certificate.fingerprint
        noted = _NOTED.search(self.text)
        return noted[1] if noted else None


def load_local_keys(environment: Environment, repository: Repository) -> list[LocalKey]:
    """Return the private keys in the environment's folder, its own first."""
    paths = repository.private_keys(environment.folder)
    paths.sort(key=lambda path: path != environment.path(KEY_FILE))
    keys = []
    for path in paths:
        text = repository.read(path)
        if text is not None:
            keys.append(LocalKey(path, text, parse_private_key(text, source=path)))
    return keys


def retain_key(
    environment: Environment,
    certificates: Iterable[SealingCertificate],
    repository: Repository,
) -> PlannedFile | None:
    """Return the file that keeps the environment's present private key when a new one comes.

    None where it has no private key. Raises BootstrapError if another key is kept there.
    """
    own = environment.path(KEY_FILE)
    present = next(
        (key for key in load_local_keys(environment, repository) if key.path == own), None
    )
    if present is None:
        return None
    name = present.fingerprint(certificates) or _digest(present.private_key)
    path = environment.path(f"sealing-key-{name[:_SHOWN]}.local.pem")
    kept = repository.read(path)
    if kept is not None:
        if _digest(parse_private_key(kept, source=path)) != _digest(present.private_key):
            raise BootstrapError(
                f"{path} holds another key than {own}", "move it away, then run this again"
            )
        return None
    return PlannedFile(path, present.text, private=True)


def _digest(key: RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
