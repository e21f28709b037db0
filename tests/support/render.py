"""Renders an Application from a checkout, with the arguments that Argo CD gives to Helm."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.reading import read_documents, read_yaml


def render_application(
    helm: Path, checkout: Path, application: Mapping[str, Any], *, kube_version: str = "1.36.3"
) -> list[dict[str, Any]]:
    """Return the manifests of `application`, as its repo server would make them.

    A leading slash in a value file or file parameter is the root of the repository.
    """
    source = application["spec"]["source"]
    options = source["helm"]
    command = [
        str(helm), "template", ".",
        "--name-template", options["releaseName"],
        "--namespace", application["spec"]["destination"]["namespace"],
        "--kube-version", kube_version,
        "--include-crds",
    ]  # fmt: skip
    for parameter in options["fileParameters"]:
        path = checkout / parameter["path"].lstrip("/")
        command += ["--set-file", f"{parameter['name']}={path}"]
    for name in options["valueFiles"]:
        command += ["--values", str(checkout / name.lstrip("/"))]
    done = subprocess.run(
        command, cwd=checkout / source["path"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"helm template failed: {done.stderr.strip()}")
    return read_documents(done.stdout)


def load_yaml(path: Path) -> dict[str, Any]:
    """Return the one mapping in a YAML file."""
    loaded = read_yaml(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded
