"""The user's own Helm as a subprocess: which one, in which environment, with which arguments."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.errors import BootstrapError
from bootstrap.helm.errors import explain
from bootstrap.upstream import HELM_GUIDE

VARIABLE = "BOOTSTRAP_HELM"
_SECONDS = 120
_INSTALL = f"install Helm 3 or 4: {HELM_GUIDE.value}; or name the program in {VARIABLE}"


@dataclass(frozen=True, slots=True)
class Completed:
    """How Helm ended."""

    code: int
    stdout: str
    stderr: str


def find_helm() -> str:
    """Return the program: what BOOTSTRAP_HELM names, else `helm` on PATH."""
    named = os.environ.get(VARIABLE)
    found = shutil.which(named or "helm")
    if found is None:
        what = (
            f"{VARIABLE} names {named!r}, which is no program" if named else "helm is not on PATH"
        )
        raise BootstrapError(f"{what}: manifests are rendered by Helm", _INSTALL)
    return str(Path(found).absolute())  # Helm runs in folders of ours


def run_helm(
    program: str,
    folder: Path,
    arguments: Sequence[str],
    *,
    slow: str = "see whether a template never ends",
) -> Completed:
    """Run Helm in `folder`; no cluster and no setting of the user's changes what it gives.

    `slow` is what to do if it gives nothing in time.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HELM_", "KUBE")) or name.endswith("_HOME")
    }
    # a short life needs no garbage collection; a larger one little
    environment |= {"KUBECONFIG": os.devnull, "GOGC": "400"}
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise BootstrapError(f"{program} can't be run: {reason}", _INSTALL) from None
    except subprocess.TimeoutExpired:
        raise BootstrapError(f"helm gave no result in {_SECONDS} s", slow) from None
    return Completed(done.returncode, done.stdout, done.stderr)


def common_arguments(kube_version: str | None) -> list[str]:
    """Return what every render is given, as Argo CD does; it runs no Helm tests."""
    version = ["--kube-version", kube_version] if kube_version else []
    return ["--include-crds", "--skip-tests", *version]


def template(program: str, root: Path, source: HelmSource, kube_version: str | None) -> str:
    """Return the manifests of one environment of the checkout at `root`, as Helm prints them."""
    folder = root / source.chart
    if not folder.is_dir():
        raise BootstrapError(
            f"no chart at {source.chart}",
            "run bootstrap in a fork of agentsmith-bootstrap, which has the chart",
        )
    up = "../" * len(Path(source.chart).parts)
    arguments = ["template", source.release, ".", "--namespace", source.namespace]
    for path in source.value_files:
        arguments += ["--values", up + path]
    for name, path in source.file_parameters:
        arguments += ["--set-file", f"{name}={up}{path}"]
    done = run_helm(program, folder, [*arguments, *common_arguments(kube_version)])
    if done.code:
        raise explain(done.stderr, source)
    return done.stdout
