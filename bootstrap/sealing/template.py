"""What a Secret manifest says beside its values, and which of it may go into Git.

Only type, immutability, labels and annotations are taken; what servers and tools write about the
live object is not. kubectl's last-applied annotation is the whole manifest with its plaintext
(issue 227 of sealed-secrets).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bootstrap.sealing.crypto import SCOPE_ANNOTATIONS, Scope, scope_of

_TOOLS_OWN = ("kubectl.kubernetes.io/", "argocd.argoproj.io/tracking-id", "meta.helm.sh/")


@dataclass(frozen=True, slots=True)
class SecretTemplate:
    """Goes into the template of the SealedSecret; holds no secret."""

    type: str | None = None
    immutable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    scope: Scope | None = None
    """The scope that its annotations ask for, as kubeseal understands them."""
    namespace: str | None = None
    """Where the Secret is meant to go; only compared, never taken over."""


def build_template(
    *,
    type: str | None,
    immutable: bool,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    namespace: str | None = None,
) -> SecretTemplate:
    """Return what may be kept of a Secret manifest."""
    kept = {
        name: text
        for name, text in annotations.items()
        if not name.startswith(_TOOLS_OWN) and name not in SCOPE_ANNOTATIONS.values()
    }
    scope = scope_of(annotations)
    return SecretTemplate(
        type=type,
        immutable=immutable,
        labels=dict(labels),
        annotations=kept,
        scope=None if scope is Scope.STRICT else scope,
        namespace=namespace,
    )
