"""`bootstrap diff --all`: every environment against a revision; what can't differ is not rendered.

What Helm makes of an environment depends on the chart, its own folder and its Application. Where
Git says that none of these differs from the revision, the manifests do not either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from bootstrap.argocd.application_file import ApplicationFile
from bootstrap.argocd.helm_source import HelmSource
from bootstrap.checkout.environments import read_applications
from bootstrap.checkout.session import Session
from bootstrap.commands.preview.at_commit import at_commit, find_commit
from bootstrap.commands.preview.diff import (
    DiffResult,
    Objects,
    against_revision,
    older,
    sealing_problems,
)
from bootstrap.constants import APPLICATIONS_DIR, ARGOCD_DIR, CHART_PATH, ENVIRONMENTS_DIR
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.tracked import committed_files
from bootstrap.helm import Helm
from bootstrap.manifests.rendered import parse_objects

_Found = Mapping[str, ApplicationFile | BootstrapError]


@dataclass(frozen=True, slots=True)
class FleetDiff:
    """How all environments differ from a revision."""

    against: str
    results: tuple[DiffResult, ...]
    """Those with a file that differs, by name; all objects of one that is gone are removed."""
    same: tuple[str, ...]
    """Those without such a file: they were not rendered."""
    failed: tuple[tuple[str, BootstrapError], ...]
    """(environment, why it could not be compared)."""
    shared: tuple[str, ...] = ()
    """Files of argocd/ that differ and are no environment's: root, project, those of others."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.shared) or any(item.diffs for item in self.results)


def diff_all(against: str, session: Session, *, helm: Helm) -> FleetDiff:
    """Hold every environment, as the work tree has it, against revision `against`."""
    repository, git, now = session.repository, session.git, session.now()
    repository.check_chart()
    commit = find_commit(against, git, otherwise="`git fetch` it first")
    ours = dict(read_applications(repository))
    names = sorted(ours.keys() | _names_at(commit, git))
    if not names:
        raise BootstrapError("there is no environment yet", "make one with `bootstrap init prod`")
    changed = git.changed_since(commit, _PATHS)
    touched = _touched(names, changed)
    with at_commit(git, commit, touched) as old:
        theirs = dict(read_applications(old))
        before = _render(touched, theirs, old, helm)
    after = _render(touched, ours, repository, helm)
    everyone = [item.environment for item in ours.values() if isinstance(item, ApplicationFile)]
    results: list[DiffResult] = []
    failed: list[tuple[str, BootstrapError]] = []
    for name in touched:
        found = _read(name, ours, theirs)
        old_side, new_side = before.get(name, []), after.get(name, [])
        if isinstance(new_side, BootstrapError):
            failed.append((name, new_side))
        elif isinstance(old_side, BootstrapError):
            failed.append((name, older(against, old_side)))
        elif found is not None:
            problems = sealing_problems(found, everyone, repository, now) if name in ours else ()
            results.append(against_revision(found, against, old_side, new_side, problems))
    same = tuple(name for name in names if name not in touched)
    own = {f"{APPLICATIONS_DIR}/{item.environment.name}.yaml" for item in results}
    own |= {f"{APPLICATIONS_DIR}/{name}.yaml" for name, _error in failed}
    shared = tuple(
        sorted(path for path in changed if path.startswith(f"{ARGOCD_DIR}/") and path not in own)
    )
    return FleetDiff(against, tuple(results), same, tuple(failed), shared)


_PATHS = [CHART_PATH, ENVIRONMENTS_DIR, ARGOCD_DIR]


def _names_at(commit: str, git: Git) -> set[str]:
    """Return the environments, and other Applications, that `commit` has."""
    files = [PurePosixPath(path) for path in committed_files(git.root, commit, APPLICATIONS_DIR)]
    return {file.stem for file in files if file.suffix == ".yaml"}


def _touched(names: Sequence[str], changed: Collection[str]) -> list[str]:
    """Return those of `names` that a changed file has to do with."""
    if any(path.startswith(f"{CHART_PATH}/") for path in changed):
        return list(names)
    folders = {"/".join(path.split("/")[:2]) for path in changed}
    return [
        name
        for name in names
        if f"{ENVIRONMENTS_DIR}/{name}" in folders or f"{APPLICATIONS_DIR}/{name}.yaml" in changed
    ]


def _render(
    names: Sequence[str], found: _Found, repository: Repository, helm: Helm
) -> dict[str, Objects | BootstrapError]:
    """Return the objects of those of `names` that are found, or why there are none."""
    results: dict[str, Objects | BootstrapError] = {}
    sources: list[tuple[ApplicationFile, HelmSource]] = []
    for name in names:
        application = found.get(name)
        try:
            if isinstance(application, BootstrapError):
                raise application
            if application is not None:
                sources.append((application, application.helm_source()))
        except BootstrapError as error:
            results[name] = error
    rendered = helm.render_all(repository.root, [source for _application, source in sources])
    for (application, source), text in zip(sources, rendered, strict=True):
        name = source.name
        if isinstance(text, BootstrapError):
            results[name] = text
        else:
            # where it comes from and goes to is what a pull request may change, too
            results[name] = [*parse_objects(text), *parse_objects(application.text)]
    return results


def _read(name: str, ours: _Found, theirs: _Found) -> Environment | None:
    """Return the environment as it is, else as it was; None for an Application of others."""
    found = ours.get(name) or theirs.get(name)
    return found.environment if isinstance(found, ApplicationFile) else None
