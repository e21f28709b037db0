"""The files of an environment: what they are called, and each of them read."""

from __future__ import annotations

from bootstrap.checkout.environments import not_ours
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.planned_file import is_generated
from bootstrap.sealing.certificate import SealingCertificate, parse_certificate
from bootstrap.sealing.sealed_secret import SealedSecret, parse_sealed_secret

KEY_FILE = "sealing-key.local.pem"
CERTIFICATE_FILE = "sealing-cert.pem"
SEALED_FILE = "sealed-secret.yaml"


def find_sealed(
    environment: Environment, repository: Repository, *, lenient: bool = False
) -> SealedSecret | None:
    """Return the environment's SealedSecret, None where it has none yet.

    With `lenient`, values that are no sealed ones are left to the caller.
    """
    path = environment.path(SEALED_FILE)
    text = repository.read(path)
    if text is None:
        return None
    return parse_sealed_secret(text, path=path, namespace=environment.namespace, lenient=lenient)


def load_sealed(
    environment: Environment, repository: Repository, *, lenient: bool = False
) -> SealedSecret:
    """Return what `find_sealed` does, and an empty SealedSecret where it has none yet."""
    found = find_sealed(environment, repository, lenient=lenient)
    return SealedSecret(namespace=environment.namespace) if found is None else found


def require_sealed(
    environment: Environment, repository: Repository, *, lenient: bool = False
) -> SealedSecret:
    """Return what `find_sealed` does; none is an error."""
    found = find_sealed(environment, repository, lenient=lenient)
    if found is None:
        raise missing_file(environment, SEALED_FILE)
    return found


def missing_file(environment: Environment, file: str) -> BootstrapError:
    """Return the error that a file is missing which every environment has."""
    return BootstrapError(
        f"{environment.path(file)} is missing",
        f"restore it, or run `bootstrap init {environment.name}`",
    )


def find_certificate(environment: Environment, repository: Repository) -> SealingCertificate | None:
    """Return the certificate in the environment's folder, whoever put it there."""
    path = environment.path(CERTIFICATE_FILE)
    text = repository.read(path)
    return None if text is None else parse_certificate(text, source=path)


def find_pinned(environment: Environment, repository: Repository) -> SealingCertificate | None:
    """Return the certificate that bootstrap pinned, None where there is none; another is refused.

    For who is to write another in its place.
    """
    path = environment.path(CERTIFICATE_FILE)
    text = repository.read(path)
    if text is None:
        return None
    if not is_generated(text):
        raise not_ours(path)
    return parse_certificate(text, source=path)


def load_pinned(environment: Environment, repository: Repository) -> SealingCertificate:
    """Return the certificate that the environment is sealed for."""
    found = find_certificate(environment, repository)
    if found is None:
        raise missing_file(environment, CERTIFICATE_FILE)
    return found
