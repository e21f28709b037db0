"""The Secrets that Argo CD reads: repositories' credentials, and its own."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import Any

from bootstrap.argocd.known_repositories import KnownRepository
from bootstrap.cluster.connection import Connection
from bootstrap.cluster.discovery import CONFIG_MAP, SEALED_SECRET, SECRET
from bootstrap.constants import ARGOCD_NAMESPACE, FIELD_MANAGER
from bootstrap.errors import BootstrapError
from bootstrap.objects import mapping, secret_text

_OWN = "argocd-secret"
_OWN_PATH = SECRET.path(_OWN, ARGOCD_NAMESPACE)
_SETTINGS = "argocd-cm"
_FALSE = base64.b64encode(b"false").decode()


class ArgoCDSecrets:
    """Secrets in Argo CD's namespace, through `connection`."""

    def __init__(self, connection: Connection) -> None:
        """Ask nothing yet."""
        self._api = connection

    def read_repositories(self) -> list[KnownRepository]:
        """Return the repositories that Argo CD has a Secret for."""
        return self._read_known("repository")

    def read_templates(self) -> list[KnownRepository]:
        """Return the Secrets that Argo CD uses for every repository whose URL begins so."""
        return self._read_known("repo-creds")

    def _read_known(self, kind: str) -> list[KnownRepository]:
        with self._api.translated("listing the repositories of Argo CD"):
            found = self._api.items(
                SECRET.path_of_all(ARGOCD_NAMESPACE), f"argocd.argoproj.io/secret-type={kind}"
            )
        return [_known(item["metadata"]["name"], item.get("data") or {}) for item in found]

    def apply(self, secret: Mapping[str, Any]) -> str:
        """Apply a Secret of ours; return "created", "configured" or "unchanged"."""
        name = secret["metadata"]["name"]
        with self._api.translated(f"applying Secret {ARGOCD_NAMESPACE}/{name}"):
            path = SECRET.path(name, ARGOCD_NAMESPACE)
            before = self._api.get(path)
            # nobody else has business with a Secret that bears our name
            after = self._api.apply(path, secret, force=True)
        if before is None:
            return "created"
        same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        return "unchanged" if same else "configured"

    def apply_sealed(self, sealed: Mapping[str, Any]) -> None:
        """Apply a SealedSecret of ours."""
        name = sealed["metadata"]["name"]
        with self._api.translated(f"applying SealedSecret {ARGOCD_NAMESPACE}/{name}"):
            self._api.apply(SEALED_SECRET.path(name, ARGOCD_NAMESPACE), sealed, force=True)

    def read_sealed(self, name: str) -> dict[str, Any] | None:
        """Return a SealedSecret of Argo CD's namespace, raw."""
        with self._api.translated(f"reading SealedSecret {ARGOCD_NAMESPACE}/{name}"):
            return self._api.get(SEALED_SECRET.path(name, ARGOCD_NAMESPACE))

    def compare(self, values: Mapping[str, str]) -> bool | None:
        """Tell whether argocd-secret holds just `values`, None if it has none of their keys."""
        with self._api.translated(f"reading Secret {ARGOCD_NAMESPACE}/{_OWN}"):
            found = self._api.get(_OWN_PATH)
        if found is None:
            raise BootstrapError(
                f"there is no Secret {ARGOCD_NAMESPACE}/{_OWN}",
                "Argo CD makes it at its start: is it running?",
            )
        data = found.get("data") or {}
        if not any(data.get(key) for key in values):
            return None
        return all(secret_text(data, key) == text for key, text in values.items())

    def read_users(self, key: str) -> list[str]:
        """Return the repositories that argocd-secret notes as users of the webhook of `key`."""
        with self._api.translated(f"reading Secret {ARGOCD_NAMESPACE}/{_OWN}"):
            found = self._api.get(_OWN_PATH)
        annotations = mapping(mapping(mapping(found).get("metadata")).get("annotations"))
        return sorted(annotations.get(users_annotation(key), "").split())

    def set_values(self, values: Mapping[str, str], users: Collection[str]) -> None:
        """Set keys of argocd-secret and note who uses them; the others stay as they are."""
        noted = {users_annotation(key): " ".join(sorted(users)) for key in values}
        change = {"metadata": {"annotations": noted}, "stringData": dict(values)}
        with self._api.translated(f"changing Secret {ARGOCD_NAMESPACE}/{_OWN}"):
            self._api.merge(_OWN_PATH, change, manager=FIELD_MANAGER)

    def read_argocd_url(self) -> str | None:
        """Return the URL of Argo CD's server, None if its settings do not tell it."""
        with self._api.translated(f"reading ConfigMap {ARGOCD_NAMESPACE}/{_SETTINGS}"):
            found = self._api.get(CONFIG_MAP.path(_SETTINGS, ARGOCD_NAMESPACE))
        return mapping(mapping(found).get("data")).get("url") or None


def users_annotation(key: str) -> str:
    """Return the annotation of argocd-secret that tells who uses the webhook of `key`."""
    return f"agentsmith.dev/{key}"


def _known(secret: str, data: Mapping[str, str]) -> KnownRepository:
    return KnownRepository(
        secret,
        secret_text(data, "url"),
        secret_text(data, "project"),
        frozenset(name for name, value in data.items() if value not in {"", _FALSE}),
    )
