"""What an Application tells Argo CD to give to Helm: the chart, its values and its files.

Format: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError

_KNOWN = {"releaseName", "valueFiles", "fileParameters"}
_PATH = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# Helm's limit for a release, which is pasted into templates of ours
_RELEASE = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?")
_HINT = "restore it with `git checkout`, or delete it and run `bootstrap init` again"


@dataclass(frozen=True, slots=True)
class HelmSource:
    """What Helm is run with for environment `name`; paths are relative to the repository's root."""

    name: str
    chart: str
    release: str
    namespace: str
    value_files: tuple[str, ...]
    file_parameters: tuple[tuple[str, str], ...]
    """(name of the value, path)."""


def read_helm_source(source: Mapping[str, Any], environment: Environment, path: str) -> HelmSource:
    """Return what `source` of an environment's Application (file `path`) gives to Helm.

    A setting that bootstrap does not write is an error: what it does to the manifests would be
    missing from what is shown.
    """
    helm = source.get("helm")
    if not isinstance(helm, Mapping):
        raise _changed(path, "spec.source.helm")
    for setting in helm.keys() - _KNOWN:
        raise BootstrapError(
            f"{path}: spec.source.helm.{setting} was added by hand, and bootstrap can't render it",
            "say it in the environment's values.yaml instead",
        )
    return HelmSource(
        name=environment.name,
        chart=_path(source.get("path"), path),
        release=_release(helm.get("releaseName"), path),
        namespace=environment.namespace,
        value_files=tuple(_path(item, path) for item in _list(helm.get("valueFiles"), path)),
        file_parameters=tuple(
            _parameter(item, path) for item in _list(helm.get("fileParameters"), path)
        ),
    )


def _parameter(item: object, path: str) -> tuple[str, str]:
    entry = item if isinstance(item, Mapping) else {}
    name = entry.get("name")
    if not isinstance(name, str) or not _PARAMETER.fullmatch(name):
        raise _changed(path, "fileParameters")
    return name, _path(entry.get("path"), path)


def _path(value: object, path: str) -> str:
    # Helm's own notation gives commas, braces and more a meaning
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise _changed(path, "spec.source")
    return value.lstrip("/")


def _release(value: object, path: str) -> str:
    if isinstance(value, str) and _RELEASE.fullmatch(value):
        return value
    raise _changed(path, "releaseName")


def _list(value: object, path: str) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    raise _changed(path, "spec.source.helm")


def _changed(path: str, field: str) -> BootstrapError:
    return BootstrapError(f"{path}: {field} is not as bootstrap writes it", _HINT)
