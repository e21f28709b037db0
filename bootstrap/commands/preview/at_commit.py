"""A commit's files in a folder of our own, for Helm to read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap.checkout.remote import missing_hint
from bootstrap.constants import APPLICATIONS_DIR, CHART_PATH, ENVIRONMENTS_DIR
from bootstrap.environments.environment import check_given
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.git.blobs import commit_blobs


def find_commit(revision: str, git: Git, *, otherwise: str) -> str:
    """Return the commit that --against names, else raise BootstrapError with `otherwise`."""
    commit = git.resolve(check_given("--against", revision))
    if commit is None:
        raise BootstrapError(
            f"--against {revision!r} is neither an environment nor a revision that is known here",
            missing_hint(git, otherwise),
        )
    return commit


@contextmanager
def at_commit(git: Git, commit: str, names: Iterable[str]) -> Iterator[Repository]:
    """Have the chart and environments `names` as `commit` has them, while entered."""
    folder = Path(tempfile.mkdtemp(prefix="bootstrap-diff-"))  # for us alone: mode 0700
    try:
        paths = [CHART_PATH]
        for name in names:
            paths += [f"{ENVIRONMENTS_DIR}/{name}", f"{APPLICATIONS_DIR}/{name}.yaml"]
        for blob in commit_blobs(git.root, commit, paths):
            file = folder / blob.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(blob.content)
        yield Repository(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
