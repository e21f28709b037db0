"""Objects of any kind, as Argo CD would apply them: a dry run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import NAMESPACE, Discovery, Kind
from bootstrap.constants import ARGOCD_FIELD_MANAGER
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping


class DryRun:
    """Reads objects of any kind through `connection`, and applies them for show."""

    def __init__(self, connection: Connection, discovery: Discovery) -> None:
        """Ask nothing yet."""
        self._api, self._discovery = connection, discovery

    def has_namespace(self, name: str) -> bool:
        """Tell whether there is a namespace `name`."""
        with self._refused(f"reading Namespace {name}"):
            return self._api.get(NAMESPACE.path(name)) is not None

    def read(self, item: Mapping[str, Any], namespace: str) -> dict[str, Any] | None:
        """Return the live object that is called like `item`, None if there is none."""
        kind = self._find(item)
        if kind is None:
            return None
        with self._refused(f"reading {_name(item)}"):
            return self._api.get(_path(kind, item, namespace))

    def apply(self, item: Mapping[str, Any], namespace: str) -> dict[str, Any]:
        """Return what `item` would be after Argo CD applied it, with the server's defaults."""
        kind = self._find(item)
        step = f"a dry run of {_name(item)}"
        if kind is None:
            raise BootstrapError(
                f"{step}: the cluster has no kind {item['kind']} of {item['apiVersion']}",
                "install what brings it, or leave the object out in values.yaml",
            )
        # of a Secret, the reason may quote a value
        with self._refused(step, without_reason=item["kind"] == "Secret"):
            return self._api.apply(
                _path(kind, item, namespace), item, force=True, manager=ARGOCD_FIELD_MANAGER,
                dry_run=True,
            )  # fmt: skip

    def _find(self, item: Mapping[str, Any]) -> Kind | None:
        version = item["apiVersion"]
        with self._refused(f"asking for the kinds of {version}"):
            return self._discovery.find(version, item["kind"])

    @contextmanager
    def _refused(self, step: str, *, without_reason: bool = False) -> Iterator[None]:
        """Say of what is refused that it is for the values to mend, as Argo CD would meet it."""
        from kubernetes.client import ApiException

        with self._api.translated(step):
            try:
                yield
            except ApiException as error:
                reason = "" if without_reason else f": {_reason(error)}"
                raise BootstrapError(
                    f"{step}: the API server refuses it with {error.status}{reason}",
                    "mend the values that the object is made from; or use a context that may do"
                    " that",
                ) from None


def _path(kind: Kind, item: Mapping[str, Any], namespace: str) -> str:
    metadata = item["metadata"]
    return kind.path(metadata["name"], metadata.get("namespace") or namespace)


def _reason(error: Any) -> str:
    try:
        message = mapping(json.loads(error.body)).get("message", "")
    except ValueError:
        message = ""
    return " ".join(str(message).split())[:600]


def _name(item: Mapping[str, Any]) -> str:
    return f"{item['kind']} {item['metadata']['name']}"
