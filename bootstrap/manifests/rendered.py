"""What Helm printed: its documents, the objects in them, and plaintext Secrets made unreadable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bootstrap.errors import BootstrapError
from bootstrap.yaml.loader import load
from bootstrap.yaml.writer import dump_objects

MASK = "<secret>"
_SEPARATOR = re.compile(r"^---\n", re.M)
_MAYBE_SECRET = re.compile(r"kind[\"']?\s*:\s*[\"']?Secret(?:List)?\b")
_HOOK = "helm.sh/hook"


def split_documents(text: str) -> list[str]:
    """Return the documents that Helm printed, without their separators."""
    return [part for part in _SEPARATOR.split(text) if part.strip()]


def parse_objects(text: str) -> list[dict[str, Any]]:
    """Return the objects in what Helm printed, read as Kubernetes does.

    What the API server would not take for an object is an error.
    """
    found: list[dict[str, Any]] = []
    for number, document in enumerate(split_documents(text), start=1):
        loaded = _load(document)
        if loaded is None:
            continue
        items = loaded["items"] if _is_list(loaded) else [loaded]
        for item in items:
            problem = _problem(item)
            if problem:
                raise BootstrapError(
                    f"{_where(document, f'manifest {number}')} renders to what is no object of"
                    f" Kubernetes: {problem}",
                    "mend the template, or extraObjects in the environment's values.yaml",
                )
        found += items
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


def _problem(item: object) -> str | None:
    """Return what keeps `item` from being an object, in words that quote nothing of it."""
    if not isinstance(item, dict):
        return "it is not a mapping"
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        return "it has no metadata"
    if not isinstance(metadata.get("annotations"), Mapping | None):
        return "its metadata.annotations is not a mapping"
    if not isinstance(metadata.get("namespace"), str | None):
        return "its metadata.namespace is not text"
    # a hook may leave the rest of its name to the API server
    name = "generateName" if is_hook(item) and "name" not in metadata else "name"
    wanted = {
        "apiVersion": item.get("apiVersion"),
        "kind": item.get("kind"),
        f"metadata.{name}": metadata.get(name),
    }
    missing = [field for field, value in wanted.items() if not (isinstance(value, str) and value)]
    return f"it has no {missing[0]}, or one that is not text" if missing else None


def _is_list(loaded: object) -> bool:
    return (
        isinstance(loaded, dict)
        and str(loaded.get("kind", "")).endswith("List")
        and isinstance(loaded.get("items"), list)
    )


def _where(document: str, otherwise: str) -> str:
    source = re.match(r"# Source: (\S+)", document)
    return source[1] if source else otherwise


def _load(document: str) -> Any:
    try:
        return load(document)
    except Exception as error:
        # its message would quote the line, which may be a secret's
        raise BootstrapError(
            f"{_where(document, 'a manifest')} renders to what is not YAML"
            f" ({type(error).__name__})",
            "see `helm template` of the chart with the environment's values",
        ) from None
