"""The SealedSecret of an environment: parse it, merge new values into it, render it.

Format: https://github.com/bitnami-labs/sealed-secrets, v1alpha1.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bootstrap.constants import SECRET_NAME
from bootstrap.crypto import Scope, encryption_label
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest, parse_mapping, render_manifest

OWNER = "bootstrap seal"
_API_VERSION = "bitnami.com/v1alpha1"
_SCOPE_ANNOTATIONS = {
    Scope.CLUSTER_WIDE: "sealedsecrets.bitnami.com/cluster-wide",
    Scope.NAMESPACE_WIDE: "sealedsecrets.bitnami.com/namespace-wide",
}


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """What the file holds: where the Secret goes, and its values, sealed."""

    namespace: str
    encrypted: Mapping[str, str] = field(default_factory=dict)
    """Kebab-case key to base64 of the wire format of `bootstrap.crypto`."""
    name: str = SECRET_NAME
    scope: Scope = Scope.STRICT
    type: str = "Opaque"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Labels and annotations of the SealedSecret that others wrote; kept as they are."""
    template: Mapping[str, Any] = field(default_factory=dict)
    """What else others wrote about the Secret to be made; kept as it is."""

    @property
    def label(self) -> bytes:
        """The encryption label of its values."""
        return encryption_label(self.scope, namespace=self.namespace, name=self.name)


@dataclass(frozen=True, slots=True)
class Merge:
    """A SealedSecret with new values merged in, and what happened to each key."""

    result: SealedSecret
    sealed: tuple[str, ...]
    """New, or with another value than before."""
    unchanged: tuple[str, ...]
    """Given again with the value that is sealed already: the ciphertext stays."""
    kept: tuple[str, ...]
    """Sealed before and not given now."""


def parse_sealed_secret(text: str, *, path: str, namespace: str) -> SealedSecret:
    """Return the SealedSecret in `text`, the file `path` of an environment in `namespace`.

    Raises BootstrapError if it is anything else, or is sealed for another name or namespace.
    """
    document = parse_mapping(text, path=path)
    hint = "restore it with `git checkout`, or delete it, run `bootstrap init` and seal again"
    if document.get("apiVersion") != _API_VERSION or document.get("kind") != "SealedSecret":
        raise BootstrapError(f"{path}: not a SealedSecret ({_API_VERSION})", hint)
    metadata = _mapping(document.get("metadata"))
    if metadata.get("name") != SECRET_NAME:
        raise BootstrapError(f"{path}: metadata.name is not {SECRET_NAME}", hint)
    if metadata.get("namespace") != namespace:
        raise BootstrapError(
            f"{path}: sealed for namespace {metadata.get('namespace')!s},"
            f" but the environment's namespace is {namespace}",
            "run `bootstrap init` with --namespace as it was; or delete the file, run"
            " `bootstrap init` and seal every value again",
        )
    spec = _mapping(document.get("spec"))
    template = _mapping(spec.get("template"))
    encrypted = _mapping(spec.get("encryptedData"))
    for key, value in encrypted.items():
        if not _is_base64(value):
            raise BootstrapError(f"{path}: spec.encryptedData.{key} is not a sealed value", hint)
    return SealedSecret(
        namespace=namespace,
        encrypted={str(key): value for key, value in encrypted.items()},
        scope=_scope(_mapping(metadata.get("annotations"))),
        type=str(template.get("type", "Opaque")),
        metadata=_of_others(metadata),
        template=_template_of_others(template),
    )


def build_sealed_secret(sealed: SealedSecret) -> dict[str, Any]:
    """Return the manifest, with its keys sorted."""
    template = dict(sealed.template)
    metadata_of_secret = _mapping(template.pop("metadata", None))
    return {
        "apiVersion": _API_VERSION,
        "kind": "SealedSecret",
        "metadata": _metadata(sealed, sealed.metadata),
        "spec": {
            "encryptedData": dict(sorted(sealed.encrypted.items())),
            "template": {
                "metadata": _metadata(sealed, metadata_of_secret),
                "type": sealed.type,
                **template,
            },
        },
    }


def render_sealed_secret(sealed: SealedSecret, path: str) -> Manifest:
    """Return the file at `path`."""
    return Manifest(path, render_manifest(build_sealed_secret(sealed), owner=OWNER))


def merge_values(
    existing: SealedSecret,
    values: Mapping[str, bytes],
    *,
    seal: Callable[[bytes], bytes],
    is_unchanged: Callable[[str, str, bytes], bool],
) -> Merge:
    """Return `existing` with `values` merged in.

    `seal` gives the wire format of a value. `is_unchanged(key, ciphertext, value)` tells whether
    the ciphertext already is that value's, in which case it stays as it is.
    """
    encrypted = dict(existing.encrypted)
    unchanged = [
        key
        for key, value in values.items()
        if key in encrypted and is_unchanged(key, encrypted[key], value)
    ]
    changed = [key for key in values if key not in unchanged]
    for key in changed:
        encrypted[key] = base64.b64encode(seal(values[key])).decode()
    return Merge(
        result=replace(existing, encrypted=encrypted),
        sealed=tuple(sorted(changed)),
        unchanged=tuple(sorted(unchanged)),
        kept=tuple(sorted(key for key in existing.encrypted if key not in values)),
    )


def _metadata(sealed: SealedSecret, of_others: Mapping[str, Any]) -> dict[str, Any]:
    # the controller reads the scope in the outer one, kubeseal writes both
    scope = _SCOPE_ANNOTATIONS.get(sealed.scope)
    annotations = {**_mapping(of_others.get("annotations")), **({scope: "true"} if scope else {})}
    return {
        "name": sealed.name,
        "namespace": sealed.namespace,
        **of_others,
        **({"annotations": annotations} if annotations else {}),
    }


def _of_others(metadata: Mapping[str, Any]) -> dict[str, Any]:
    annotations = {
        name: value
        for name, value in _mapping(metadata.get("annotations")).items()
        if name not in _SCOPE_ANNOTATIONS.values()
    }
    ours = {"name", "namespace", "annotations"}
    rest = {name: value for name, value in metadata.items() if name not in ours}
    # Go writes `creationTimestamp: null`
    rest = {name: value for name, value in rest.items() if value is not None}
    return {**rest, **({"annotations": annotations} if annotations else {})}


def _template_of_others(template: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in template.items() if name not in {"metadata", "type"}}
    metadata = _of_others(_mapping(template.get("metadata")))
    return {**rest, **({"metadata": metadata} if metadata else {})}


def _scope(annotations: Mapping[str, Any]) -> Scope:
    for scope, annotation in _SCOPE_ANNOTATIONS.items():  # cluster-wide wins, as in the controller
        if annotations.get(annotation) == "true":
            return scope
    return Scope.STRICT


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_base64(value: object) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
