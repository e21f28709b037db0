"""A chart from its repository, or from a folder, rendered for the first install."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from bootstrap.argocd.platform import PlatformChart
from bootstrap.errors import BootstrapError
from bootstrap.helm.process import common_arguments, find_helm, run_helm
from bootstrap.objects import one_line


def render_chart(root: Path, chart: PlatformChart, kube_version: str) -> str:
    """Return the manifests of `chart`, as Argo CD will render them from its Application."""
    source = ["."] if chart.folder else [chart.name, "--repo", chart.repo]
    if chart.version:
        source += ["--version", chart.version]
    with tempfile.TemporaryDirectory(prefix="bootstrap-helm-") as scratch:
        values = Path(scratch) / "values.json"
        values.write_text(json.dumps(chart.values), encoding="utf-8")
        folder = root / chart.folder if chart.folder else Path(scratch)
        if not folder.is_dir():
            raise BootstrapError(f"no chart at {chart.folder}", "restore it with `git checkout`")
        done = run_helm(
            find_helm(),
            folder,
            [
                "template", chart.release, *source, "--namespace", chart.namespace,
                "--values", str(values), *common_arguments(kube_version),
            ],
        )  # fmt: skip
    if done.code:
        hint = (
            "mend the values in its Application"
            if chart.folder
            else "is the chart repository in reach? Where it is not, give archives: --charts DIR"
        )
        raise BootstrapError(f"chart {chart.name}: {one_line(done.stderr)}", hint)
    return done.stdout
