"""Which environment a file of secrets is for, where nobody said."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.commands.project_files import load_environments, require_environment
from bootstrap.constants import ENVIRONMENTS_DIR
from bootstrap.environment import Environment
from bootstrap.errors import UsageError
from bootstrap.repository import Repository


def choose_environment(repository: Repository, asked: str | None, file: str) -> Environment:
    """Return the environment `asked` for, else that of the folder of `file`, else the only one."""
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
        raise UsageError(f"which environment? there are: {names}", "say it with --env NAME")
    return known[0]
