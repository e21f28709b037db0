"""`bootstrap seal`: plaintext in, a SealedSecret out that changes only where a value did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bootstrap.checkout.environment_files import (
    CERTIFICATE_FILE,
    SEALED_FILE,
    find_certificate,
    load_sealed,
)
from bootstrap.checkout.sealing_memory import (
    DIGESTS_FILE,
    load_memory,
    load_private_key,
    render_memory,
)
from bootstrap.commands.seal.metadata import (
    Laid,
    check_asked,
    lay_over,
    warn_of_plaintext,
)
from bootstrap.constants import PLACEHOLDER, REDIS_URL_KEY, REDIS_URL_VALUE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.plaintext.input import SecretInput
from bootstrap.planned_file import PlannedFile
from bootstrap.protocols import Reporter
from bootstrap.sealing.certificate import SealingCertificate, check_not_expired, parse_certificate
from bootstrap.sealing.crypto import Scope, seal_value
from bootstrap.sealing.kept_metadata import NO_NAMES, Names
from bootstrap.sealing.memory import SealingMemory, open_all
from bootstrap.sealing.sealed_secret import (
    Merge,
    SealedSecret,
    merge_values,
    remove_values,
    render_sealed_secret,
)


@dataclass(frozen=True, slots=True)
class SealOptions:
    """What the user asked for; None keeps what the environment has."""

    scope: Scope | None = None
    certificate: Callable[[], tuple[str, str]] | None = None
    """Gives PEM text and what to call its source."""
    dry_run: bool = False
    keep: Names = NO_NAMES
    """Labels and annotations of a Secret manifest to keep though nothing acts on them."""


@dataclass(frozen=True, slots=True)
class SealResult:
    """What was, or in a dry run would be, sealed; key names only."""

    environment: Environment
    certificate: SealingCertificate | None
    """None where nothing was sealed for any."""
    file: PlannedFile
    change: Change
    merge: Merge
    empty: tuple[str, ...] = ()
    """Keys left out because their value is empty."""
    ignored: int = 0
    """How many entries stand beside the `secrets:` block: the chart's other values."""
    dropped: Names = NO_NAMES
    """Labels and annotations of the manifest that are not kept, unless they are named."""
    refused: Names = NO_NAMES
    """Those that never are."""


@dataclass(frozen=True, slots=True)
class _Plan:
    result: Callable[[Change], SealResult]
    files: tuple[PlannedFile, ...]
    """The sealed file first."""
    missed: Names = NO_NAMES
    """What was to be kept, and is not there."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals into one repository; `now` is aware, in UTC."""

    options: SealOptions
    repository: Repository
    git: Git
    now: datetime
    reporter: Reporter

    def seal(self, environment: Environment, secrets: SecretInput) -> SealResult:
        """Merge `secrets` into the environment's SealedSecret."""
        with self.repository.lock():
            return self._act([self._plan(environment, secrets)])[0]

    def seal_all(
        self, jobs: Sequence[tuple[Environment, Callable[[], SecretInput]]]
    ) -> list[SealResult]:
        """Seal for many environments, all or none; every one that fails is named."""
        plans, errors = [], []
        with self.repository.lock():
            for environment, read in jobs:
                try:
                    plans.append(self._plan(environment, read()))
                except BootstrapError as error:
                    errors.append(error)
            if errors:
                raise _all_of(errors)
            return self._act(plans)

    def remove(self, environment: Environment, keys: Sequence[str]) -> SealResult:
        """Take `keys` out of the environment's SealedSecret."""
        with self.repository.lock():
            existing = load_sealed(environment, self.repository)
            key = load_private_key(environment, self.repository)
            laid = lay_over(existing, SecretInput({}), NO_NAMES, lambda: open_all(key, existing))
            warn_of_plaintext(environment.path(SEALED_FILE), laid.taken_out, self.reporter)
            merge = remove_values(laid.sealed, keys)
            file = render_sealed_secret(merge.result, environment.path(SEALED_FILE))
            plan = _Plan(lambda change: SealResult(environment, None, file, change, merge), (file,))
            return self._act([plan])[0]

    def _act(self, plans: Sequence[_Plan]) -> list[SealResult]:
        check_asked(plan.missed for plan in plans)
        files = [file for plan in plans for file in plan.files]
        write = self.repository.plan if self.options.dry_run else self.repository.write
        changes = {change.path: change for change in write(files)}
        return [plan.result(changes[plan.files[0].path]) for plan in plans]

    def _plan(self, environment: Environment, secrets: SecretInput) -> _Plan:
        existing = load_sealed(environment, self.repository)
        certificate = self._certificate(environment)
        memory = load_memory(environment, certificate, self.repository)
        values = dict(secrets.values)
        if REDIS_URL_KEY not in existing.encrypted:
            values.setdefault(REDIS_URL_KEY, REDIS_URL_VALUE.encode())
        _check_redis_url(values)
        _check_namespace(environment, secrets)
        self._warn_of_placeholders(secrets)
        laid = lay_over(
            existing, secrets, self.options.keep, lambda: open_all(memory.private_key, existing)
        )
        warn_of_plaintext(environment.path(SEALED_FILE), laid.taken_out, self.reporter)
        target = self._target(laid, secrets)
        moved = target.label != existing.label  # a value is bound to its scope: all sealed anew
        carried = _carry_over(existing, target.scope, values, memory) if moved else {}
        merge = merge_values(
            target,
            values,
            carried=carried,
            seal=lambda value: seal_value(certificate.public_key, value, target.label),
            is_unchanged=lambda key, ciphertext, value: (
                not moved and memory.is_unchanged(key, ciphertext, value, target.label)
            ),
        )
        file = render_sealed_secret(merge.result, environment.path(SEALED_FILE))
        return _Plan(
            lambda change: SealResult(
                environment,
                certificate,
                file,
                change,
                merge,
                secrets.empty,
                secrets.ignored,
                laid.dropped,
                laid.refused,
            ),
            (file, *self._remember(environment, memory, merge, carried | values)),
            laid.missed,
        )

    def _warn_of_placeholders(self, secrets: SecretInput) -> None:
        """Warn of what was not filled in; no more, as a trial needs no real values."""
        keys = sorted(
            key for key, value in secrets.values.items() if value.startswith(PLACEHOLDER.encode())
        )
        if keys:
            count = f"{len(keys)} values are those" if len(keys) > 1 else "1 value is that"
            self.reporter.warn(f"{count} of the example file: {', '.join(keys)}")

    def _target(self, laid: Laid, secrets: SecretInput) -> SealedSecret:
        """Return what the values go into: what is there, in the scope and form asked for."""
        template = secrets.template
        asked = self.options.scope or (template.scope if template else None)
        return replace(laid.sealed, scope=asked or laid.sealed.scope)

    def _certificate(self, environment: Environment) -> SealingCertificate:
        path = environment.path(CERTIFICATE_FILE)
        pinned = find_certificate(environment, self.repository)
        if self.options.certificate is None:
            if pinned is None:
                raise BootstrapError(
                    f"{path} is missing, so there is no certificate to seal for",
                    f"restore it with `git checkout`, or run `bootstrap init {environment.name}`",
                )
            check_not_expired(pinned, now=self.now, source=path)
            return pinned
        pem, source = self.options.certificate()
        chosen = parse_certificate(pem, source=source)
        check_not_expired(chosen, now=self.now, source=source)
        if pinned and pinned.fingerprint != chosen.fingerprint:
            self.reporter.warn(
                f"{source} is not the certificate in {path}; the cluster must hold its key"
            )
        return chosen

    def _remember(
        self,
        environment: Environment,
        memory: SealingMemory,
        merge: Merge,
        values: dict[str, bytes],
    ) -> list[PlannedFile]:
        """Return the local file of digests, or nothing where it is not needed or not safe."""
        if memory.is_own_key:
            return []
        path = environment.path(DIGESTS_FILE)
        if not self.git.would_ignore(self.git.root / path):
            self.reporter.warn(
                f"{path} would not be ignored by Git: add *.local.json to .gitignore"
            )
            return []
        digests = memory.note(merge.result.encrypted, values, merge.result.label)
        return [render_memory(environment, digests)]


def _carry_over(
    existing: SealedSecret, scope: Scope, values: dict[str, bytes], memory: SealingMemory
) -> dict[str, bytes]:
    """Return the sealed values that are not given now, opened; raises if one can't be."""
    carried, lost = {}, []
    for key, ciphertext in existing.encrypted.items():
        if key in values:
            continue
        opened = memory.open(ciphertext, existing.label)
        default = REDIS_URL_VALUE.encode()
        if opened is not None:
            carried[key] = opened
        elif key == REDIS_URL_KEY and memory.is_unchanged(key, ciphertext, default, existing.label):
            carried[key] = default
        else:
            lost.append(key)
    if lost:
        raise BootstrapError(
            f"the scope can't become {scope}: no private key here opens {', '.join(sorted(lost))}",
            "give these values too (`bootstrap seal FILE --scope`), or take them out first:"
            f" `bootstrap secrets remove {lost[0]}`",
        )
    return carried


def _check_redis_url(values: dict[str, bytes]) -> None:
    if b"://" in values.get(REDIS_URL_KEY, b""):
        raise BootstrapError(
            f"{REDIS_URL_KEY} is a URL, but Agent Smith reads HOST:PORT[,option=value]",
            f"write {REDIS_URL_VALUE}, or leave it out to have just that",
        )


def _all_of(errors: Sequence[BootstrapError]) -> BootstrapError:
    if len(errors) == 1:
        return errors[0]
    messages = "; ".join(dict.fromkeys(error.message for error in errors))
    hints = "; ".join(dict.fromkeys(error.hint for error in errors))
    return BootstrapError(f"nothing is sealed: {messages}", hints)


def _check_namespace(environment: Environment, secrets: SecretInput) -> None:
    """Refuse a Secret manifest that was made for another place: it has that place's values."""
    meant = secrets.template.namespace if secrets.template else None
    if meant is not None and meant != environment.namespace:
        raise BootstrapError(
            f"metadata.namespace is not {environment.namespace}, that of environment"
            f" {environment.name}",
            "choose the right environment with --env, or take metadata.namespace out",
        )
