"""What `bootstrap doctor` looks at in an environment: configuration, keys, certificate, values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bootstrap.checkout.environment_files import (
    CERTIFICATE_FILE,
    KEY_FILE,
    find_certificate,
)
from bootstrap.commands.doctor.findings import Finding, Severity, guarded
from bootstrap.commands.seal.check import CheckResult, State, check
from bootstrap.constants import CONFIG_FILE, VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.shell import from_here
from bootstrap.yaml.documents import parse_mapping

_SOON = timedelta(days=30)
_OTHERS = 0o077


def examine(
    environment: Environment,
    everyone: Sequence[Environment],
    repository: Repository,
    git: Git,
    now: datetime,
) -> list[Finding]:
    """Return what is to say of one environment among `everyone`, without a cluster."""
    name = environment.name
    return [
        *guarded(f"{name}: configuration", lambda: _configuration(environment, repository)),
        *guarded(f"{name}: keys", lambda: _keys(environment, repository, git)),
        *guarded(f"{name}: certificate", lambda: _certificate(environment, repository, now)),
        *guarded(f"{name}: sealed", lambda: _sealed(environment, everyone, repository, now)),
    ]


def _configuration(environment: Environment, repository: Repository) -> Iterator[Finding]:
    """Yield whether Agent Smith can read its file: the chart carries it as text, whatever it is."""
    check_name = f"{environment.name}: configuration"
    path = environment.path(CONFIG_FILE)
    text = repository.read(path)
    if text is None:
        yield Finding(
            check_name, Severity.ERROR, f"{path} is missing",
            "Argo CD can't render the environment without it, and applies nothing of the push",
            f"restore it with `git checkout -- {from_here(path)}`, or write a new one with"
            f" `bootstrap init {environment.name}`",
        )  # fmt: skip
        return
    if not text:
        if "existingConfigMap" not in (repository.read(environment.path(VALUES_FILE)) or ""):
            yield Finding(
                check_name, Severity.WARNING, f"{path} is empty",
                "Agent Smith gets the chart's example instead, which has none of your projects",
                f"write it, or take it back with `git checkout -- {from_here(path)}`",
            )  # fmt: skip
        return
    try:
        parse_mapping(text, path=path)
    except BootstrapError as error:
        yield Finding(
            check_name, Severity.ERROR, error.message,
            "a push would roll it out, and Agent Smith could not read it",
            f"mend the line, or take back what works: `git checkout {from_here(path)}`, or where"
            f" it is committed `bootstrap rollback {environment.name}`",
        )  # fmt: skip
    else:
        yield Finding(check_name, Severity.OK, f"{path} is valid YAML")


def _keys(environment: Environment, repository: Repository, git: Git) -> Iterator[Finding]:
    check_name = f"{environment.name}: keys"
    path = environment.path(KEY_FILE)
    if not git.would_ignore(git.root / path):
        yield Finding(
            check_name, Severity.ERROR, f"Git would not ignore {path}",
            "who can read the repository could read every secret of the environment",
            "add the line *.local.pem to .gitignore; where it is tracked, `git rm --cached"
            f" {from_here(path)}` and `bootstrap keys rotate {environment.name}`",
        )  # fmt: skip
    keys = repository.private_keys(environment.folder)
    open_to_all = [key for key in keys if (repository.mode(key) or 0) & _OTHERS]
    for key in open_to_all:
        yield Finding(
            check_name, Severity.ERROR,
            f"{key} has mode {repository.mode(key) or 0:04o}: others may read it",
            "who holds it can read every secret of the environment",
            f"`chmod 600 {from_here(key)}`",
        )  # fmt: skip
    if keys and not open_to_all:
        yield Finding(check_name, Severity.OK, f"{', '.join(keys)}: nobody else may read it")
    if path in keys:
        yield Finding(
            check_name, Severity.INFO, f"{path} is a private key that may be here alone",
            "without it the secrets can't be sealed for a new cluster",
            "keep a copy in a password manager",
        )  # fmt: skip


def _certificate(
    environment: Environment, repository: Repository, now: datetime
) -> Iterator[Finding]:
    path = environment.path(CERTIFICATE_FILE)
    certificate = find_certificate(environment, repository)
    if certificate is None:
        return  # the check of what is sealed says so
    left = certificate.not_after - now
    until = f"{certificate.not_after:%Y-%m-%d}"
    check_name = f"{environment.name}: certificate"
    mend = (
        f"`bootstrap keys rotate {environment.name}`; with --from-cluster, for the controller's"
        " newest key"
    )
    if left <= timedelta(0):
        yield Finding(
            check_name, Severity.ERROR, f"{path} expired on {until}",
            "nothing more can be sealed for it; what is sealed still opens", mend,
        )  # fmt: skip
    elif left < _SOON:
        yield Finding(
            check_name, Severity.WARNING, f"{path} expires on {until}, in {left.days} days",
            "nothing can be sealed for it after that", mend,
        )  # fmt: skip
    else:
        yield Finding(check_name, Severity.OK, f"{path} is valid until {until}")


def _sealed(
    environment: Environment,
    everyone: Sequence[Environment],
    repository: Repository,
    now: datetime,
) -> Iterator[Finding]:
    result = check(environment, others=everyone, repository=repository, now=now, controller=None)
    check_name = f"{environment.name}: sealed"
    for problem in result.problems:
        yield Finding(
            check_name, Severity.ERROR, problem,
            "the controller could not unseal it", f"`bootstrap secrets check {environment.name}`",
        )  # fmt: skip
    if not result.values:
        yield Finding(
            check_name, Severity.WARNING, f"{result.path} holds no value yet",
            "the dispatcher waits for its secrets",
            f"`bootstrap seal FILE --env {environment.name}`",
        )  # fmt: skip
    yield from _values(check_name, result, environment.name)


def _values(check_name: str, result: CheckResult, name: str) -> Iterator[Finding]:
    ordered = sorted(result.values, key=lambda item: (item.state, item.reason, item.key))
    for (state, reason), group in itertools.groupby(
        ordered, key=lambda item: (item.state, item.reason)
    ):
        what = f"{result.path}: {', '.join(item.key for item in group)}: {reason}"
        if state is State.OK:
            yield Finding(check_name, Severity.OK, what)
        elif state is State.WRONG:
            yield Finding(
                check_name, Severity.ERROR, what,
                "one value that can't be unsealed keeps all of them from the dispatcher",
                f"seal it again: `bootstrap seal FILE --env {name}`",
            )  # fmt: skip
        else:
            yield Finding(
                check_name, Severity.INFO, what, "only the controller can tell whether it opens",
                f"`bootstrap secrets check {name} --from-cluster`",
            )  # fmt: skip
