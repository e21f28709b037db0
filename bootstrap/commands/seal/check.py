"""`bootstrap secrets check`: can what is in Git still be unsealed, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.checkout.environment_files import (
    CERTIFICATE_FILE,
    KEY_FILE,
    SEALED_FILE,
    find_certificate,
    require_sealed,
)
from bootstrap.checkout.sealing_memory import load_private_key
from bootstrap.commands.seal.misplaced import Misplaced
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.sealing.certificate import key_belongs_to
from bootstrap.sealing.crypto import Scope
from bootstrap.sealing.memory import open_with
from bootstrap.sealing.sealed_secret import (
    SealedSecret,
    build_sealed_secret,
    describe_malformed,
)

_NO_CONTROLLER = "that a controller holds the key (name its cluster: --from-cluster or --context)"


class Controller(Protocol):
    """Asks the controller of a cluster."""

    @property
    def name(self) -> str:
        """What to call it."""

    def verify(self, sealed: Mapping[str, Any]) -> bool:
        """Tell whether its keys open every value."""


class State(StrEnum):
    """What is known about a value."""

    OK = "ok"
    WRONG = "wrong"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """What is known about the value of `key`, and why."""

    key: str
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found, and what could not be found out."""

    environment: Environment
    path: str
    scope: Scope
    values: tuple[ValueCheck, ...]
    problems: tuple[str, ...]
    """What is wrong with the file as a whole."""
    notes: tuple[str, ...]
    """What is not wrong yet."""
    unverified: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, as far as it could be verified."""
        return not self.problems and all(item.state is not State.WRONG for item in self.values)


@dataclass(frozen=True, slots=True)
class _Local:
    """What the work tree knows: its private key, and whether that is the certificate's."""

    key: RSAPrivateKey | None
    is_own: bool
    path: str
    misplaced: Misplaced

    def judge(self, sealed: SealedSecret, name: str, text: str) -> ValueCheck:
        if self.key is None:
            return ValueCheck(name, State.UNVERIFIED, "well-formed; there is no private key here")
        if open_with(self.key, text, sealed.label) is not None:
            return ValueCheck(name, State.OK, f"{self.path} opens it")
        if cause := self.misplaced.cause(text):
            return ValueCheck(name, State.WRONG, cause)
        if self.is_own:
            reason = f"{self.path} does not open it: another certificate, or damage"
            return ValueCheck(name, State.WRONG, reason + self.misplaced.passed_over)
        reason = f"{self.path} is not the key of the certificate and does not open it"
        return ValueCheck(name, State.UNVERIFIED, reason + self.misplaced.passed_over)


def check(
    environment: Environment,
    *,
    others: Sequence[Environment],
    repository: Repository,
    now: datetime,
    controller: Callable[[], Controller] | None,
) -> CheckResult:
    """Look at every sealed value of `environment`; nothing is written and no value is kept.

    `others` are where a misplaced value may come from. `controller` connects to a cluster; one
    that does not answer is something that could not be verified, not something wrong.
    """
    path = environment.path(SEALED_FILE)
    sealed = require_sealed(environment, repository, lenient=True)
    local, problems, notes = _look_around(environment, sealed, others, repository, now)
    if sealed.template_scope is not sealed.scope:
        problems.append(
            f"the manifest says {sealed.scope}, its template {sealed.template_scope}:"
            " `bootstrap seal` writes both alike"
        )
    values = [_judge(sealed, name, local) for name in sorted(sealed.encrypted)]
    unverified = [] if controller else [_NO_CONTROLLER]
    if controller and sealed.encrypted:
        values, unverified = _ask(controller, sealed, values)
    left = [item.key for item in values if item.state is State.UNVERIFIED]
    if left:
        what = f"that they are sealed {sealed.scope} for {sealed.namespace}/{sealed.name}"
        unverified.insert(0, f"{what}: {', '.join(left)}")
    if not sealed.encrypted:
        notes, unverified = [*notes, "no value is sealed yet"], []
    return CheckResult(
        environment, path, sealed.scope,
        tuple(values), tuple(problems), tuple(notes), tuple(unverified),
    )  # fmt: skip


def _look_around(
    environment: Environment,
    sealed: SealedSecret,
    others: Sequence[Environment],
    repository: Repository,
    now: datetime,
) -> tuple[_Local, list[str], list[str]]:
    path = environment.path(CERTIFICATE_FILE)
    certificate = find_certificate(environment, repository)
    key = load_private_key(environment, repository)
    elsewhere = [item for item in others if item.namespace != environment.namespace]
    misplaced = Misplaced(key, sealed, elsewhere)
    key_path = environment.path(KEY_FILE)
    if certificate is None:
        return _Local(key, False, key_path, misplaced), [f"{path} is missing"], []
    expired = certificate.not_after <= now
    notes = [f"{path} expired on {certificate.not_after:%Y-%m-%d}"] if expired else []
    is_own = key is not None and key_belongs_to(key, certificate)
    return _Local(key, is_own, key_path, misplaced), [], notes


def _judge(sealed: SealedSecret, name: str, local: _Local) -> ValueCheck:
    malformed = describe_malformed(sealed.encrypted[name])
    if malformed:
        return ValueCheck(name, State.WRONG, malformed)
    return local.judge(sealed, name, sealed.encrypted[name])


def _ask(
    connect: Callable[[], Controller], sealed: SealedSecret, values: list[ValueCheck]
) -> tuple[list[ValueCheck], list[str]]:
    """Let the controller have the last word on every value that is well-formed."""
    malformed = [item for item in values if describe_malformed(sealed.encrypted[item.key])]
    rest = [item for item in values if item not in malformed]
    if not rest:
        return values, []
    try:
        controller = connect()
        if _opens(controller, sealed, [item.key for item in rest]):
            asked = [ValueCheck(item.key, State.OK, f"{controller.name} opens it") for item in rest]
        else:
            asked = [_ask_for_one(controller, sealed, item, len(rest) == 1) for item in rest]
    except BootstrapError as error:
        return values, [f"that a controller holds the key: {error.message}"]
    return sorted([*malformed, *asked], key=lambda item: item.key), []


def _ask_for_one(
    controller: Controller, sealed: SealedSecret, known: ValueCheck, refused: bool
) -> ValueCheck:
    if not refused and _opens(controller, sealed, [known.key]):
        return ValueCheck(known.key, State.OK, f"{controller.name} opens it")
    if known.state is State.WRONG:
        return known
    reason = f"{controller.name} does not hold the key that it is sealed for"
    if known.state is State.UNVERIFIED:
        reason = f"{controller.name} does not open it: another certificate, scope or namespace"
    return ValueCheck(known.key, State.WRONG, reason)


def _opens(controller: Controller, sealed: SealedSecret, keys: Sequence[str]) -> bool:
    part = {key: sealed.encrypted[key] for key in keys}
    return controller.verify(build_sealed_secret(replace(sealed, encrypted=part)))
