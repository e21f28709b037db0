"""The files of the platform that the clone has: Argo CD itself and sealed-secrets."""

from __future__ import annotations

from bootstrap.argocd.moved import MovedAddress, find_moved
from bootstrap.argocd.platform import PROJECT_FILE
from bootstrap.argocd.platform_charts import chart_path
from bootstrap.files.repository import Repository


def platform_files(repository: Repository) -> list[tuple[str, str]]:
    """Return path and text of every file of argocd/platform, which are the user's."""
    paths = [chart_path(name) for name in repository.platform()]
    return [(path, text) for path in paths if (text := repository.read(path)) is not None]


def load_moved(repository: Repository) -> list[MovedAddress]:
    """Return where the platform's files have an address that is known to answer no more."""
    project = repository.read(PROJECT_FILE)
    files = [
        *platform_files(repository),
        *([] if project is None else [(PROJECT_FILE, project)]),
    ]
    return [item for path, text in files for item in find_moved(text, path=path)]
