"""`bootstrap keys rotate`: every value sealed again for a new key, its plaintext on no disk.

Who holds the private key opens the values here. Else the controller does it, which seals for its
newest key and no other.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from bootstrap.checkout.environment_files import (
    CERTIFICATE_FILE,
    KEY_FILE,
    SEALED_FILE,
    find_pinned,
    load_sealed,
)
from bootstrap.checkout.environments import check_private
from bootstrap.checkout.private_keys import load_local_keys, retain_key
from bootstrap.checkout.sealing_memory import DIGESTS_FILE
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.commands.seal.metadata import known_values, warn_of_plaintext
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.plaintext.metadata import without_plaintext
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import Reporter
from bootstrap.sealing.certificate import (
    SealingCertificate,
    SealingKey,
    check_not_expired,
    generate_key,
    parse_certificate,
    render_certificate,
    render_key,
)
from bootstrap.sealing.digests import (
    Digests,
    compute_digest,
    new_digests,
    parse_digests,
    render_digests,
)
from bootstrap.sealing.reseal import build_rotation, open_values, seal_values, take_rotated
from bootstrap.sealing.sealed_secret import SealedSecret, render_sealed_secret


@dataclass(frozen=True, slots=True)
class RotateResult:
    """What was, or in a dry run would be, done."""

    environment: Environment
    certificate: SealingCertificate
    resealed: tuple[str, ...]
    """Keys of the Secret; never their values."""
    changes: tuple[Change, ...] = ()
    by_controller: bool = False
    made_key: bool = False

    @property
    def changed(self) -> bool:
        """Whether any file differs."""
        return bool(self.changes)


@dataclass(frozen=True, slots=True, repr=False)
class _Resealed:
    """The values, sealed for the new certificate; `values` is empty where others opened them."""

    sealed: SealedSecret
    values: dict[str, bytes] = field(default_factory=dict)
    by_controller: bool = False


def rotate(
    environment: Environment,
    session: Session,
    *,
    from_cluster: bool = False,
    dry_run: bool = False,
) -> RotateResult:
    """Seal the environment for a new key pair of ours, or for the controller's newest."""
    repository, git, reporter = session.repository, session.git, session.reporter
    now = session.now()
    with repository.lock():
        present = find_pinned(environment, repository)
        sealed = load_sealed(environment, repository)
        if not from_cluster:
            reporter.step("making a sealing key pair (RSA-4096)")
            key = generate_key(now)
            certificate, cluster = key.certificate, None
        else:
            key, cluster = None, session.clusters.argocd()
            certificate = _newest(cluster, now)
            if present and present.fingerprint == certificate.fingerprint:
                return RotateResult(environment, certificate, ())
        resealed = _without_plaintext(
            environment, _reseal(environment, sealed, certificate, cluster, repository), reporter
        )
        known = [present] if present else []
        kept = retain_key(environment, known, repository)
        files = [
            # A kill between two of these loses nothing: no private key is replaced before its
            # copy is there, and what is pinned can always be had from here or the controller.
            *([kept] if kept else []),
            *_files(environment, resealed, certificate, key),
            *_digests(environment, resealed, certificate, key, repository, git, reporter),
        ]
        check_private([item for item in files if item.path.endswith(".pem")], git)
        changes = repository.plan(files) if dry_run else repository.write(files)
        if key is None and not dry_run:
            repository.remove(environment.path(KEY_FILE))  # kept above, under its own name
    return RotateResult(
        environment,
        certificate,
        tuple(sorted(sealed.encrypted)),
        tuple(changes),
        resealed.by_controller,
        made_key=key is not None,
    )


def _files(
    environment: Environment,
    resealed: _Resealed,
    certificate: SealingCertificate,
    key: SealingKey | None,
) -> list[PlannedFile]:
    sealed = render_sealed_secret(resealed.sealed, environment.path(SEALED_FILE))
    pinned = PlannedFile(environment.path(CERTIFICATE_FILE), render_certificate(certificate))
    if key is None:
        # the certificate last: a run that was killed before is then done again
        return [sealed, pinned]
    path = environment.path(KEY_FILE)
    return [PlannedFile(path, render_key(key, environment.name), private=True), pinned, sealed]


def _reseal(
    environment: Environment,
    sealed: SealedSecret,
    certificate: SealingCertificate,
    cluster: Cluster | None,
    repository: Repository,
) -> _Resealed:
    keys = [item.private_key for item in load_local_keys(environment, repository)]
    values = open_values(sealed, keys)
    if values is not None:
        return _Resealed(seal_values(sealed, values, certificate), values)
    if cluster is None:
        raise BootstrapError(
            f"no private key in {environment.folder} opens every value of {SEALED_FILE}",
            f"put {KEY_FILE} back from its backup, or have the controller do it:"
            f" `bootstrap keys rotate {environment.name} --from-cluster`",
        )
    answer = cluster.sealing.rotate(build_rotation(sealed))
    rotated = take_rotated(answer, sealed, certificate)
    after = parse_certificate(cluster.sealing.fetch_certificate(), source="its certificate")
    if after.fingerprint != certificate.fingerprint:
        raise BootstrapError(
            "the controller got a new key just now, so nobody knows which one it sealed for",
            "run this again; nothing was changed",
        )
    return _Resealed(rotated, by_controller=True)


def _without_plaintext(
    environment: Environment, resealed: _Resealed, reporter: Reporter
) -> _Resealed:
    """Return it without the labels and annotations that an earlier version should have dropped."""
    cleaned, found = without_plaintext(resealed.sealed, known_values(resealed.values))
    warn_of_plaintext(environment.path(SEALED_FILE), found, reporter)
    return replace(resealed, sealed=cleaned)


def _digests(
    environment: Environment,
    resealed: _Resealed,
    certificate: SealingCertificate,
    key: SealingKey | None,
    repository: Repository,
    git: Git,
    reporter: Reporter,
) -> list[PlannedFile]:
    """Return the memory of what is sealed, without which the next `seal` seals all anew."""
    path = environment.path(DIGESTS_FILE)
    if key is not None or not resealed.sealed.encrypted:
        return []
    if resealed.by_controller:
        reporter.warn(
            "the controller opened the values, not we: the next `bootstrap seal` can't tell"
            " whether one is unchanged, and seals what it is given once more"
        )
        return []
    if not git.would_ignore(git.root / path):
        reporter.warn(f"{path} would not be ignored by Git: add *.local.json to .gitignore")
        return []
    digests = None
    with contextlib.suppress(BootstrapError):  # a damaged one is as good as none
        digests = parse_digests(repository.read(path))
    hmac_key = (digests or new_digests()).hmac_key
    by_key = {
        name: compute_digest(
            hmac_key,
            fingerprint=certificate.fingerprint,
            label=resealed.sealed.label,
            key=name,
            ciphertext=resealed.sealed.encrypted[name],
            value=value,
        )
        for name, value in resealed.values.items()
    }
    return [PlannedFile(path, render_digests(Digests(hmac_key, by_key)), private=True)]


def _newest(cluster: Cluster, now: datetime) -> SealingCertificate:
    source = f"the certificate of {cluster.context}"
    certificate = parse_certificate(cluster.sealing.fetch_certificate(), source=source)
    check_not_expired(certificate, now=now, source=source)
    return certificate
