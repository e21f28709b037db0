"""The SealedSecrets of a cluster's namespaces, and the Secrets that stand in their places."""

from __future__ import annotations

from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import SEALED_SECRET, SECRET
from bootstrap.constants import FIELD_MANAGER
from bootstrap.objects import mapping
from bootstrap.sealing.taken import MANAGED, PresentSecret


class Sealed:
    """Asks the cluster that `connection` leads to; no value of a Secret is kept."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def read_secret(self, namespace: str, name: str) -> PresentSecret | None:
        """Return a Secret without its values, None if there is none."""
        with self._api.translated(f"reading Secret {namespace}/{name}"):
            found = self._api.get(SECRET.path(name, namespace))
        if found is None:
            return None
        metadata = found["metadata"]
        owners = [item for item in metadata.get("ownerReferences") or [] if item.get("controller")]
        annotations = metadata.get("annotations") or {}
        return PresentSecret(
            keys=tuple(sorted(key for key, value in (found.get("data") or {}).items() if value)),
            type=found.get("type") or "Opaque",
            is_immutable=bool(found.get("immutable")),
            annotations=tuple(key for key, value in annotations.items() if value == "true"),
            owner=(owners[0]["kind"], owners[0]["name"]) if owners else None,
        )

    def hand_over(self, namespace: str, name: str) -> None:
        """Have the controller take a Secret over when it next looks at the SealedSecret."""
        change = {"metadata": {"annotations": {MANAGED: "true"}}}
        with self._api.translated(f"annotating Secret {namespace}/{name}"):
            self._api.merge(SECRET.path(name, namespace), change, manager=FIELD_MANAGER)

    def is_given_up(self, namespace: str, name: str) -> bool:
        """Tell whether the controller has a SealedSecret that it could not unseal.

        It tries five times within a second, and then no more until the SealedSecret changes.
        """
        with self._api.translated(f"reading SealedSecret {namespace}/{name}"):
            found = self._api.get(SEALED_SECRET.path(name, namespace))
        conditions = mapping(mapping(found).get("status")).get("conditions") or []
        return any(
            item.get("type") == "Synced" and item.get("status") == "False" for item in conditions
        )
