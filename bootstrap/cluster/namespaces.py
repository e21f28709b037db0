"""Whole namespaces: everything in one, whatever its kind; and its end."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bootstrap.cluster.connection import APPLY_PATCH, Connection, bounded
from bootstrap.constants import FIELD_MANAGER

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_AT_ONCE = 4
# Events are records of what happened, and expire by themselves.
_RECORDS = frozenset({"Event"})


class Namespaces:
    """The namespaces of the cluster that `connection` leads to."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def read(self, name: str) -> dict[str, Any] | None:
        """Return a namespace, raw, None if there is none."""
        with self._api.translated(f"reading namespace {name}"):
            found = self._api.get_or_none(self._api.core.read_namespace, name)
        return None if found is None else dict(self._api.serialize(found))

    def make(self, name: str, labels: dict[str, str], *, force: bool) -> None:
        """Make a namespace, or give `labels` to one that is there."""
        wanted = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        }
        with self._api.translated(f"making namespace {name}", may_force=not force):
            self._api.core.patch_namespace(
                name, wanted, field_manager=FIELD_MANAGER, force=force, _content_type=APPLY_PATCH,
                **bounded(),
            )  # fmt: skip

    def delete(self, name: str, uid: str) -> None:
        """Delete the namespace, if it is still the one of `uid`, with everything in it."""
        with self._api.translated(f"deleting namespace {name}"):
            self._api.get_or_none(
                self._api.core.delete_namespace, name, body={"preconditions": {"uid": uid}}
            )

    def has_account(self, name: str, account: str) -> bool:
        """Tell whether a namespace is there and has this service account."""
        with self._api.translated(f"reading service account {account} of namespace {name}"):
            found = self._api.get_or_none(
                self._api.core.read_namespaced_service_account, account, name
            )
        return found is not None

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Return kind and metadata of every object in a namespace; never what it holds."""
        with self._api.translated(f"listing what is in namespace {name}"):
            kinds = dict(self._kinds())
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                lists = pool.map(
                    lambda path: self._api.get(path, accept=_METADATA_ONLY),
                    [path.format(name) for path in kinds],
                )
                found = [
                    dict(item, kind=kind)
                    for kind, listed in zip(kinds.values(), lists, strict=True)
                    for item in (listed or {}).get("items") or []
                ]
        # several groups may show the same object
        return list({item["metadata"]["uid"]: item for item in found}.values())

    def _kinds(self) -> Iterable[tuple[str, str]]:
        """Yield the path of the list of every kind that has objects to delete, and the kind."""
        roots = ["/api/v1"]
        groups = self._api.get("/apis") or {}
        for group in groups.get("groups", []):
            # a kind may be in one version alone; the preferred one comes first
            roots += [f"/apis/{version['groupVersion']}" for version in group["versions"]]
        seen: set[tuple[str, str]] = set()
        for root in roots:
            for resource in (self._api.get(root) or {}).get("resources", []):
                plural, kind = resource["name"], resource["kind"]
                known = (root.split("/")[2], plural)
                if known in seen or kind in _RECORDS or not resource["namespaced"]:
                    continue
                # what can't be deleted is computed, not stored
                if {"list", "delete"} <= set(resource["verbs"]):
                    seen.add(known)
                    yield f"{root}/namespaces/{{}}/{plural}", kind
