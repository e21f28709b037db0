"""Environments that `bootstrap destroy` is half way through: no Application, but a folder."""

from __future__ import annotations

from pathlib import Path

from bootstrap.argocd.application_file import parse_application
from bootstrap.constants import APPLICATIONS_DIR, ENVIRONMENTS_DIR
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.ignored import is_tracked
from bootstrap.git.tracked import last_removal, text_at_head, tracked_files
from bootstrap.planned_file import is_generated
from bootstrap.shell import from_here


def last_application(root: Path, name: str) -> tuple[str | None, str] | None:
    """Return an Application as Git last had it, after the commit that removed it, if one did."""
    path = f"{APPLICATIONS_DIR}/{name}.yaml"
    text = text_at_head(Git(root), path)
    return (None, text) if text is not None else last_removal(root, path)


def load_leaving(repository: Repository) -> list[Environment]:
    """Return the environments without an Application whose folder Git still has, by name.

    Argo CD may be deleting what they left in the cluster, for which it needs their project.
    """
    found = []
    for name in sorted({*repository.environments()} - {*repository.applications()}):
        last = _last_of_tracked(repository.root, name)
        if last is None or not is_generated(last[1]):
            continue
        path = f"{APPLICATIONS_DIR}/{name}.yaml"
        try:
            found.append(parse_application(last[1], name=name, path=path))
        except BootstrapError:
            continue  # not as bootstrap wrote it: nothing that our project should allow
    return found


def removal_hint(repository: Repository, name: str) -> str | None:
    """Return what to do about an environment whose removal is committed but not finished.

    None for all others: one that never was in Git, one whose file was only just deleted, and one
    whose removal is complete, of which a private key may still lie in the folder.
    """
    path = f"{APPLICATIONS_DIR}/{name}.yaml"
    root = repository.root
    if repository.exists(path) or is_tracked(root, root / path):
        return None
    removal, _text = _last_of_tracked(root, name) or (None, "")
    if removal is None:
        return None
    return (
        f"finish with `bootstrap destroy {name} --push`, or restore {path} with"
        f" `git checkout {removal[:7]}^ -- {from_here(path)}`"
    )


def _last_of_tracked(root: Path, name: str) -> tuple[str | None, str] | None:
    if not tracked_files(root, f"{ENVIRONMENTS_DIR}/{name}"):
        return None
    return last_application(root, name)
