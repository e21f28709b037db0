"""The SealedSecret of an environment: parse it, merge new values into it, render it.

Format: v1alpha1 of sealed-secrets.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bootstrap.constants import SECRET_NAME
from bootstrap.errors import BootstrapError
from bootstrap.planned_file import PlannedFile
from bootstrap.sealing.crypto import SCOPE_ANNOTATIONS, Scope, encryption_label, scope_of
from bootstrap.sealing.template import SecretTemplate
from bootstrap.yaml.documents import parse_mapping
from bootstrap.yaml.writer import render_manifest

OWNER = "bootstrap seal"
_LEAST_RSA_BYTES = 128
_TAG_BYTES = 16
_API_VERSION = "bitnami.com/v1alpha1"


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """What the file holds: where the Secret goes, and its values, sealed."""

    namespace: str
    encrypted: Mapping[str, str] = field(default_factory=dict)
    """Kebab-case key to base64 of the wire format of `bootstrap.sealing.crypto`."""
    name: str = SECRET_NAME
    scope: Scope = Scope.STRICT
    type: str = "Opaque"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Labels and annotations of the SealedSecret that others wrote; kept as they are."""
    template: Mapping[str, Any] = field(default_factory=dict)
    """What else others wrote about the Secret to be made; kept as it is."""
    template_scope: Scope = field(default=Scope.STRICT, compare=False)
    """What the template that was read says; what is written says `scope` in both places."""

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
    resealed: tuple[str, ...] = ()
    """Not given now, but sealed anew with the value that they had."""
    removed: tuple[str, ...] = ()


def parse_sealed_secret(
    text: str, *, path: str, namespace: str, lenient: bool = False, name: str = SECRET_NAME
) -> SealedSecret:
    """Return the SealedSecret in `text`, the file `path` of an environment in `namespace`.

    Raises BootstrapError if it is anything else, or is sealed for another name or namespace; also
    if a value is malformed, unless `lenient`, which leaves finding those to the caller.
    """
    document = parse_mapping(text, path=path)
    hint = "restore it with `git checkout`, or delete it, run `bootstrap init` and seal again"
    if document.get("apiVersion") != _API_VERSION or document.get("kind") != "SealedSecret":
        raise BootstrapError(f"{path}: not a SealedSecret ({_API_VERSION})", hint)
    metadata = _mapping(document.get("metadata"))
    if metadata.get("name") != name:
        raise BootstrapError(f"{path}: metadata.name is not {name}", hint)
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
        if not lenient and not _is_base64(value):
            raise BootstrapError(f"{path}: spec.encryptedData.{key} is not a sealed value", hint)
    return SealedSecret(
        namespace=namespace,
        name=name,
        encrypted={
            str(key): value if isinstance(value, str) else "" for key, value in encrypted.items()
        },
        scope=scope_of(_mapping(metadata.get("annotations"))),
        type=str(template.get("type", "Opaque")),
        metadata=_of_others(metadata),
        template=_template_of_others(template),
        template_scope=scope_of(_mapping(_mapping(template.get("metadata")).get("annotations"))),
    )


def describe_malformed(text: str) -> str | None:
    """Return what is wrong with the form of a sealed value (base64), None if it is well-formed."""
    if not _is_base64(text):
        return "it is not base64"
    raw = base64.b64decode(text)
    size = int.from_bytes(raw[:2], "big")
    if not _LEAST_RSA_BYTES <= size <= len(raw) - 2 - _TAG_BYTES:
        return "it is not in the format of a sealed value: cut off, or never sealed"
    return None


def apply_template(sealed: SealedSecret, template: SecretTemplate) -> SealedSecret:
    """Return `sealed` with what a Secret manifest says laid over its template."""
    metadata = dict(_mapping(sealed.template.get("metadata")))
    for name, given in (("labels", template.labels), ("annotations", template.annotations)):
        if given:
            metadata[name] = {**_mapping(metadata.get(name)), **given}
    laid = {**sealed.template, **({"metadata": metadata} if metadata else {})}
    if template.immutable:
        laid["immutable"] = True
    return replace(sealed, type=template.type or sealed.type, template=laid)


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


def render_sealed_secret(sealed: SealedSecret, path: str, owner: str = OWNER) -> PlannedFile:
    """Return the file at `path`."""
    return PlannedFile(path, render_manifest(build_sealed_secret(sealed), owner=owner))


def merge_values(
    existing: SealedSecret,
    values: Mapping[str, bytes],
    *,
    seal: Callable[[bytes], bytes],
    is_unchanged: Callable[[str, str, bytes], bool],
    carried: Mapping[str, bytes] = MappingProxyType({}),
) -> Merge:
    """Return `existing` with `values` merged in.

    `seal` gives the wire format of a value. `is_unchanged(key, ciphertext, value)` tells whether
    the ciphertext already is that value's, in which case it stays as it is. `carried` are values
    that are not given now and yet must be sealed anew.
    """
    encrypted = dict(existing.encrypted)
    unchanged = {
        key
        for key, value in values.items()
        if key in encrypted and is_unchanged(key, encrypted[key], value)
    }
    changed = [key for key in values if key not in unchanged]
    for key, value in (*carried.items(), *((key, values[key]) for key in changed)):
        encrypted[key] = base64.b64encode(seal(value)).decode()
    return Merge(
        result=replace(existing, encrypted=encrypted),
        sealed=tuple(sorted(changed)),
        unchanged=tuple(sorted(unchanged)),
        kept=tuple(sorted(existing.encrypted.keys() - values.keys() - carried.keys())),
        resealed=tuple(sorted(carried)),
    )


def remove_values(existing: SealedSecret, keys: Collection[str]) -> Merge:
    """Return `existing` without `keys`; one that it does not hold is no error."""
    rest = {key: text for key, text in existing.encrypted.items() if key not in keys}
    return Merge(
        result=replace(existing, encrypted=rest),
        sealed=(),
        unchanged=(),
        kept=tuple(sorted(rest)),
        removed=tuple(sorted(existing.encrypted.keys() & set(keys))),
    )


def _metadata(sealed: SealedSecret, of_others: Mapping[str, Any]) -> dict[str, Any]:
    # the controller reads the scope in the outer one, kubeseal writes both
    scope = SCOPE_ANNOTATIONS.get(sealed.scope)
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
        if name not in SCOPE_ANNOTATIONS.values()
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
