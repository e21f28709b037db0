"""`bootstrap up --adopt`: what the same repository has in Argo CD under its old address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bootstrap.argocd.ownership import Claim, is_being_deleted, repository_of
from bootstrap.checkout.ownership import Live
from bootstrap.checkout.remote import missing_hint
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.objects import mapping
from bootstrap.protocols import Reporter

_TWO = "if they are two repositories, give this one names of its own: `bootstrap rename NAME`"


def adopt(
    claims: Sequence[Claim],
    live: Live,
    root: Root,
    environments: Sequence[Environment],
    *,
    commit: str,
    git: Git,
    confirm: Callable[[str], None],
    reporter: Reporter,
) -> None:
    """Show what would be taken over, and ask; `environments` are all that Git has at `commit`.

    Raises BootstrapError unless all of it is one repository's whose history is in ours, and nothing
    would be deleted for want of a file here.
    """
    old = claims[0].repository
    strangers = [claim for claim in claims if not same_repository(claim.repository, old)]
    if strangers:
        raise BootstrapError(
            f"--adopt takes over one repository, and there are two: {old} and"
            f" {strangers[0].repository}",
            _TWO,
        )
    theirs = dict(_of_repository(live, old, root))
    _check_history(theirs, old, commit, git)
    ours = {root.names.root, *(item.application for item in environments)}
    pruned = sorted(name for name in theirs if name not in ours)
    if pruned:
        raise BootstrapError(
            f"Argo CD has of {old} what this repository has not, and would delete it:"
            f" {', '.join(pruned)}",
            "bring its files here, or take it away from there first with `bootstrap destroy`",
        )
    for claim in claims:
        reporter.step(f"{claim.what}: {claim.repository} -> {root.url}")
    for name in sorted(theirs):
        if not any(name in claim.what for claim in claims):
            reporter.step(f"Application {name}: {old} -> {root.url}")
    confirm(old)


def _of_repository(live: Live, url: str, root: Root) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the Applications of our project that are cloned from `url`."""
    for name, application in live.applications.items():
        source = repository_of(application)
        in_project = mapping(application.get("spec")).get("project") == root.names.project
        if in_project and source is not None and same_repository(source, url):
            yield name, application


def _check_history(theirs: dict[str, dict[str, object]], old: str, commit: str, git: Git) -> None:
    """Refuse unless what Argo CD last had from there is part of what we pushed."""
    if not theirs:
        raise BootstrapError(
            f"Argo CD has no Application of {old}, so nothing shows that it is this repository"
            " under its old address",
            "if it is, delete its AppProject, then run this again; " + _TWO,
        )
    for name, application in sorted(theirs.items()):
        if is_being_deleted(application):
            raise BootstrapError(
                f"Application {name} is being deleted", "wait until it is gone, then run this again"
            )
        seen = str(mapping(mapping(application.get("status")).get("sync")).get("revision") or "")
        if not seen or not git.has_commit(seen) or not git.is_ancestor(seen, commit):
            what = f"commit {seen[:7]}, which {name} is at," if seen else f"what {name} is at"
            raise BootstrapError(
                f"{what} is not in the history of what is pushed here, so nothing shows that"
                f" {old} is this repository under its old address",
                missing_hint(git, _TWO),
            )
