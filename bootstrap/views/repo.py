"""How the result of `bootstrap repo add` looks: where credentials went, never what they are."""

from __future__ import annotations

from bootstrap.commands.argocd.repo_add import RepoAdded
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_json
from bootstrap.views.words import verb_of

_say = TerminalReporter()


def show_added(result: RepoAdded, *, dry_run: bool, as_json: bool) -> None:
    """Show where the credentials are, and what comes next."""
    if as_json:
        print_json(
            {
                "url": result.url,
                "kind": result.kind.value,
                "project": result.project or None,
                "secret": f"{ARGOCD_NAMESPACE}/{result.secret}",
                "action": result.action,
                "file": result.change.path if result.change else None,
                "dryRun": dry_run,
            }
        )
    if result.change:
        _say.step(f"{verb_of(result.change.action, dry_run)} {result.change.path}")
        if not dry_run and result.change.action != "unchanged":
            _say.step(
                f"next: `git add {from_here(result.change.path)} && git commit -m"
                ' "Add credentials" && git push`, then `bootstrap up`, which gives them to Argo CD'
            )
    elif result.action:
        what = f"Secret {ARGOCD_NAMESPACE}/{result.secret}, for {result.url}"
        _say.step(f"{verb_of(result.action, dry_run)} {what}")
        if not dry_run:
            _say.step("next: `bootstrap up`, which waits until Argo CD has read the repository")
