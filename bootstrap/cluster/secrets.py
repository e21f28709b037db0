"""The Secrets that Argo CD reads: repositories' credentials, and its own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.cluster.connection import APPLY_PATCH, Connection, bounded
from bootstrap.constants import ARGOCD_NAMESPACE, FIELD_MANAGER

_SEALED = ("bitnami.com", "v1alpha1", ARGOCD_NAMESPACE, "sealedsecrets")


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository that Argo CD has a Secret for; of the Secret nothing else is kept."""

    secret: str
    url: str
    project: str


class ArgoCDSecrets:
    """Secrets in Argo CD's namespace, through `connection`."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def read_repositories(self) -> list[KnownRepository]:
        """Return the repositories that Argo CD has a Secret for."""
        with self._api.translated("listing the repositories of Argo CD"):
            found = self._api.core.list_namespaced_secret(
                ARGOCD_NAMESPACE, label_selector="argocd.argoproj.io/secret-type=repository",
                **bounded(),
            )  # fmt: skip
        return [
            KnownRepository(
                item.metadata.name, _decoded(item.data, "url"), _decoded(item.data, "project")
            )
            for item in found.items
        ]

    def apply(self, secret: Mapping[str, Any]) -> str:
        """Apply a Secret of ours; return "created", "configured" or "unchanged"."""
        name = secret["metadata"]["name"]
        with self._api.translated(f"applying Secret {ARGOCD_NAMESPACE}/{name}"):
            before = self._api.get_or_none(
                self._api.core.read_namespaced_secret, name, ARGOCD_NAMESPACE
            )
            # nobody else has business with a Secret that bears our name
            after = self._api.core.patch_namespaced_secret(
                name, ARGOCD_NAMESPACE, dict(secret), field_manager=FIELD_MANAGER, force=True,
                _content_type=APPLY_PATCH, **bounded(),
            )  # fmt: skip
        if before is None:
            return "created"
        version = (before.metadata.resource_version, after.metadata.resource_version)
        return "unchanged" if version[0] == version[1] else "configured"

    def apply_sealed(self, sealed: Mapping[str, Any]) -> None:
        """Apply a SealedSecret of ours."""
        name = sealed["metadata"]["name"]
        with self._api.translated(f"applying SealedSecret {ARGOCD_NAMESPACE}/{name}"):
            self._api.custom.patch_namespaced_custom_object(
                *_SEALED, name, dict(sealed), field_manager=FIELD_MANAGER, force=True,
                _content_type=APPLY_PATCH, **bounded(),
            )  # fmt: skip

    def read_sealed(self, name: str) -> dict[str, Any] | None:
        """Return a SealedSecret of Argo CD's namespace, raw."""
        with self._api.translated(f"reading SealedSecret {ARGOCD_NAMESPACE}/{name}"):
            found: dict[str, Any] | None = self._api.get_or_none(
                self._api.custom.get_namespaced_custom_object, *_SEALED, name
            )
        return found


def _decoded(data: Mapping[str, str] | None, key: str) -> str:
    return base64.b64decode((data or {}).get(key, "")).decode(errors="replace")
