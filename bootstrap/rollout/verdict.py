"""How far a rollout is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How far a rollout is."""

    WAITING = "waiting"
    STUCK = "stuck"
    """Wrong now; Argo CD may still get over it by itself."""
    FAILED = "failed"
    """Wrong, and Argo CD will not try again."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and one line that says why, with what to do where something is wrong."""

    state: State
    message: str
    hint: str = ""
    file: str | None = None
    """The file to mend (relative to the root), where the trouble comes from one."""
    is_vague: bool = False
    """Whether it says that live objects are not well (yet) and not why, which they may say."""
    about: str = ""
    """What it is about, where its words change while the trouble stays the same."""
    container: tuple[str, str] | None = None
    """The pod and the container that crashes, where it is about one: its log may say more."""
    is_foreign: bool = False
    """Whether it is of what another repository has, so nothing else there is ours to tell."""

    @property
    def is_trouble(self) -> bool:
        """Whether something is wrong, now or for good."""
        return self.state in {State.STUCK, State.FAILED}

    def is_like(self, other: Verdict) -> bool:
        """Tell whether `other` says the same, if perhaps in other words."""
        return (self.about or self.message) == (other.about or other.message)
