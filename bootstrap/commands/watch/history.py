"""`bootstrap history`: the commits of an environment, and what Argo CD made of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.checkout.environments import require_environment
from bootstrap.checkout.remote import warn_if_shallow
from bootstrap.checkout.session import Session
from bootstrap.commands.watch.target_revisions import TargetRevisions
from bootstrap.constants import CHART_PATH
from bootstrap.environments.environment import Environment
from bootstrap.git import Git
from bootstrap.git.history import GitHistory
from bootstrap.rollout.history import Entry, Known, join_history, sync_revisions


@dataclass(frozen=True, slots=True)
class HistoryResult:
    """The entries, newest first."""

    environment: str
    applied: bool
    """Whether Argo CD has its Application."""
    entries: tuple[Entry, ...]


def history(
    name: str,
    limit: int,
    session: Session,
) -> HistoryResult:
    """Return the last `limit` entries of environment `name`; nothing is fetched or written."""
    git, reporter = session.git, session.reporter
    environment = require_environment(session.repository, name)
    warn_if_shallow(git, reporter)
    application = session.clusters.argocd().argocd.read_applications().get(environment.application)
    source = (environment.repo_url, environment.target_revision)
    remotes = TargetRevisions(git, reporter)
    remotes.refresh([source])
    wanted = remotes.commit(source)
    known = _read_known(environment, application, wanted, limit, git)
    entries = join_history(application, known, wanted=wanted)
    return HistoryResult(environment.name, application is not None, tuple(entries[:limit]))


def _read_known(
    environment: Environment,
    application: Mapping[str, Any] | None,
    wanted: str | None,
    limit: int,
    git: Git,
) -> Known:
    commits = GitHistory(git.root)
    paths = [CHART_PATH, environment.folder, environment.application_path]
    head = git.head() if git.current_branch() == environment.target_revision else None
    asked = [*sync_revisions(application), *filter(None, (wanted, head))]
    here = commits.find(asked)
    effective = {
        revision: found
        for revision in here
        if (found := commits.last_touching(revision, paths)) is not None
    }
    unpushed = (
        commits.touching([head, f"^{wanted}"], paths, limit) if head and wanted in here else []
    )
    return Known(
        commits.touching(list(here), paths, limit), effective, {item.id for item in unpushed}
    )
