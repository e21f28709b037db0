"""The files of the platform: written once, for a repository that has none yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bootstrap.argocd.moved import replace_moved
from bootstrap.argocd.platform import (
    parse_chart_application,
    render_chart_application,
    render_platform,
)
from bootstrap.argocd.platform_charts import CHARTS_DIR, PLATFORM_CHARTS, PlatformChart, chart_path
from bootstrap.checkout import ownership
from bootstrap.checkout.environments import (
    choose_environments,
    load_environments,
    load_root,
    owned,
)
from bootstrap.checkout.platform import load_moved, platform_files
from bootstrap.cluster import Cluster
from bootstrap.commands.up.install import check_ours
from bootstrap.environments.environment import Root
from bootstrap.errors import BootstrapError
from bootstrap.files.chart_archive import find_archive, unpack
from bootstrap.files.repository import Change, Repository
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import Reporter


def start_platform(
    name: str | None,
    *,
    repository: Repository,
    connect: Callable[[], Cluster],
    archives: Path | None,
    confirm: Callable[[], None],
    reporter: Reporter,
) -> None:
    """Write what is missing of argocd/platform for `up --install` of environment `name`, or all.

    Not before it is known that there is one, and that the cluster is one to install into. `confirm`
    raises unless addresses that answer no more may be changed in what is there.
    """
    choose_environments(repository, name)
    root = load_root(repository)
    cluster = connect()
    # `up` looks again; here nothing has been written yet
    ownership.check_ours(root, load_environments(repository), cluster, command="bootstrap up")
    check_ours(cluster, root)
    present = [
        chart_path(known.name)
        for known in PLATFORM_CHARTS
        if repository.exists(chart_path(known.name))
    ]
    if archives is not None and present:
        reporter.warn(
            f"--charts is not read for {' and '.join(present)}, there already: to take another"
            " archive, delete the file and its chart's folder first"
        )
    moved = load_moved(repository)
    for item in moved:
        reporter.warn(f"{item}; {item.move.new.value} is in its place")
    if moved:
        confirm()
    for change in write_platform(repository, root, archives):
        reporter.step(f"{change.action}: {change.path}")


def write_platform(repository: Repository, root: Root, archives: Path | None) -> list[Change]:
    """Write what is missing of argocd/platform; return what was done.

    In what is there, only addresses that answer no more are changed. With `archives`, the charts
    are put into the repository, where Argo CD can reach them too.
    """
    with repository.lock():
        found = dict(platform_files(repository))
        present = {path: replace_moved(text, path=path) for path, text in found.items()}
        files = [PlannedFile(path, text) for path, text in present.items() if text != found[path]]
        charts = []
        for known in PLATFORM_CHARTS:
            path = chart_path(known.name)
            if path in present:
                charts.append(parse_chart_application(present[path], path=path))
                continue
            chart = known
            if archives is not None:
                chart = replace(known, folder=f"{CHARTS_DIR}/{known.name}", repo="", version="")
                archive = find_archive(archives, known.name)
                files += unpack(archive, known.name, chart.folder)
            charts.append(chart)
            files.append(render_chart_application(chart, root))
        shared = [owned(file, repository) for file in render_platform(root, charts)]
        changes = repository.write([*files, *shared])
    return [change for change in changes if change.action != "unchanged"]


def has_platform(repository: Repository) -> bool:
    """Tell whether this repository keeps Argo CD itself, or once was to."""
    return all(repository.exists(chart_path(known.name)) for known in PLATFORM_CHARTS)


def load_platform(repository: Repository) -> Sequence[PlatformChart]:
    """Return the charts that this repository's platform is made of."""
    charts = []
    for known in PLATFORM_CHARTS:
        path = chart_path(known.name)
        text = repository.read(path)
        if text is None:
            raise BootstrapError(f"{path} is missing", "write it with `bootstrap up --install`")
        charts.append(parse_chart_application(text, path=path))
    return charts
