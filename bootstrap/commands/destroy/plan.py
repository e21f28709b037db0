"""What `bootstrap destroy` finds of an environment in Git, and the two steps that remove it."""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.argocd.application_file import parse_application
from bootstrap.argocd.project import render_project
from bootstrap.checkout.environments import (
    load_environment,
    load_environments,
    load_root,
    require_environment,
)
from bootstrap.checkout.facts import job_namespace
from bootstrap.checkout.publish import Plan
from bootstrap.checkout.removed import last_application, load_leaving
from bootstrap.constants import APPLICATIONS_DIR, PROJECT_FILE, VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.tracked import last_removal, tracked_files
from bootstrap.planned_file import PlannedFile, is_generated
from bootstrap.shell import from_here


@dataclass(frozen=True, slots=True)
class Found:
    """How far the environment has left Git."""

    environment: Environment
    has_application: bool
    removal: str | None
    """The commit that removed the Application; None before that is committed."""
    files: tuple[str, ...]


def find_environment(name: str, repository: Repository, git: Git) -> Found:
    """Return environment `name` as it is in Git, or was before it began to leave."""
    path = f"{APPLICATIONS_DIR}/{name}.yaml"
    environment = load_environment(repository, name)
    removal = None
    if environment is None:
        last = last_application(git.root, name)
        if last is None:
            require_environment(repository, name)  # raises the error that lists those there are
            raise AssertionError
        removal, text = last
        environment = parse_application(text, name=name, path=path)
    files = tuple(tracked_files(git.root, environment.folder))
    return Found(environment, repository.exists(path), removal, files)


def find_job_namespace(environment: Environment, repository: Repository, git: Git) -> str:
    """Return where the agent Jobs run, by values.yaml as it is or was before it was removed."""
    path = environment.path(VALUES_FILE)
    text = repository.read(path)
    if text is None:
        removed = last_removal(git.root, path)
        text = removed[1] if removed else ""
    return job_namespace(text, path) or environment.namespace


def check_kept(found: Found, git: Git) -> None:
    """Refuse to remove what Git could not bring back."""
    environment = found.environment
    paths = [environment.folder]
    if found.has_application:
        paths.append(environment.application_path)
    # what is only deleted is in Git
    changed = [path for path in git.uncommitted(paths) if (git.root / path).exists()]
    if changed and not found.files:
        raise BootstrapError(
            f"nothing of {environment.name} is committed, so Git could not bring it back",
            f"delete it yourself, with its private key: `rm -r {from_here(*paths)}`, then"
            " `bootstrap init` of another writes the project again",
        )
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise BootstrapError(
            f"not committed yet: {changed[0]}{more}; it could not be brought back",
            "commit it first, or take your changes back with `git checkout` and `git clean`",
        )


def check_branch(repository: Repository, git: Git) -> None:
    """Refuse to push where the root Application does not look."""
    revision = load_root(repository).revision
    if git.current_branch() != revision:
        raise BootstrapError(
            f"the root Application follows {revision}, and that is not what is checked out here:"
            " nothing would be removed",
            f"`git checkout {revision}`, or --branch NAME for a pull request, without --wait",
        )


def first_plan(environment: Environment) -> Plan:
    """Return the step after which Argo CD deletes the environment."""
    return Plan(
        (),
        f"Remove environment {environment.name}\n\n"
        "Argo CD deletes what it made. The environment's folder goes in a later commit, as\n"
        "the chart is rendered from it once more for its pre-delete hook.\n",
        removed=(environment.application_path,),
    )


def second_plan(found: Found, repository: Repository) -> Plan:
    """Return the step after which nothing of the environment is left in Git."""
    name = found.environment.name
    return Plan(
        _without(found, repository),
        f"Remove the files of environment {name}\n\nArgo CD has deleted it.\n",
        removed=found.files,
    )


def only_plan(found: Found, repository: Repository) -> Plan:
    """Return the one step that removes what no remote ever had."""
    environment = found.environment
    return Plan(
        _without(found, repository),
        f"Remove environment {environment.name}\n\nIt was never pushed, so Argo CD never had it.\n",
        removed=(environment.application_path, *found.files),
    )


def _without(found: Found, repository: Repository) -> tuple[PlannedFile, ...]:
    """Return the project as it is without the environment."""
    project = repository.read(PROJECT_FILE)
    if project is None or not is_generated(project):
        return ()
    present = [*load_environments(repository), *load_leaving(repository)]
    others = [item for item in present if item.name != found.environment.name]
    return (render_project(others, load_root(repository)),)
