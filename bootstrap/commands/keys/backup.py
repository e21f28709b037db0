"""`bootstrap keys backup` and `restore`: the controller's keys, encrypted, to a file and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bootstrap.cluster import Cluster
from bootstrap.commands.keys.give import restart_controller
from bootstrap.errors import BootstrapError
from bootstrap.files.private import write_private
from bootstrap.git import would_be_seen
from bootstrap.protocols import Clock, Reporter
from bootstrap.sealing.certificate import parse_certificate
from bootstrap.sealing.key_backup import StoredKey, parse_backup, render_backup


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What the file holds; fingerprints only."""

    file: str
    namespace: str
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """What became of each key of the backup; fingerprints only."""

    namespace: str
    added: tuple[str, ...]
    present: tuple[str, ...]


def check_place(file: str) -> None:
    """Raise BootstrapError if a backup may not be written to `file`; cheap, so asked first."""
    path = Path(file)
    if not path.parent.is_dir():
        raise BootstrapError(f"{path.parent} is not a folder", "make it, or choose another place")
    if path.exists() or path.is_symlink():
        raise BootstrapError(
            f"{path} exists; it is left as it is", "choose another name: it may hold other keys"
        )
    if would_be_seen(path):
        raise BootstrapError(
            f"{path} lies in a Git work tree and is not ignored, so it could be committed",
            "choose a place outside of every repository, best on another machine",
        )


def backup(file: str, *, cluster: Cluster, encrypt: Callable[[bytes], bytes]) -> BackupResult:
    """Write every key of the controller to `file`, which must not be there yet, encrypted."""
    check_place(file)
    namespace = cluster.sealing.find_service().namespace
    keys = cluster.sealing_keys.keys(namespace)
    if not keys:
        raise BootstrapError(
            f"the controller in {namespace} has no keys", "see whether it ever started"
        )
    content = render_backup(keys, namespace)
    parse_backup(content, source=f"the controller in {namespace}")  # else it could not be restored
    write_private(Path(file), encrypt(content))
    return BackupResult(file, namespace, tuple(sorted(_fingerprints(keys))))


def restore(
    decrypted: bytes,
    *,
    source: str,
    cluster: Cluster,
    clock: Clock,
    now: Callable[[], datetime],
    reporter: Reporter,
    dry_run: bool = False,
) -> RestoreResult:
    """Give the controller the keys that it lacks, and restart it; none is ever replaced."""
    keys = parse_backup(decrypted, source=source)
    namespace = cluster.sealing.find_service().namespace
    held = {
        parse_certificate(pem, source=f"a sealing key in {namespace}").fingerprint
        for pem in cluster.sealing_keys.certificates(namespace)
    }
    missing = {
        fingerprint: key
        for key in keys
        if (fingerprint := key.parse_certificate().fingerprint) not in held
    }
    if missing and not dry_run:
        try:
            for fingerprint, key in missing.items():
                _add(cluster, namespace, key)
                reporter.step(
                    f"sealing key {fingerprint[:8]} added to the controller in {namespace}"
                )
        finally:  # what was added is of no use before that
            restart_controller(
                cluster,
                namespace,
                clock=clock,
                now=now,
                reporter=reporter,
            )
    present = sorted(set(_fingerprints(keys)) - set(missing))
    return RestoreResult(namespace, tuple(sorted(missing)), tuple(present))


def _add(cluster: Cluster, namespace: str, key: StoredKey) -> None:
    cluster.sealing_keys.add_key(
        namespace,
        key.name,
        certificate=key.certificate,
        private_key=key.private_key,
        status=key.status,
    )


def _fingerprints(keys: Sequence[StoredKey]) -> list[str]:
    return [key.parse_certificate().fingerprint for key in keys]
