"""Render the chart with a real Helm and read what came out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parents[2] / "helm" / "agentsmith"
CI_VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
NAMESPACE = "agentsmith-ci"

Object = dict[str, Any]


class RenderError(Exception):
    """Helm refused; the text is its standard error."""


@cache
def _load(document: str) -> Object | None:
    loaded: Object | None = yaml.load(document, yaml.CSafeLoader)
    return loaded


def load_all(text: str) -> list[Object]:
    """Parse a stream of manifests. Equal documents are one shared object: do not change them."""
    documents = (_load(document) for document in re.split(r"(?m)^---$", text))
    return [document for document in documents if document]


def run(helm: Path, *arguments: str | Path) -> str:
    """Run Helm without any cluster in reach; return its standard output."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HELM_", "KUBE"))}
    environment |= {"KUBECONFIG": os.devnull, "GOGC": "off"}
    done = subprocess.run(
        [helm, *arguments], capture_output=True, env=environment, check=False, timeout=60
    )
    if done.returncode:
        raise RenderError((done.stdout + done.stderr).decode())
    return done.stdout.decode()


class Chart:
    """The chart under one Helm. Equal requests are rendered once."""

    def __init__(self, helm: Path, scratch: Path) -> None:
        self.helm = helm
        self._scratch = scratch
        self._texts: dict[tuple[str, ...], str] = {}

    def arguments(
        self, values: Mapping[str, Any] | Path | None, set_files: Mapping[str, bytes]
    ) -> list[str]:
        """Return the Helm options that pass these values and files."""
        arguments = []
        if isinstance(values, Path):
            arguments += ["--values", str(values)]
        elif values:
            text = json.dumps(values).encode()
            arguments += ["--values", str(self._file(text, ".json"))]
        for key, content in set_files.items():
            arguments += ["--set-file", f"{key}={self._file(content, '.txt')}"]
        return arguments

    def text(
        self,
        values: Mapping[str, Any] | Path | None = None,
        set_files: Mapping[str, bytes] | None = None,
        *,
        options: Sequence[str] = (),
        namespace: str = NAMESPACE,
        chart: Path = CHART,
        fresh: bool = False,
    ) -> str:
        """Return what `helm template` prints."""
        arguments = (
            *("template", "agentsmith", str(chart), "--namespace", namespace),
            *self.arguments(values, set_files or {}),
            *options,
        )
        if fresh or arguments not in self._texts:
            self._texts[arguments] = run(self.helm, *arguments)
        return self._texts[arguments]

    def objects(self, *arguments: Any, **options: Any) -> list[Object]:
        """Return the rendered objects; the arguments are those of `text`."""
        return load_all(self.text(*arguments, **options))

    def refusal(self, *arguments: Any, **options: Any) -> str:
        """Return Helm's message, where it must refuse."""
        try:
            self.text(*arguments, **options)
        except RenderError as error:
            return str(error)
        raise AssertionError("Helm rendered what it should refuse")

    def _file(self, content: bytes, suffix: str) -> Path:
        path = self._scratch / (hashlib.sha256(content).hexdigest()[:20] + suffix)
        path.write_bytes(content)
        return path


def pick(objects: Sequence[Object], kind: str, name: str) -> Object:
    """Return the one object of this kind and name."""
    found = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def names(objects: Sequence[Object]) -> set[tuple[str, str]]:
    """Return kind and name of every object."""
    return {(o["kind"], o["metadata"]["name"]) for o in objects}


def pod_specs(objects: Sequence[Object]) -> Iterator[tuple[str, Object]]:
    """Yield name and spec of every pod that the objects are or make."""
    for o in objects:
        name = f"{o['kind']}/{o['metadata']['name']}"
        if o["kind"] == "Pod":
            yield name, o["spec"]
        elif o["kind"] in {"Deployment", "Job"}:
            yield name, o["spec"]["template"]["spec"]


def containers(spec: Object) -> list[Object]:
    """Return init containers and containers of a pod."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def dispatcher_pod(objects: Sequence[Object]) -> Object:
    """Return the pod template of the dispatcher."""
    template: Object = pick(objects, "Deployment", "agentsmith-dispatcher")["spec"]["template"]
    return template


def sealed_secret(namespace: str = NAMESPACE, **data: str) -> str:
    """Return a SealedSecret manifest as `bootstrap seal` writes it."""
    lines = "".join(f"    {key.replace('_', '-')}: {value}\n" for key, value in data.items())
    name = f"name: agentsmith-secrets\n  namespace: {namespace}\n"
    encrypted = f"encryptedData:\n{lines}" if data else "encryptedData: {}\n"
    return (
        "# Written by `bootstrap seal`.\n# Do not edit.\n"
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
        f"metadata:\n  {name}"
        f"spec:\n  {encrypted}"
        "  template:\n"
        f"    metadata:\n      {name.replace('  ', '      ')}"
        "    type: Opaque\n"
    )
