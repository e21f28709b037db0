"""What a Secret manifest says beside its values, and which of it goes into Git.

Of what servers and tools write about the live object only labels and annotations are looked at,
and of those it is for `bootstrap.sealing.kept_metadata` to say which are kept (issue 227 of
sealed-secrets).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bootstrap.sealing.crypto import SCOPE_ANNOTATIONS, Scope, scope_of
from bootstrap.sealing.kept_metadata import Names, is_acted_on, why_never


@dataclass(frozen=True, slots=True, repr=False)
class SecretTemplate:
    """Goes into the template of the SealedSecret once `choose_metadata` was asked.

    Before that its annotations may hold anything, so it has no repr.
    """

    type: str | None = None
    immutable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    scope: Scope | None = None
    """The scope that its annotations ask for, as kubeseal understands them."""
    namespace: str | None = None
    """Where the Secret is meant to go; only compared, never taken over."""

    @property
    def names(self) -> Names:
        """What its labels and annotations are called."""
        return Names(frozenset(self.labels), frozenset(self.annotations))


def build_template(
    *,
    type: str | None,
    immutable: bool,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    namespace: str | None = None,
) -> SecretTemplate:
    """Return what a Secret manifest says, its scope apart from its annotations."""
    scope = scope_of(annotations)
    return SecretTemplate(
        type=type,
        immutable=immutable,
        labels=dict(labels),
        annotations={
            name: text
            for name, text in annotations.items()
            if name not in SCOPE_ANNOTATIONS.values()
        },
        scope=None if scope is Scope.STRICT else scope,
        namespace=namespace,
    )


def choose_metadata(template: SecretTemplate, asked: Names) -> SecretTemplate:
    """Return `template` with the labels and annotations to keep: acted on, or in `asked`."""
    return replace(
        template,
        labels=_kept(template.labels, asked.labels),
        annotations=_kept(template.annotations, asked.annotations),
    )


def _kept(given: Mapping[str, str], asked: frozenset[str]) -> dict[str, str]:
    return {
        name: text
        for name, text in given.items()
        if is_acted_on(name) or (name in asked and why_never(name) is None)
    }
