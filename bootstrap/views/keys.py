"""How the results of `bootstrap keys` look; fingerprints and paths, never a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bootstrap.checkout.environment_files import KEY_FILE
from bootstrap.commands.keys.backup import BackupResult, RestoreResult
from bootstrap.commands.keys.fetch import FetchResult
from bootstrap.commands.keys.list import KeyEntry
from bootstrap.commands.keys.rotate import RotateResult
from bootstrap.files.repository import Change
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_json
from bootstrap.views.table import print_table
from bootstrap.views.words import SHOWN

_say = TerminalReporter()


def show_list(entries: Sequence[KeyEntry], *, as_json: bool) -> None:
    """Show one line per key."""
    if as_json:
        print_json({"keys": [_entry(item) for item in entries]})
        return
    if not entries:
        _say.step("there is no key yet; make one with `bootstrap init prod`")
        return
    rows = [("FINGERPRINT", "VALID UNTIL", "PINNED BY", "CONTROLLER", "PRIVATE KEY HERE")]
    rows += [_row(item) for item in entries]
    print_table(rows)


def show_fetch(result: FetchResult, *, dry_run: bool, as_json: bool) -> None:
    """Show what was pinned."""
    name, fingerprint = result.environment.name, result.certificate.fingerprint
    if as_json:
        print_json(
            {
                "environment": name,
                "certificate": fingerprint,
                "files": _files(result.changes),
                "dryRun": dry_run,
            }
        )
    if not result.changes:
        _say.step(f"{name} has {fingerprint[:SHOWN]} pinned, the newest there is; nothing changed")
        return
    _say_changes(result.changes, dry_run)
    _say.step(f"{'would pin' if dry_run else 'pinned'} {fingerprint[:SHOWN]}")


def show_rotate(result: RotateResult, *, dry_run: bool, as_json: bool) -> None:
    """Show which values were sealed again, for what, and what comes next."""
    name, fingerprint = result.environment.name, result.certificate.fingerprint
    if as_json:
        print_json(
            {
                "environment": name,
                "certificate": fingerprint,
                "resealed": list(result.resealed),
                "by": "controller" if result.by_controller else "local key",
                "files": _files(result.changes),
                "changed": result.changed,
                "dryRun": dry_run,
            }
        )
    if not result.changed:
        _say.step(f"{name} is sealed for {fingerprint[:SHOWN]}, the newest there is; no change")
        return
    _say_changes(result.changes, dry_run)
    if result.resealed:
        verb = "would be sealed" if dry_run else "sealed"
        _say.step(f"{verb} again for {fingerprint[:SHOWN]}: {', '.join(result.resealed)}")
    if not dry_run:
        _say_next(result)


def show_backup(result: BackupResult, *, as_json: bool) -> None:
    """Show what the file holds."""
    if as_json:
        print_json(
            {
                "file": result.file,
                "namespace": result.namespace,
                "keys": list(result.fingerprints),
            }
        )
    count = len(result.fingerprints)
    _say.step(f"{result.file}: {count} key{'s' if count > 1 else ''} of {result.namespace}")
    _say.step("keep it off the cluster, and what opens it apart from it; back up again after a")
    _say.step("month: the controller makes a new key every 30 days")


def show_restore(result: RestoreResult, *, dry_run: bool, as_json: bool) -> None:
    """Show which keys were added."""
    if as_json:
        print_json(
            {
                "namespace": result.namespace,
                "added": list(result.added),
                "present": list(result.present),
                "dryRun": dry_run,
            }
        )
    if not result.added:
        _say.step(f"the controller in {result.namespace} holds every key of the backup already")
        return
    verb = "would be added" if dry_run else "added"
    _say.step(f"{verb}: {len(result.added)}; there already: {len(result.present)}")


def _say_next(result: RotateResult) -> None:
    environment = result.environment
    if result.made_key:
        _say.warn(
            f"{environment.path(KEY_FILE)} is a new PRIVATE key, and exists only here: copy it to a"
            " safe place now. Keep the old one for older commits"
        )
    _say.step("next:")
    if result.made_key:
        _say.step(
            f"  bootstrap keys give {environment.name}    (so that it is there before the push)"
        )
    _say.step(f"  git add {from_here(environment.folder)} && git commit && git push")
    _say.step(f"  bootstrap up {environment.name}")
    _say.step("a rotation takes nothing back: who had the old key can read older commits")


def _say_changes(changes: Sequence[Change], dry_run: bool) -> None:
    for change in changes:
        would = "would be " if dry_run and change.action != "unchanged" else ""
        _say.step(f"{would}{change.action}: {change.path}")


def _files(changes: Sequence[Change]) -> list[dict[str, str]]:
    return [{"path": item.path, "action": item.action} for item in changes]


def _entry(item: KeyEntry) -> dict[str, Any]:
    until = item.not_after.isoformat().replace("+00:00", "Z") if item.not_after else None
    return {
        "sha256": item.fingerprint,
        "notAfter": until,
        "pinnedBy": item.pinned,
        "privateKeys": item.files,
        "inController": item.in_controller,
        "newest": item.newest,
    }


def _row(item: KeyEntry) -> tuple[str, str, str, str, str]:
    controller = {None: "not asked", True: "yes", False: "no"}[item.in_controller]
    return (
        item.fingerprint[:SHOWN],
        f"{item.not_after:%Y-%m-%d}" if item.not_after else "unknown",
        ", ".join(item.pinned) or "-",
        controller + (", newest" if item.newest else ""),
        ", ".join(item.files) or "-",
    )
