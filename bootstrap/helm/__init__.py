"""The Helm edge: the user's own Helm, for one environment or for a fleet."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.errors import BootstrapError
from bootstrap.helm.fleet.chart import FleetChart, key_of
from bootstrap.helm.fleet.values import nest
from bootstrap.helm.process import common_arguments, find_helm, run_helm, template

Result = str | BootstrapError
"""The manifests of an environment, or why there are none."""
_FEW = 4
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Helm:
    """Helm `program`, told of the `kube_version` that manifests are for, where that is known."""

    program: str
    kube_version: str | None = None

    @classmethod
    def find(cls, kube_version: str | None = None) -> Helm:
        """Return the user's Helm, or raise BootstrapError that says how to get it."""
        return cls(find_helm(), kube_version)

    def render(self, root: Path, source: HelmSource) -> str:
        """Return the manifests of one environment of the checkout at `root`."""
        return template(self.program, root, source, self.kube_version)

    def render_all(self, root: Path, sources: Sequence[HelmSource]) -> list[Result]:
        """Return the manifests of each of `sources`, or its error, in their order.

        Byte for byte what `render` gives: one environment is rendered both ways, and any
        difference sends all of them the slow way, as does what the fast way can't take.
        """
        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as pool:
            found: dict[str, Result] = {}
            if len(sources) >= _FEW:
                found = self._render_fast(root, sources, workers, pool)
            rest = [source for source in sources if source.name not in found]
            alone = pool.map(lambda source: self._render_or_error(root, source), rest)
            found |= {source.name: result for source, result in zip(rest, alone, strict=True)}
        return [found[source.name] for source in sources]

    def _render_or_error(self, root: Path, source: HelmSource) -> Result:
        try:
            return self.render(root, source)
        except BootstrapError as error:
            return error

    def _render_fast(
        self, root: Path, sources: Sequence[HelmSource], workers: int, pool: ThreadPoolExecutor
    ) -> dict[str, Result]:
        try:
            chart = FleetChart.read(root / sources[0].chart)
        except OSError:
            return {}  # Helm itself says what is wrong
        if chart is None:
            return {}
        fitting = [item for item in sources if item.chart == sources[0].chart]
        size = min(_BATCH, -(-len(fitting) // workers))
        batches = [fitting[at : at + size] for at in range(0, len(fitting), size)]
        last = fitting[-1]
        probe = pool.submit(self._render_or_error, root, last)

        def render(batch: Sequence[HelmSource]) -> dict[str, Result]:
            return self._render_batch(root, chart, batch)

        found = dict(chain.from_iterable(item.items() for item in pool.map(render, batches)))
        alone = {last.name: probe.result()}
        if found and last.name not in found:
            # it had to be rendered alone anyway, and proves nothing of the others
            last = next(item for item in fitting if item.name in found)
            alone[last.name] = self._render_or_error(root, last)
        return alone | found if found.get(last.name) == alone[last.name] else alone

    def _render_batch(
        self, root: Path, chart: FleetChart, batch: Sequence[HelmSource]
    ) -> dict[str, Result]:
        """Return the manifests of those of `batch` that could be rendered in one run."""
        folder = Path(tempfile.mkdtemp(prefix="bootstrap-helm-"))  # for us alone: mode 0700
        try:
            sources, arguments = _write_inputs(root, folder, batch)
            if not sources:
                return {}
            (folder / "chart.tgz").write_bytes(chart.pack(sources))
            command = ["template", sources[0].release, "chart.tgz", *arguments]
            done = run_helm(self.program, folder, [*command, *common_arguments(self.kube_version)])
        except BootstrapError:
            return {}  # each alone: an error, such as too long a time, may be that of one
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        texts = chart.split(done.stdout, len(sources)) if done.code == 0 else None
        if texts is None:
            return {}
        return {source.name: text for source, text in zip(sources, texts, strict=True)}


def _write_inputs(
    root: Path, folder: Path, batch: Sequence[HelmSource]
) -> tuple[list[HelmSource], list[str]]:
    """Write the files that Helm reads; return whose they are, and the options that name them."""
    sources: list[HelmSource] = []
    arguments: list[str] = []
    for source in batch:
        key = key_of(len(sources))
        try:
            values = [_read(root / path) for path in source.value_files]
            files = [_read(root / path) for _name, path in source.file_parameters]
        except (OSError, UnicodeDecodeError):
            continue  # Helm itself says what is wrong
        nested = [text for text in (nest(item, key) for item in values) if text is not None]
        if len(nested) < len(values):
            continue
        for number, text in enumerate(nested):
            _write(folder / f"{key}-{number}.yaml", text)
            arguments += ["--values", f"{key}-{number}.yaml"]
        for number, (text, (name, _path)) in enumerate(
            zip(files, source.file_parameters, strict=True)
        ):
            _write(folder / f"{key}-{number}.txt", text)
            arguments += ["--set-file", f"{key}.{name}={key}-{number}.txt"]
        sources.append(source)
    return sources, arguments


def _read(path: Path) -> str:
    return path.read_bytes().decode()


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
