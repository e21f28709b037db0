"""How a change of files, a commit and a push are told, and what comes next."""

from __future__ import annotations

import shlex
from typing import Any

from bootstrap.checkout.publish import Published
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter
from bootstrap.views.words import verb_of

_say = TerminalReporter()


def show_published(published: Published, environment: str, *, dry_run: bool = False) -> None:
    """Say which files changed, where the commit is, and what to do next."""
    for change in published.changes:
        _say.step(f"{verb_of(change.action, dry_run)} {change.path}")
    if dry_run:
        return
    if published.commit is None:
        if not published.changed:
            _say.step(f"{environment} is up to date; nothing changed")
        else:
            paths = [item.path for item in published.changes if item.action != "unchanged"]
            _say.step(f"next: git add {from_here(*paths)} && git commit && git push")
            _say.step(f"  then: bootstrap wait {environment}")
        return
    where = f"{published.commit[:7]} on {published.branch}"
    if not published.changed and not published.pushed:
        _say.step(f"{environment} is up to date, and pushed: {where}")
        return
    if not published.pushed:
        _say.step(f"committed: {where}")
        _say.step(f"next: git push origin {shlex.quote(published.branch or '')}")
        return
    _say.step(f"pushed: {where}")


def describe_published(published: Published, *, dry_run: bool = False) -> dict[str, Any]:
    """Return what scripts are told of a change."""
    return {
        "files": [{"path": item.path, "action": item.action} for item in published.changes],
        "changed": published.changed,
        "commit": published.commit,
        "branch": published.branch,
        "pushed": published.pushed,
        "earlier": list(published.earlier),
        "dryRun": dry_run,
    }
