"""Reading plaintext secrets: refused first, read second, parsed last."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bootstrap.checkout.environments import require_environment
from bootstrap.checkout.sealing_memory import DIGESTS_FILE
from bootstrap.constants import ENVIRONMENTS_DIR
from bootstrap.environments.environment import Environment
from bootstrap.errors import UsageError
from bootstrap.files.input import read_secrets, read_value
from bootstrap.files.repository import Repository
from bootstrap.git import Git, refuse_if_git_would_see
from bootstrap.plaintext.input import SecretInput, parse_secrets, parse_value
from bootstrap.plaintext.known_keys import SECRET_KEYS, find_key, may_be_shown, nearest_key

_STDIN = "-"


def read_plaintext(file: str) -> SecretInput:
    """Return the secrets in `file` ("-" is standard input), which Git must never get to see."""
    if file == _STDIN:
        return parse_secrets(read_secrets(file), source="standard input")
    if os.path.isfile(file):  # noqa: PTH113 - else, or unreadable, the reading says what is wrong
        refuse_if_git_would_see(Path(file))
    name = Path(file).name
    dotenv = name.startswith(".env") or name.endswith(".env")
    return parse_secrets(read_secrets(file), source=file, dotenv=True if dotenv else None)


def plaintext_files(
    repository: Repository, git: Git, name: str
) -> list[tuple[Environment, Callable[[], SecretInput]]]:
    """Return every environment with a file `name` in its folder, and what reads that file."""
    paths = {
        environment: f"{ENVIRONMENTS_DIR}/{environment}/{name}"
        for environment in repository.environments()
        if repository.exists(f"{ENVIRONMENTS_DIR}/{environment}/{name}")
    }
    if not paths:
        raise UsageError(
            f"there is no {ENVIRONMENTS_DIR}/*/{name}", "write one, or give FILE and --env"
        )
    # the files of digests are asked about in the same breath: each question costs a process
    digests = [f"{ENVIRONMENTS_DIR}/{environment}/{DIGESTS_FILE}" for environment in paths]
    safe = git.ignored([*paths.values(), *digests])
    return [
        (
            require_environment(repository, environment),
            functools.partial(_read_one, repository, path, safe=path in safe),
        )
        for environment, path in paths.items()
    ]


def _read_one(repository: Repository, path: str, *, safe: bool) -> SecretInput:
    file = repository.root / path
    if not safe:
        refuse_if_git_would_see(file, name=path)
    return parse_secrets(read_secrets(str(file), name=path), source=path, dotenv=None)


def read_single(key: str) -> SecretInput:
    """Return the value of `key` alone, from a prompt that shows nothing or a pipe."""
    return parse_value(key, read_value(f"value of {key} (not shown): "))


def require_key(written: str, *, sealed: Iterable[str] = ()) -> str:
    """Return the key that `written` means in any spelling, or names among those sealed."""
    key = find_key(written) or (written if written in set(sealed) else None)
    if key is None:
        near = nearest_key(written)
        shown = repr(written) if may_be_shown(written) else "that (not shown)"
        raise UsageError(
            f"KEY: Agent Smith reads no key {shown}",
            f"did you mean {near}?" if near else f"known keys: {', '.join(SECRET_KEYS)}",
        )
    return key
