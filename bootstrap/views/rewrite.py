"""How the result of `bootstrap init --all` and `bootstrap rename` looks."""

from __future__ import annotations

from typing import Any

from bootstrap.commands.init.rewrite import RewriteResult
from bootstrap.environments.environment import Root
from bootstrap.files.repository import Repository
from bootstrap.terminal.output import TerminalReporter, print_data, print_json
from bootstrap.views.file_diff import diff_of
from bootstrap.views.words import verb_of

_say = TerminalReporter()


def show_rewrite(
    result: RewriteResult, repository: Repository, *, dry_run: bool, as_json: bool
) -> None:
    """Show which files changed, what was left, and what comes next."""
    if as_json:
        print_json(
            {
                "before": _describe(result.before),
                "after": _describe(result.after),
                "files": [{"path": item.path, "action": item.action} for item in result.changes],
                "kept": list(result.kept),
                "changed": result.changed,
                "dryRun": dry_run,
            }
        )
    elif dry_run:
        for file in result.files:
            print_data(diff_of(file.path, repository.read(file.path), file.content))
    for change in result.changes:
        _say.step(f"{verb_of(change.action, dry_run)} {change.path}")
    for line in result.kept:
        _say.warn(f"left as it is: {line}")
    if not result.changed:
        _say.step("everything is up to date; nothing changed")
    elif not dry_run:
        _say.step("next:")
        for step in result.steps:
            _say.step(f"  {step}")


def _describe(root: Root) -> dict[str, Any]:
    return {
        "name": root.names.repository,
        "repoURL": root.url,
        "targetRevision": root.revision,
    }
