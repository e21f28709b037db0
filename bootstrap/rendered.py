"""What Helm printed: its documents, the objects in them, and plaintext Secrets made unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.manifest import dump_objects, parser_of

MASK = "<secret>"
_SEPARATOR = re.compile(r"^---\n", re.M)
_MAYBE_SECRET = re.compile(r"kind[\"']?\s*:\s*[\"']?Secret(?:List)?\b")
_HOOK = "helm.sh/hook"


def split_documents(text: str) -> list[str]:
    """Return the documents that Helm printed, without their separators."""
    return [part for part in _SEPARATOR.split(text) if part.strip()]


def parse_objects(text: str) -> list[dict[str, Any]]:
    """Return the objects in what Helm printed, read as Kubernetes does: as YAML 1.1."""
    found: list[dict[str, Any]] = []
    for document in split_documents(text):
        loaded = _load(document)
        if isinstance(loaded, dict):
            found += loaded["items"] if _is_list(loaded) else [loaded]
    return found


def mask_secrets(text: str) -> tuple[str, int]:
    """Return what Helm printed with the values of Secrets masked, and of how many Secrets."""
    masked = 0
    parts = []
    for document in split_documents(text):
        loaded = _load(document) if _MAYBE_SECRET.search(document) else None
        here = sum(map(_mask, _secrets_in(loaded)))
        if here:
            comments = re.match(r"(?:#[^\n]*\n)*", document)
            document = (comments[0] if comments else "") + dump_objects(loaded)
        parts.append(document)
        masked += here
    return ("".join(f"---\n{part}" for part in parts) if masked else text), masked


def is_hook(item: dict[str, Any]) -> bool:
    """Tell whether an object is a hook, which comes and goes with a sync or a deletion."""
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    return _HOOK in annotations or "argocd.argoproj.io/hook" in annotations


def _secrets_in(loaded: object) -> Iterator[dict[str, Any]]:
    if isinstance(loaded, dict):
        if loaded.get("kind") == "Secret":
            yield loaded
        else:
            for value in loaded.values():
                yield from _secrets_in(value)
    elif isinstance(loaded, list):
        for value in loaded:
            yield from _secrets_in(value)


def _mask(secret: dict[str, Any]) -> bool:
    found = False
    for field in ("data", "stringData"):
        values = secret.get(field)
        if isinstance(values, dict) and values:
            secret[field] = dict.fromkeys(values, MASK)
            found = True
    return found


def _is_list(loaded: dict[str, Any]) -> bool:
    return str(loaded.get("kind", "")).endswith("List") and isinstance(loaded.get("items"), list)


def _load(document: str) -> Any:
    yaml = parser_of("safe")
    yaml.version = (1, 1)
    try:
        return yaml.load(document)
    except Exception as error:
        # its message would quote the line, which may be a secret's
        source = re.match(r"# Source: (\S+)", document)
        where = source[1] if source else "a manifest"
        raise BootstrapError(
            f"{where} renders to what is not YAML ({type(error).__name__})",
            "see `helm template` of the chart with the environment's values",
        ) from None
