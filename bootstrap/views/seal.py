"""How the results of `bootstrap seal` and `secrets` look: text on stderr, data on stdout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bootstrap.checkout.environment_files import SEALED_FILE
from bootstrap.commands.seal.check import CheckResult
from bootstrap.commands.seal.list import SealedKeys
from bootstrap.commands.seal.seal import SealResult
from bootstrap.sealing.kept_metadata import Names
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.views.table import print_table
from bootstrap.views.words import SHOWN, describe_certificate, verb_of

_say = TerminalReporter()


def show_seal(result: SealResult, *, dry_run: bool, as_json: bool) -> None:
    """Show what became of each key; names only."""
    if as_json:
        print_json(_describe(result, dry_run))
    elif dry_run:
        print_data(result.file.content)
    for title, keys in _groups(result):
        _say.step(f"{title}: {', '.join(keys)}")
    for line in _dropped(result):
        _say.step(line)
    if result.ignored:
        _say.step(f"not looked at: {result.ignored} entries beside the `secrets:` block")
    if result.change.action == "unchanged":
        _say.step(f"{result.change.path} is up to date; nothing changed")
    else:
        _say.step(f"{verb_of(result.change.action, dry_run)} {result.change.path}")
        if not dry_run:
            _say.step(f"next: git add {from_here(result.change.path)} && git commit && git push")


def show_seal_all(results: Sequence[SealResult], *, dry_run: bool, as_json: bool) -> None:
    """Show one line for each environment."""
    if as_json:
        print_json({"environments": [_describe(item, dry_run) for item in results]})
    for result in results:
        if dry_run and not as_json:
            print_data(f"---\n{result.file.content}")
        counts = [f"{len(keys)} {title}" for title, keys in _groups(result)]
        verb = verb_of(result.change.action, dry_run)
        _say.step(f"{verb} {result.change.path} ({', '.join(counts)})")
        for line in _dropped(result):
            _say.step(f"{result.environment.name}: {line}")
    if not dry_run and any(item.change.action != "unchanged" for item in results):
        _say.step(f"next: git add {from_here('environments')} && git commit && git push")


def show_check(result: CheckResult, *, as_json: bool) -> None:
    """Show what is wrong first, then what nobody could say."""
    if as_json:
        print_json(
            {
                "environment": result.environment.name,
                "file": result.path,
                "scope": result.scope,
                "ok": result.ok,
                "values": [
                    {"key": item.key, "state": item.state, "reason": item.reason}
                    for item in result.values
                ],
                "problems": list(result.problems),
                "notes": list(result.notes),
                "unverified": list(result.unverified),
            }
        )
    for problem in result.problems:
        _say.step(f"wrong: {problem}")
    for item in result.values:
        _say.step(f"{item.state}: {item.key}: {item.reason}")
    for note in result.notes:
        _say.step(f"note: {note}")
    for what in result.unverified:
        _say.step(f"not verified: {what}")
    _say.step(f"{result.path}: {'nothing is wrong' if result.ok else 'something is wrong'}")


def show_list(entries: Sequence[SealedKeys], *, as_json: bool) -> None:
    """Show one line for each key that is sealed or known; names only."""
    if as_json:
        print_json({"environments": [_describe_keys(item) for item in entries]})
        return
    rows = [("ENVIRONMENT", "KEY", "SCOPE", "SEALED FOR")]
    for item in entries:
        name = item.environment.name
        rows += [
            (name, key.key, item.scope, _shortened(key.sealed_for) or "not known here")
            for key in item.sealed
        ]
        rows += [(name, key, "-", "not sealed") for key in item.missing]
    print_table(rows)


def _describe_keys(item: SealedKeys) -> dict[str, Any]:
    return {
        "environment": item.environment.name,
        "file": item.environment.path(SEALED_FILE),
        "scope": item.scope,
        "certificate": describe_certificate(item.certificate) if item.certificate else None,
        "sealed": [{"key": key.key, "sealedFor": key.sealed_for} for key in item.sealed],
        "missing": list(item.missing),
    }


def _shortened(fingerprint: str | None) -> str | None:
    return fingerprint[:SHOWN] if fingerprint else None


def _groups(result: SealResult) -> list[tuple[str, tuple[str, ...]]]:
    merge = result.merge
    groups = [
        ("sealed", merge.sealed),
        (f"sealed again, now {merge.result.scope}", merge.resealed),
        ("unchanged", merge.unchanged),
        ("kept as it was", merge.kept),
        ("taken out", merge.removed),
        ("left out, as it is empty", tuple(key for key in result.empty if key not in merge.kept)),
        (
            "empty in the file, but its sealed value stays (take it out with"
            " `bootstrap secrets remove`)",
            tuple(key for key in result.empty if key in merge.kept),
        ),
    ]
    return [(title, keys) for title, keys in groups if keys]


def _dropped(result: SealResult) -> list[str]:
    """Return what of a manifest's metadata does not go into Git, each kind in one line."""
    lines = []
    if result.dropped:
        options = [
            *(["--keep-label NAME"] if result.dropped.labels else []),
            *(["--keep-annotation NAME"] if result.dropped.annotations else []),
        ]
        lines.append(
            f"dropped, as no controller is known to act on it: {_listed(result.dropped)}"
            f" ({' or '.join(options)} keeps it)"
        )
    if result.refused:
        lines.append(f"dropped, as it belongs to the live Secret: {_listed(result.refused)}")
    return lines


def _listed(names: Names) -> str:
    blocks = (("label", names.labels), ("annotation", names.annotations))
    return "; ".join(
        f"{kind}{'s' if len(block) > 1 else ''} {', '.join(sorted(block))}"
        for kind, block in blocks
        if block
    )


def _describe(result: SealResult, dry_run: bool) -> dict[str, Any]:
    merge, dropped = result.merge, result.dropped | result.refused
    return {
        "environment": result.environment.name,
        "file": result.change.path,
        "action": result.change.action,
        "scope": merge.result.scope,
        "sealed": list(merge.sealed),
        "resealed": list(merge.resealed),
        "unchanged": list(merge.unchanged),
        "kept": list(merge.kept),
        "removed": list(merge.removed),
        "leftOut": list(result.empty),
        "ignored": result.ignored,
        "dropped": {"labels": sorted(dropped.labels), "annotations": sorted(dropped.annotations)},
        "certificate": describe_certificate(result.certificate) if result.certificate else None,
        "dryRun": dry_run,
    }
