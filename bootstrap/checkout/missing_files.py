"""Files of an environment that are missing here though Git has them: `init` must not replace them.

What it would make instead is new: a key that opens nothing, or a file without a value.
"""

from __future__ import annotations

from bootstrap.checkout.environment_files import CERTIFICATE_FILE, KEY_FILE, SEALED_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.tracked import last_removal, text_at_head
from bootstrap.protocols import Reporter
from bootstrap.sealing.sealed_secret import parse_sealed_secret
from bootstrap.shell import from_here


def check_not_lost(
    environment: Environment, repository: Repository, git: Git, reporter: Reporter
) -> None:
    """Refuse a new key where the last commit has a certificate; warn where an older one had it."""
    path = environment.path(CERTIFICATE_FILE)
    if repository.exists(path) or repository.exists(environment.path(KEY_FILE)):
        return
    if text_at_head(git, path) is not None:
        # what else is there may hold changes, which a restored folder would not
        back = from_here(path if repository.exists(environment.folder) else environment.folder)
        raise BootstrapError(
            f"{path} is missing, but the last commit has it: {environment.name} would get another"
            " sealing key",
            f"`git restore --source=HEAD -- {back}`; if another key is meant, commit the removal"
            " first",
        )
    if not repository.exists(environment.application_path):
        return
    removed = last_removal(git.root, path)
    if removed:
        reporter.warn(
            f"{environment.name} gets a new sealing key: {path} was removed by commit"
            f" {removed[0][:7]} (`git show {removed[0][:7]}` lists what else was)"
        )


def check_values_not_lost(environment: Environment, git: Git) -> None:
    """Refuse an empty SealedSecret in place of values that Git has, for the same certificate."""
    path = environment.path(SEALED_FILE)
    text = text_at_head(git, path)
    if text is None:
        return
    try:
        lost = parse_sealed_secret(text, path=path, namespace=environment.namespace)
    except BootstrapError:
        return  # nothing that could be used any more
    if lost.encrypted:
        raise BootstrapError(
            f"{path} is missing, but the last commit has {len(lost.encrypted)} values in it",
            f"restore it with `git checkout HEAD -- {from_here(path)}`",
        )
