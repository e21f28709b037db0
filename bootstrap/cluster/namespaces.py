"""Whole namespaces: everything in one, whatever its kind; and its end."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from bootstrap.cluster.at_once import at_once
from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import NAMESPACE, SERVICE_ACCOUNT, Discovery, Kind

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# Events are records of what happened, and expire by themselves.
_RECORDS = frozenset({"Event"})


class Namespaces:
    """The namespaces of the cluster that `connection` leads to."""

    def __init__(self, connection: Connection, discovery: Discovery) -> None:
        """Ask nothing yet."""
        self._api, self._discovery = connection, discovery

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a namespace, raw, None if there is none."""
        with self._api.translated(f"reading namespace {name}"):
            return self._api.get(NAMESPACE.path(name))

    def make(self, name: str, labels: dict[str, str], *, force: bool) -> None:
        """Make a namespace, or give `labels` to one that is there."""
        wanted = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        }
        with self._api.translated(f"making namespace {name}", may_force=not force):
            self._api.apply(NAMESPACE.path(name), wanted, force=force)

    def delete(self, name: str, uid: str) -> None:
        """Delete the namespace, if it is still the one of `uid`, with everything in it."""
        with self._api.translated(f"deleting namespace {name}"):
            self._api.delete(NAMESPACE.path(name), {"preconditions": {"uid": uid}})

    def has_account(self, name: str, account: str) -> bool:
        """Tell whether a namespace is there and has this service account."""
        with self._api.translated(f"reading service account {account} of namespace {name}"):
            return self._api.get(SERVICE_ACCOUNT.path(account, name)) is not None

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Return kind and metadata of every object in a namespace; never what it holds."""
        with self._api.translated(f"listing what is in namespace {name}"):
            kinds = list(self._kinds())
            lists = at_once(
                [
                    partial(
                        self._api.items,
                        kind.path_of_all(name),
                        missing_ok=True,
                        accept=_METADATA_ONLY,
                    )
                    for kind in kinds
                ]
            )
        found = [
            dict(item, kind=kind.name)
            for kind, items in zip(kinds, lists, strict=True)
            for item in items
        ]
        # several groups may show the same object
        return list({item["metadata"]["uid"]: item for item in found}.values())

    def _kinds(self) -> Iterable[Kind]:
        """Yield every kind that has objects to delete in a namespace, each in one version."""
        seen: set[tuple[str, str]] = set()
        for kind in self._discovery.everything():
            known = (kind.group, kind.plural)
            if known in seen or kind.name in _RECORDS or not kind.namespaced:
                continue
            # what can't be deleted is computed, not stored
            if {"list", "delete"} <= kind.verbs:
                seen.add(known)
                yield kind
