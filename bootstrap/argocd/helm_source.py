"""What an Application tells Argo CD to give to Helm: the chart, its values and its files.

Format: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.yaml.documents import parse_mapping

_KNOWN = {"releaseName", "valueFiles", "fileParameters"}
_PATH = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# Helm's limit for a release; both are pasted into templates of ours
_RELEASE = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
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


def parse_helm_source(text: str, *, name: str, path: str) -> HelmSource:
    """Return what the Application in `text` (file `path`) of environment `name` gives to Helm.

    A setting that bootstrap does not write is an error: what it does to the manifests would be
    missing from what is shown.
    """
    spec = _mapping(parse_mapping(text, path=path).get("spec"), path, "spec")
    source = _mapping(spec.get("source"), path, "spec.source")
    helm = _mapping(source.get("helm"), path, "spec.source.helm")
    for setting in helm.keys() - _KNOWN:
        raise BootstrapError(
            f"{path}: spec.source.helm.{setting} was added by hand, and bootstrap can't render it",
            "say it in the environment's values.yaml instead",
        )
    return HelmSource(
        name=name,
        chart=_path(source.get("path"), path),
        release=_name(helm.get("releaseName"), _RELEASE, path, "releaseName"),
        namespace=_name(
            _mapping(spec.get("destination"), path, "spec.destination").get("namespace"),
            _NAMESPACE, path, "namespace",
        ),
        value_files=tuple(_path(item, path) for item in _list(helm.get("valueFiles"), path)),
        file_parameters=tuple(
            _parameter(item, path) for item in _list(helm.get("fileParameters"), path)
        ),
    )  # fmt: skip


def _parameter(item: object, path: str) -> tuple[str, str]:
    entry = _mapping(item, path, "fileParameters")
    name = entry.get("name")
    if not isinstance(name, str) or not _PARAMETER.fullmatch(name):
        raise _changed(path, "fileParameters")
    return name, _path(entry.get("path"), path)


def _path(value: object, path: str) -> str:
    # Helm's own notation gives commas, braces and more a meaning
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise _changed(path, "spec.source")
    return value.lstrip("/")


def _name(value: object, pattern: re.Pattern[str], path: str, field: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise _changed(path, field)


def _list(value: object, path: str) -> Sequence[Any]:
    if isinstance(value, list):
        return value
    raise _changed(path, "spec.source.helm")


def _mapping(value: object, path: str, field: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _changed(path, field)


def _changed(path: str, field: str) -> BootstrapError:
    return BootstrapError(f"{path}: {field} is not as bootstrap writes it", _HINT)
