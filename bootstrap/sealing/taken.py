"""A Secret that stands where the controller is to make one: who has it, and can it be handed over.

The controller touches no Secret that is not its own, unless an annotation on it says so. It then
replaces type, data, labels and annotations in one update, so the Secret is never away. It can't
change the type, nor anything of an immutable one.
"""

from __future__ import annotations

from dataclasses import dataclass

from bootstrap.sealing.sealed_secret import SealedSecret

MANAGED = "sealedsecrets.bitnami.com/managed"
PATCHED = "sealedsecrets.bitnami.com/patch"


@dataclass(frozen=True, slots=True)
class PresentSecret:
    """A live Secret without its values."""

    keys: tuple[str, ...]
    """Those that hold something, sorted."""
    type: str = "Opaque"
    is_immutable: bool = False
    annotations: tuple[str, ...] = ()
    """The names of those that are "true"."""
    owner: tuple[str, str] | None = None
    """Kind and name of the object that controls it."""

    @property
    def is_handed_over(self) -> bool:
        """Whether the controller may write it."""
        return MANAGED in self.annotations or PATCHED in self.annotations


@dataclass(frozen=True, slots=True)
class Taken:
    """A Secret that is there already and not the controller's, and what that means."""

    environment: str
    namespace: str
    name: str
    lost: tuple[str, ...]
    """Keys that it has and the sealed one has not."""
    obstacle: str | None
    """Why the controller could not take it over, None if it can."""
    remedy: str = ""
    """What to do about the obstacle."""

    @property
    def message(self) -> str:
        """Return which Secret it is, and the names of the keys that only it has."""
        lost = f"; it has {', '.join(self.lost)}, which the sealed one has not" if self.lost else ""
        obstacle = f"; {self.obstacle}" if self.obstacle else ""
        return (
            f"Secret {self.namespace}/{self.name} is there already, and the sealed-secrets"
            f" controller writes only its own{lost}{obstacle}"
        )

    @property
    def hint(self) -> str:
        """Return the ways out."""
        if self.obstacle:
            return self.remedy
        return (
            f"`bootstrap up {self.environment} --adopt-secret` has the controller take it over, and"
            f" no pod is without it; or delete it: {delete_command(self.namespace, self.name)}"
        )


def find_taken(
    present: PresentSecret | None, sealed: SealedSecret, environment: str
) -> Taken | None:
    """Return what stands in the way of the Secret of `sealed`, None if nothing does."""
    if present is None or present.owner == ("SealedSecret", sealed.name) or present.is_handed_over:
        return None
    lost = tuple(key for key in present.keys if key not in sealed.encrypted)
    obstacle, remedy = _obstacle(present, sealed, environment) or (None, "")
    return Taken(environment, sealed.namespace, sealed.name, lost, obstacle, remedy)


def delete_command(namespace: str, name: str) -> str:
    """Return the commands that delete a Secret so that the controller makes it again at once.

    It looks at the deletion of those alone that are its own.
    """
    return (
        f"`kubectl -n {namespace} annotate secret {name} {MANAGED}=true` and"
        f" `kubectl -n {namespace} delete secret {name}`"
    )


def _obstacle(
    present: PresentSecret, sealed: SealedSecret, environment: str
) -> tuple[str, str] | None:
    delete = delete_command(sealed.namespace, sealed.name)
    if not sealed.encrypted:
        return (
            "nothing is sealed for it yet",
            f"seal what it holds: `kubectl -n {sealed.namespace} get secret {sealed.name} -o yaml |"
            f" bootstrap seal - --env {environment}`; then commit, push, and run this again",
        )
    if present.owner is not None:
        kind, name = present.owner
        return (
            f"{kind} {name} owns it, and would write it again",
            f"take {kind} {name} away first, without what it made: `kubectl -n {sealed.namespace}"
            f" delete {kind.lower()} {name} --cascade=orphan`; then run this again",
        )
    if present.is_immutable:
        return ("it is immutable", f"delete it; pods that start before it is back wait: {delete}")
    if present.type != sealed.type:
        return (
            f"its type is {present.type}, not {sealed.type}, and can't be changed",
            f"delete it; pods that start before it is back wait: {delete}",
        )
    return None
