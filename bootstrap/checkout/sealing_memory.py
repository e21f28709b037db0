"""What this clone knows about values that are sealed already."""

from __future__ import annotations

import contextlib

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.checkout.environment_files import KEY_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.planned_file import PlannedFile
from bootstrap.sealing.certificate import SealingCertificate, key_belongs_to, parse_private_key
from bootstrap.sealing.digests import Digests, new_digests, parse_digests, render_digests
from bootstrap.sealing.memory import SealingMemory

DIGESTS_FILE = "sealed-digests.local.json"


def load_memory(
    environment: Environment, certificate: SealingCertificate, repository: Repository
) -> SealingMemory:
    """Return what this work tree knows about the values of `environment`."""
    private_key = load_private_key(environment, repository)
    digests = None
    with contextlib.suppress(BootstrapError):  # damage costs only a needless new ciphertext
        digests = parse_digests(repository.read(environment.path(DIGESTS_FILE)))
    return SealingMemory(
        certificate,
        private_key,
        private_key is not None and key_belongs_to(private_key, certificate),
        digests or new_digests(),
    )


def load_private_key(environment: Environment, repository: Repository) -> RSAPrivateKey | None:
    """Return the environment's local private key, None where it has none."""
    path = environment.path(KEY_FILE)
    text = repository.read(path)
    return parse_private_key(text, source=path) if text else None


def render_memory(environment: Environment, digests: Digests) -> PlannedFile:
    """Return the local file of digests."""
    return PlannedFile(environment.path(DIGESTS_FILE), render_digests(digests), private=True)
