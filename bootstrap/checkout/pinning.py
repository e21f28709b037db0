"""Which certificate an environment is sealed for: its own, one given, or a new pair of keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bootstrap.checkout.environment_files import (
    CERTIFICATE_FILE,
    KEY_FILE,
    SEALED_FILE,
    find_certificate,
)
from bootstrap.checkout.environments import not_ours
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.planned_file import PlannedFile, is_generated
from bootstrap.protocols import Reporter
from bootstrap.sealing.certificate import (
    SealingCertificate,
    certify_key,
    check_not_expired,
    generate_key,
    key_belongs_to,
    parse_certificate,
    parse_private_key,
    render_certificate,
    render_key,
)
from bootstrap.sealing.sealed_secret import SealedSecret
from bootstrap.shell import from_here


def choose_certificate(
    environment: Environment,
    certificate: Callable[[], tuple[str, str]] | None,
    sealed: SealedSecret | None,
    *,
    repository: Repository,
    now: datetime,
    reporter: Reporter,
) -> tuple[SealingCertificate, list[PlannedFile]]:
    """Return the certificate to seal for, and the files to write: none, it, or its key and it."""
    path = environment.path(CERTIFICATE_FILE)
    key_path = environment.path(KEY_FILE)
    present = find_certificate(environment, repository)
    if certificate is None:
        if present:
            return present, []
        key_text = repository.read(key_path)
        if sealed and sealed.encrypted and key_text is None:
            raise BootstrapError(
                f"{path} is missing, but {len(sealed.encrypted)} values are sealed for it",
                f"restore it with `git restore -- {from_here(path)}`, or commit its removal and"
                f" that of {environment.path(SEALED_FILE)}, run this again and seal every value",
            )
        if key_text is None:
            reporter.step("making a sealing key pair (RSA-4096)")
            key = generate_key(now)
        else:  # a run was killed between the two, or the certificate was deleted
            reporter.step(f"making a new certificate for {key_path}")
            key = certify_key(parse_private_key(key_text, source=key_path), now)
        return key.certificate, [
            PlannedFile(key_path, render_key(key, environment.name), private=True),
            PlannedFile(path, render_certificate(key.certificate)),
        ]
    pem, source = certificate()
    chosen = parse_certificate(pem, source=source)
    check_not_expired(chosen, now=now, source=source)
    if present and present.fingerprint == chosen.fingerprint:
        return present, []
    if present and not is_generated(repository.read(path) or ""):
        raise not_ours(path)
    if sealed and sealed.encrypted:
        raise BootstrapError(
            f"{environment.path(SEALED_FILE)} holds {len(sealed.encrypted)} values sealed for"
            " another certificate, which would stay behind",
            "delete that file, run this again, and seal every value for the new certificate",
        )
    _warn_of_old_key(key_path, chosen, repository, reporter)
    return chosen, [PlannedFile(path, render_certificate(chosen))]


def _warn_of_old_key(
    key_path: str, chosen: SealingCertificate, repository: Repository, reporter: Reporter
) -> None:
    text = repository.read(key_path)
    if text and not key_belongs_to(parse_private_key(text, source=key_path), chosen):
        reporter.warn(f"{key_path} is not the key of this certificate; keep it for older commits")
