"""The Helm edge: the user's own Helm, for one environment or for many at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.errors import BootstrapError
from bootstrap.helm.process import find_helm, template

Result = str | BootstrapError
"""The manifests of an environment, or why there are none."""


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

        As many run at once as there are cores.
        """
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(lambda source: self._render_or_error(root, source), sources))

    def _render_or_error(self, root: Path, source: HelmSource) -> Result:
        try:
            return self.render(root, source)
        except BootstrapError as error:
            return error
