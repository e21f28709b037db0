"""A chart from its repository, or from a folder, rendered for the first install."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from bootstrap.argocd.platform_charts import PlatformChart, helm_reference, other_ways
from bootstrap.errors import BootstrapError
from bootstrap.helm.errors import explain_chart
from bootstrap.helm.process import common_arguments, find_helm, run_helm


def render_chart(root: Path, chart: PlatformChart, kube_version: str) -> str:
    """Return the manifests of `chart`, as Argo CD will render them from its Application."""
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
                "template", chart.release, *helm_reference(chart), "--namespace", chart.namespace,
                "--values", str(values), *common_arguments(kube_version),
            ],
            **({} if chart.folder else {"slow": other_ways(chart)}),
        )  # fmt: skip
    if done.code:
        raise explain_chart(done.stderr, chart)
    return done.stdout
