"""How the results of `bootstrap repo` look: where credentials are, never what they are."""

from __future__ import annotations

import shlex
from typing import Any

from bootstrap.argocd.credentials import CredentialKind
from bootstrap.commands.argocd.repo_add import RepoAdded
from bootstrap.commands.argocd.repo_list import RepositoryEntry, RepositoryList
from bootstrap.constants import ARGOCD_NAMESPACE
from bootstrap.shell import from_here
from bootstrap.terminal.output import TerminalReporter, print_json
from bootstrap.terminal.screen import printable
from bootstrap.views.table import print_table
from bootstrap.views.words import verb_of

_say = TerminalReporter()
_KINDS = {
    None: "none",
    CredentialKind.HTTPS: "username",
    CredentialKind.SSH: "ssh key",
    CredentialKind.GITHUB_APP: "GitHub App",
    CredentialKind.BEARER: "bearer token",
    CredentialKind.CLIENT_CERTIFICATE: "client certificate",
    CredentialKind.GOOGLE_CLOUD: "Google Cloud",
    CredentialKind.AZURE: "Azure identity",
}
_NONE_NEEDED = "a public repository needs none"


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


def show_repositories(result: RepositoryList, *, as_json: bool) -> None:
    """Show one line per Secret; on stderr what is still to be done for this repository."""
    if as_json:
        entries = [_describe(item) for item in result.entries]
        print_json({"url": result.url, "repositories": entries, "unread": list(result.unread)})
    else:
        rows = [("URL", "KIND", "PROJECT", "READS", "SECRET", "FROM")]
        print_table(rows + [_row(item, knows_us=result.url is not None) for item in result.entries])
    for item in result.entries:
        if not item.is_given:
            _say.warn(f"{item.file} is not given to Argo CD yet: `bootstrap up` applies it")
    if not result.entries:
        _say.step(
            "Argo CD has no credentials for repositories, and none are sealed here;"
            f" {_NONE_NEEDED}, for a private one: `bootstrap repo add`"
        )
        return
    for url in result.unread:
        option = "" if url == result.url else f" --url {shlex.quote(url)}"
        _say.step(
            f"Argo CD reads {url} with none of these; {_NONE_NEEDED}, for a private one:"
            f" `bootstrap repo add{option}`"
        )


def _row(item: RepositoryEntry, *, knows_us: bool) -> tuple[str, ...]:
    if item.reads_root:
        reads = "this repository"
    elif item.environments:
        reads = ", ".join(item.environments)
    else:
        reads = "-" if item.is_ours or not knows_us else "another's"
    cells = (
        f"{item.url or '-'}{'*' if item.is_template else ''}",
        _KINDS[item.kind],
        "(sealed)" if item.project is None else item.project or "all",
        reads,
        item.secret,
        (item.file or "Argo CD only") + ("" if item.is_given else ", not given yet"),
    )
    return tuple(map(printable, cells))


def _describe(item: RepositoryEntry) -> dict[str, Any]:
    return {
        "url": item.url,
        "template": item.is_template,
        "kind": item.kind.value if item.kind else None,
        "project": item.project or None,
        "allProjects": item.project == "",
        "secret": f"{ARGOCD_NAMESPACE}/{item.secret}",
        "file": item.file,
        "given": item.is_given,
        "ours": item.is_ours,
        "readsRoot": item.reads_root,
        "environments": list(item.environments),
    }
