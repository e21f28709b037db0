"""What `bootstrap doctor` looks at in the repository: Git, plaintext, the hook, ignored files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bootstrap.checkout.environments import load_root
from bootstrap.checkout.platform import load_moved
from bootstrap.checkout.remote import pushed_commits
from bootstrap.checkout.scan import mend_metadata
from bootstrap.commands.check.check import check
from bootstrap.commands.check.hooks import is_installed
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.commands.doctor.followed import Followed, ask_followed, examine_followed
from bootstrap.constants import ARGOCD_DIR, CHART_PATH, PROJECT_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.plaintext.written import is_edited
from bootstrap.shell import from_here

# what people and we ourselves write, in its usual places
_PRIVATE = ("secrets.local.yaml", "secrets.local.env", ".env", "webhook.local.env")
_OTHERS = 0o077
_SHOWN = 5


def examine(
    environments: Sequence[Environment], repository: Repository, git: Git, *, offline: bool
) -> list[Finding]:
    """Return what is to say of the repository as a whole."""
    followed = _followed(environments, repository, git, offline=offline)
    return [
        *guarded("git", lambda: _git(git)),
        *guarded("files", lambda: _files(environments, repository)),
        *guarded("follows", lambda: examine_followed(environments, repository, git, followed)),
        *guarded("platform", lambda: _platform(repository)),
        *guarded(
            "git",
            lambda: _pushed(environments, repository, git, followed, offline=offline),
            Severity.WARNING,
            "Argo CD sees only what is pushed, so `bootstrap up` refuses until then",
        ),
        *guarded("plaintext", lambda: _plaintext(git)),
        *guarded("hook", lambda: _hook(git)),
        *guarded("private files", lambda: _private_files(repository, git)),
    ]


def _git(git: Git) -> Iterator[Finding]:
    if git.remote_url() is None:
        yield Finding(
            "git", Severity.WARNING, "there is no remote origin",
            "Argo CD clones what is pushed there", "`git remote add origin URL`",
        )  # fmt: skip
    if git.current_branch() is None:
        yield Finding(
            "git", Severity.WARNING, "HEAD is detached: no branch is checked out",
            "a commit made now is on no branch, and --push has nowhere to push it",
            "`git switch BRANCH`",
        )  # fmt: skip


def _files(environments: Sequence[Environment], repository: Repository) -> Iterator[Finding]:
    repository.check_chart()
    if not environments:
        return
    load_root(repository)
    if repository.read(PROJECT_FILE) is None:
        yield Finding(
            "files", Severity.WARNING, f"{PROJECT_FILE} is missing",
            "it says which repositories, places and kinds Argo CD may use",
            f"`git checkout {from_here(PROJECT_FILE)}`, or `bootstrap init {environments[0].name}`",
        )  # fmt: skip
        return
    yield Finding("files", Severity.OK, "the files that Argo CD reads are there")


def _platform(repository: Repository) -> Iterator[Finding]:
    for item in load_moved(repository):
        yield Finding(
            "platform", Severity.ERROR, str(item),
            "Argo CD can't get the chart from there, so it is neither installed nor upgraded",
            f"write {item.move.new.value} there, or let `bootstrap up --install` do it; commit and"
            " push",
        )  # fmt: skip


def _followed(
    environments: Sequence[Environment], repository: Repository, git: Git, *, offline: bool
) -> Followed:
    """Return what the remotes have; one that does not answer is told of where pushes are."""
    if offline or not environments:
        return Followed()
    try:
        return ask_followed(environments, load_root(repository), git)
    except BootstrapError:
        return Followed()  # argocd/root.yaml can't be read: an error of its own


def _pushed(
    environments: Sequence[Environment],
    repository: Repository,
    git: Git,
    followed: Followed,
    *,
    offline: bool,
) -> Iterator[Finding]:
    if not environments:
        return
    if not offline:
        root = load_root(repository)
        if followed.is_gone(root.url, root.revision, git):
            return  # an error of its own, and nothing can be compared
        there = [
            item
            for item in environments
            if not followed.is_gone(item.repo_url, item.target_revision, git)
        ]
        commits = pushed_commits(there, root, git)
        names = ", ".join(f"{name} {commits[name][:7]}" for name in sorted(commits) if name)
        yield Finding("git", Severity.OK, f"everything is committed and pushed: {names}")
        return
    changed = git.uncommitted([CHART_PATH, ARGOCD_DIR, *(item.folder for item in environments)])
    if changed:
        yield Finding(
            "git", Severity.WARNING, f"not committed yet: {_some(changed)}",
            "Argo CD sees only what is pushed, so `bootstrap up` refuses until then",
            "commit and push",
        )  # fmt: skip
    else:
        yield Finding("git", Severity.OK, "everything is committed")
    yield Finding("git", Severity.INFO, "offline: what is pushed was not checked")


def _plaintext(git: Git) -> Iterator[Finding]:
    result = check(git.root, staged=False)
    if not result.leaks:
        yield Finding("plaintext", Severity.OK, f"no plaintext in {result.files} tracked files")
    for item in result.leaks:
        if item.in_metadata:
            mend = mend_metadata([item])
        elif is_edited(item.path):
            mend = (
                "take it out of the file, seal it (`bootstrap secrets set KEY --env ENV`), and"
                " replace it if it was ever pushed"
            )
        else:
            mend = (
                f"take it out (`git rm --cached {from_here(item.path)}` keeps the file), and"
                " replace every secret that was ever pushed"
            )
        yield Finding(
            "plaintext", Severity.ERROR, f"{item.path}:{item.line}: {item.what}",
            "who can read the repository can read it", mend,
        )  # fmt: skip


def _hook(git: Git) -> Iterator[Finding]:
    if is_installed(git):
        yield Finding("hook", Severity.OK, "each commit is checked for plaintext")
    else:
        yield Finding(
            "hook", Severity.INFO, "no hook checks commits for plaintext",
            "a secret in a commit is found out only when it is too late",
            "`bootstrap hooks install`",
        )  # fmt: skip


def _private_files(repository: Repository, git: Git) -> Iterator[Finding]:
    seen = [path for path in _PRIVATE if not git.would_ignore(git.root / path)]
    if seen:
        yield Finding(
            "private files", Severity.ERROR, f"Git would not ignore {', '.join(seen)}",
            "the next `git add` would commit what is meant to stay here",
            "add the lines *.local.yaml, *.local.env and .env to .gitignore; where the file is"
            " tracked, `git rm --cached FILE`",
        )  # fmt: skip
    open_to_all = [
        path for path in _PRIVATE if (mode := repository.mode(path)) is not None and mode & _OTHERS
    ]
    if open_to_all:
        yield Finding(
            "private files", Severity.WARNING,
            f"others on this machine may read {', '.join(open_to_all)}",
            "the files hold secrets in plain text", f"`chmod 600 {' '.join(open_to_all)}`",
        )  # fmt: skip
    if not seen and not open_to_all:
        yield Finding("private files", Severity.OK, "Git ignores files of plain secrets")


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(paths[:_SHOWN])}{more}"
