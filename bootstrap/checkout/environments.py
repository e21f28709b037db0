"""The environments of a repository, as their Applications describe them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from bootstrap.argocd.application_file import ApplicationFile, parse_root, read_application
from bootstrap.checkout.removed import removal_hint
from bootstrap.constants import APPLICATIONS_DIR, ENVIRONMENTS_DIR, ROOT_FILE
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.names import DEFAULT_NAMES, Names, check_environment_name
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile, is_generated


def load_application(repository: Repository, name: str) -> ApplicationFile | None:
    """Return what is said of environment `name`, None if nothing; a file not ours is an error."""
    path = f"{APPLICATIONS_DIR}/{name}.yaml"
    text = repository.read(path)
    if text is None:
        return None
    if not is_generated(text):
        raise not_ours(path)
    return read_application(text, name=name, path=path)


def load_environment(repository: Repository, name: str) -> Environment | None:
    """Return environment `name`, None without an Application; one not ours is an error."""
    found = load_application(repository, name)
    return None if found is None else found.environment


def load_applications(repository: Repository) -> list[ApplicationFile]:
    """Return the file of every environment that bootstrap made, by name."""
    return [_or_raise(item) for _name, item in read_applications(repository)]


def load_environments(repository: Repository) -> list[Environment]:
    """Return every environment that bootstrap made, by name; other Applications are left alone."""
    return [item.environment for item in load_applications(repository)]


def read_applications(
    repository: Repository,
) -> Iterator[tuple[str, ApplicationFile | BootstrapError]]:
    """Yield the file of each environment that bootstrap made by name, or what is wrong with it."""
    for name in repository.applications():
        path = f"{APPLICATIONS_DIR}/{name}.yaml"
        try:
            text = repository.read(path)
            if text is not None and is_generated(text):
                yield name, read_application(text, name=name, path=path)
        except BootstrapError as error:
            yield name, error


def _or_raise(found: ApplicationFile | BootstrapError) -> ApplicationFile:
    if isinstance(found, BootstrapError):
        raise found
    return found


def require_application(repository: Repository, name: str) -> ApplicationFile:
    """Return what is said of environment `name`, or raise an error that lists those there are."""
    found = load_application(repository, check_environment_name(name, load_names(repository)))
    if found is None:
        hint = removal_hint(repository, name)
        if hint is not None:
            raise UsageError(f"environment {name} is being removed", hint)
        known = [item.name for item in load_environments(repository)]
        listed = f"there are: {', '.join(known)}" if known else "there is none yet"
        raise UsageError(
            f"no environment {name!r}; {listed}", f"make it with `bootstrap init {name}`"
        )
    return found


def require_environment(repository: Repository, name: str) -> Environment:
    """Return environment `name`, or raise an error that lists those there are."""
    return require_application(repository, name).environment


def choose_environments(repository: Repository, name: str | None) -> list[Environment]:
    """Return environment `name`, or all of them; none at all is an error."""
    chosen = [require_environment(repository, name)] if name else load_environments(repository)
    if not chosen:
        raise BootstrapError("there is no environment yet", "make one with `bootstrap init prod`")
    return chosen


def load_names(repository: Repository) -> Names:
    """Return what the repository's objects are called; the default where nothing says."""
    text = repository.read(ROOT_FILE)
    return parse_root(text).names if text is not None and is_generated(text) else DEFAULT_NAMES


def load_root(repository: Repository) -> Root:
    """Return what the root Application follows, and what the repository's objects are called."""
    text = repository.read(ROOT_FILE)
    if text is None:
        raise BootstrapError(f"{ROOT_FILE} is missing", "write it with `bootstrap init ENV`")
    return parse_root(text)


def not_ours(path: str) -> BootstrapError:
    """Return the error for a file in our place without our header."""
    return BootstrapError(
        f"{path} exists and was not made by bootstrap; it is left as it is",
        "move it away, then run this again",
    )


def owned(file: PlannedFile, repository: Repository) -> PlannedFile:
    """Return `file`, if what is in its place is bootstrap's own or nothing."""
    present = repository.read(file.path)
    if present is not None and not is_generated(present):
        raise not_ours(file.path)
    return file


def check_private(files: Sequence[PlannedFile], git: Git) -> None:
    """Raise BootstrapError if Git would see one of the private files."""
    for file in files:
        if file.private and not git.would_ignore(git.root / file.path):
            suffix = PurePosixPath(file.path).suffix
            what = "is a private key" if suffix == ".pem" else "is to keep a secret"
            raise BootstrapError(
                f"{file.path} would not be ignored by Git, and it {what}",
                f"add the line *.local{suffix} to .gitignore, then run this again",
            )


def choose_environment(
    repository: Repository,
    asked: str | None,
    file: str = "-",
    *,
    hint: str = "say it with --env NAME",
) -> Environment:
    """Return the environment `asked` for, else that of the folder of `file`, else the only one.

    `hint` is what to do where there are several.
    """
    if asked is not None:
        return require_environment(repository, asked)
    if file != "-":
        # where the file lies, not what it links to: a link into a vault is still this environment's
        folder = Path(os.path.realpath(Path(file).parent))
        if folder.parent == (repository.root / ENVIRONMENTS_DIR).resolve():
            return require_environment(repository, folder.name)
    known = load_environments(repository)
    if not known:
        raise UsageError("there is no environment yet", "make one with `bootstrap init prod`")
    if len(known) > 1:
        names = ", ".join(item.name for item in known)
        raise UsageError(f"which environment? there are: {names}", hint)
    return known[0]
