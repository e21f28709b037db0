"""Which commits Argo CD should be at, and which other commits are as good for an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bootstrap.checkout.remote import remote_for
from bootstrap.constants import CHART_PATH, ENVIRONMENTS_DIR
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.git import Git
from bootstrap.git.history import GitHistory
from bootstrap.protocols import Reporter

Source = tuple[str, str]
"""A repository's URL and a branch or tag of it."""


class TargetRevisions:
    """What the remotes have; `refresh` asks them."""

    def __init__(self, git: Git, reporter: Reporter) -> None:
        """Ask nothing yet."""
        self._git = git
        self._history = GitHistory(git.root)
        self._reporter = reporter
        self._commits: dict[Source, str | None] = {}
        self._touched: dict[tuple[str, str], frozenset[str] | None] = {}
        self._fetched: set[str] = set()
        self._subjects: dict[str, str] = {}
        self._said: set[str] = set()

    def refresh(self, sources: Iterable[Source]) -> None:
        """Ask each repository once. One that does not answer is told of, and not known."""
        by_url: dict[str, set[str]] = {}
        for url, revision in sources:
            by_url.setdefault(url, set()).add(revision)
        for url, revisions in by_url.items():
            try:
                found = self._git.remote_commits(remote_for(self._git, url), revisions)
            except BootstrapError as error:
                self._warn(f"{error.message}; what is wanted is not known")
                found = {}
            for revision in revisions:
                self._commits[url, revision] = found.get(revision)
                if found and found[revision] is None:
                    self._warn(f"revision {revision} is not pushed: {url} has no such branch")

    def commit(self, source: Source) -> str | None:
        """Return the commit that `source` has, None if that is not known."""
        return self._commits.get(source)

    def knows(self, commit: str) -> bool:
        """Tell whether `commit` is one that a remote was seen to have."""
        return commit in self._commits.values()

    def is_wanted(self, environment: Environment) -> Callable[[str], bool]:
        """Return the test whether a revision has what the wanted one has for `environment`.

        A push that touches other environments only may never be compared for this one: the webhook
        skips it.
        """
        source = (environment.repo_url, environment.target_revision)
        wanted = self.commit(source)

        def test(revision: str) -> bool:
            if wanted is None or revision == wanted:
                return wanted is not None
            touched = self._what_differs(revision, wanted, source)
            return touched is not None and not touched & {CHART_PATH, environment.folder}

        return test

    def subjects(self, commits: Iterable[str]) -> Mapping[str, str]:
        """Return the first line of each commit's message, as far as it is in this clone."""
        missing = set(commits) - self._subjects.keys()
        self._subjects |= {
            commit: item.subject for commit, item in self._history.find(missing).items()
        }
        return self._subjects

    def _what_differs(self, revision: str, wanted: str, source: Source) -> frozenset[str] | None:
        """Return the chart and the environments' folders that differ, None if it is not known."""
        pair = (revision, wanted)
        if pair not in self._touched:
            found = self._changed(*pair)
            if found is None and wanted not in self._fetched:
                self._fetched.add(wanted)
                self._fetch(source)
                found = self._changed(*pair)
            self._touched[pair] = found
        return self._touched[pair]

    def _changed(self, old: str, new: str) -> frozenset[str] | None:
        files = self._history.changed(old, new, [CHART_PATH, ENVIRONMENTS_DIR])
        if files is None:
            return None
        return frozenset("/".join(file.split("/")[:2]) for file in files)

    def _fetch(self, source: Source) -> None:
        url, revision = source
        try:
            self._git.fetch(remote_for(self._git, url), revision)
        except BootstrapError as error:
            self._warn(error.message)

    def _warn(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._reporter.warn(message)
