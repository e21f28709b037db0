"""What `bootstrap doctor` looks at in what is followed: repository, branch and names, in one go.

All that Argo CD follows usually lies in one branch of one repository, under one name. Where it
does not, a push reaches some of it only; where the branch is gone, none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.checkout.environments import load_root
from bootstrap.checkout.remote import other_origin, remote_for
from bootstrap.commands.doctor.findings import Finding, Severity
from bootstrap.constants import APPLICATIONS_DIR, ROOT_FILE
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.repo_url import same_repository
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git

_CHECK = "follows"
_COMMIT = re.compile(r"[0-9a-f]{7,}")
_UNTOLD = re.compile(r"HEAD|[0-9a-f]{7,}|[~^<>=].*|.*[*].*")
"""What no branch or tag is called: the remote's own HEAD, commits, and ranges of versions."""
_PART = "a push reaches what follows its branch of its repository, and nothing else"


@dataclass(frozen=True, slots=True)
class Followed:
    """The revisions that the remotes have, by URL and name; without an answer all count as there.

    `branches` and `tags` hold (url, revision).
    """

    answered: frozenset[str] = frozenset()
    """The URLs that told; the others were not asked, or are silent."""
    branches: frozenset[tuple[str, str]] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()

    def is_gone(self, url: str, revision: str, git: Git) -> bool:
        """Tell whether a remote that answered has no such revision, though it once had.

        The branch that is checked out may not be pushed yet: that is told of elsewhere.
        """
        if url not in self.answered or _UNTOLD.fullmatch(revision):
            return False
        if (url, revision) in self.branches | self.tags:
            return False
        return revision != git.current_branch() or git.has_tracking(revision)

    def is_pinned(self, url: str, revision: str) -> bool:
        """Tell whether a revision is a commit or a tag, which nobody pushes to."""
        key = (url, revision)
        return bool(_COMMIT.fullmatch(revision)) or (key in self.tags and key not in self.branches)


def ask_followed(environments: Sequence[Environment], root: Root, git: Git) -> Followed:
    """Ask each remote once which of the followed revisions it has, and as what."""
    wanted: dict[str, set[str]] = {root.url: {root.revision}}
    for item in environments:
        wanted.setdefault(item.repo_url, set()).add(item.target_revision)
    answered, branches, tags = set(), set(), set()
    for url, revisions in wanted.items():
        names = sorted(revision for revision in revisions if not _UNTOLD.fullmatch(revision))
        full = {
            (name, kind): name if name.startswith(f"refs/{kind}/") else f"refs/{kind}/{name}"
            for name in names
            for kind in ("heads", "tags")
        }
        try:
            found = git.remote_commits(remote_for(git, url), full.values()) if full else {}
        except BootstrapError:
            continue  # told of where pushes are looked at
        answered.add(url)
        branches |= {(url, name) for name in names if found[full[name, "heads"]]}
        tags |= {(url, name) for name in names if found[full[name, "tags"]]}
    return Followed(frozenset(answered), frozenset(branches), frozenset(tags))


def examine_followed(
    environments: Sequence[Environment], repository: Repository, git: Git, followed: Followed
) -> Iterator[Finding]:
    """Yield what is followed but not there, or not where the rest is."""
    if not environments:
        return
    root = load_root(repository)
    found = [
        *_names(environments, root),
        *_origin(root, git),
        *_root_branch(root, git, followed),
        *(
            finding
            for environment in environments
            for finding in _environment(environment, root, git, followed)
        ),
    ]
    yield from found
    if not found and root.url in followed.answered:
        yield Finding(_CHECK, Severity.OK, f"all follow {root.revision} of {root.url}")


def _names(environments: Sequence[Environment], root: Root) -> Iterator[Finding]:
    ours = root.names.repository
    for item in environments:
        if item.names != root.names:
            yield Finding(
                _CHECK, Severity.ERROR,
                f"{APPLICATIONS_DIR}/{item.name}.yaml is that of a repository called"
                f" {item.names.repository}, and {ROOT_FILE} says {ours}",
                f"its Application is in project {item.names.project}, which does not allow it, or"
                " is not there",
                f"`bootstrap rename {ours}` writes all files for that name; or the other one",
            )  # fmt: skip


def _origin(root: Root, git: Git) -> Iterator[Finding]:
    other = other_origin(root.url, git)
    if other is not None:
        yield Finding(
            _CHECK, Severity.WARNING,
            f"remote origin is {other}, but Argo CD follows {root.url} ({ROOT_FILE})",
            "what is pushed to origin does not reach the cluster",
            f"if the repository moved: `bootstrap init --all --repo-url {other}`; if origin is your"
            " fork of it, nothing: what is merged there comes",
        )  # fmt: skip


def _root_branch(root: Root, git: Git, followed: Followed) -> Iterator[Finding]:
    if followed.is_gone(root.url, root.revision, git):
        default = git.ask_default_branch(remote_for(git, root.url)) or "BRANCH"
        yield Finding(
            _CHECK, Severity.ERROR,
            f"{ROOT_FILE} follows {root.revision}, which {root.url} does not have",
            "Argo CD sees no push any more, to any environment",
            f"`bootstrap init --all --revision {default}` moves all that followed it; then commit,"
            " push, `bootstrap up`",
        )  # fmt: skip


def _environment(
    environment: Environment, root: Root, git: Git, followed: Followed
) -> Iterator[Finding]:
    name, url, revision = environment.name, environment.repo_url, environment.target_revision
    back = f"`bootstrap init {name} --revision {root.revision}`, commit, push"
    if followed.is_gone(url, revision, git):
        if (url, revision) != (root.url, root.revision):  # else told of as the root's
            yield Finding(
                _CHECK, Severity.ERROR, f"{name} follows {revision}, which {url} does not have",
                "Argo CD can't render it, so it stays as it is, whatever is pushed", back,
            )  # fmt: skip
    elif not same_repository(url, root.url):
        yield Finding(
            _CHECK, Severity.WARNING,
            f"{name} is cloned from {url}, and the root Application from {root.url}", _PART,
            f"`bootstrap init {name} --repo-url {root.url}` if that isn't meant",
        )  # fmt: skip
    elif revision != root.revision:
        pinned = followed.is_pinned(url, revision)
        yield Finding(
            _CHECK, Severity.INFO if pinned else Severity.WARNING,
            f"{name} follows {revision}, and the root Application {root.revision}",
            "a tag or a commit stays as it is" if pinned else _PART,
            f"{back}, if that isn't meant",
        )  # fmt: skip
