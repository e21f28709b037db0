"""`bootstrap rollback`: an environment's files as they were at another revision, committed anew.

The chart, which other environments share, and where the environment runs are not rolled back; nor
are secrets, unless asked: a secret that was replaced is mostly one that no longer works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bootstrap.checkout.environment_files import CERTIFICATE_FILE, SEALED_FILE
from bootstrap.checkout.sealing_memory import load_private_key
from bootstrap.cluster import Cluster
from bootstrap.commands.release.change import (
    Changed,
    Edit,
    Workplace,
    carry_out,
    find_environment,
    read_file,
)
from bootstrap.commands.release.rollback_target import RESTORED, asked_revision, newest_synced
from bootstrap.constants import CHART_PATH, VALUES_FILE
from bootstrap.environments.environment import Environment
from bootstrap.environments.hold import Hold, add_hold, release_hold
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.git import Git
from bootstrap.git.blobs import text_at
from bootstrap.git.history import GitHistory
from bootstrap.sealing.certificate import parse_certificate
from bootstrap.sealing.memory import open_with
from bootstrap.sealing.sealed_secret import build_sealed_secret, parse_sealed_secret


@dataclass(frozen=True, slots=True)
class RollbackOptions:
    """What the user asked for."""

    to: str | None = None
    """The revision; None is the newest one with other files that Argo CD synced with success."""
    secrets: bool = False
    reason: str = ""


def rollback(
    name: str,
    options: RollbackOptions,
    place: Workplace,
) -> Changed:
    """Restore the files of environment `name`, and leave a hold."""
    git, repository = place.git, place.repository
    connect = place.session.clusters.argocd
    if not options.reason.isprintable():
        raise UsageError("--reason is not one line of plain text", "write it on one line")
    files = (*RESTORED, SEALED_FILE, CERTIFICATE_FILE) if options.secrets else RESTORED
    environment = find_environment(name, place)
    _check_committed(environment, files, place)
    head = git.head() or ""
    # before the lock: clusters and remotes may take longer to answer than others wait for it
    target, health = _find_target(options, environment, files, git, connect)
    then = {file: text_at(git.root, target, environment.path(file)) or "" for file in files}
    present = {file: read_file(environment, file, repository) for file in files}
    if options.secrets:
        _check_secrets(environment, target, then, present, place, connect)
    then[VALUES_FILE] = release_hold(then[VALUES_FILE])
    with repository.lock():
        _check_unmoved(head, environment, files, place)
        same = then == {**present, VALUES_FILE: release_hold(present[VALUES_FILE])}
        if same:
            then = present
        else:
            place.reporter.step(f"{name}: back to {_describe(target, git)}")
            if health:
                place.reporter.step(health)
            _tell_what_stays(environment, target, options, place)
            since = place.session.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            hold = Hold(target, head, since, options.reason)
            then[VALUES_FILE] = add_hold(then[VALUES_FILE], hold)
        edits = [Edit(environment.path(file), present[file], then[file]) for file in files]
        message = _message(name, target, _describe(target, git), options.reason)
        published = carry_out(environment, edits, message, place)
    return Changed(environment, published, restored=target)


def _find_target(
    options: RollbackOptions,
    environment: Environment,
    files: tuple[str, ...],
    git: Git,
    connect: Callable[[], Cluster],
) -> tuple[str, str]:
    """Return the commit to go back to, and what is known of its health if we chose it."""
    if options.to is not None:
        return asked_revision(options.to, environment, files, git), ""
    target, healthy = newest_synced(environment, files, git, connect)
    if healthy:
        return target, f"{target[:7]} is what Argo CD synced last, and it is Healthy now"
    return target, (
        f"Argo CD synced {target[:7]} with success; whether it was healthy is not known"
        " (another: --to REV)"
    )


def _check_unmoved(
    head: str, environment: Environment, files: tuple[str, ...], place: Workplace
) -> None:
    """Refuse to go on from what somebody else has changed before the lock was ours."""
    if place.git.head() != head:
        raise BootstrapError(
            f"HEAD is no longer at {head[:7]}: something else committed or checked out here",
            "run this again",
        )
    _check_committed(environment, files, place)


def _check_committed(environment: Environment, files: tuple[str, ...], place: Workplace) -> None:
    if place.git.head() is None:
        raise BootstrapError("there is no commit yet", "commit what is there first")
    changed = place.git.uncommitted([environment.path(file) for file in files])
    if changed:
        raise BootstrapError(
            f"{changed[0]} has changes that are not committed, and a rollback would lose them",
            "commit or stash them first",
        )


def _tell_what_stays(
    environment: Environment, target: str, options: RollbackOptions, place: Workplace
) -> None:
    if place.git.differs(target, CHART_PATH):
        place.reporter.warn(
            f"the chart ({CHART_PATH}) was another at {target[:7]}; it is not rolled back, as all"
            " environments share it"
        )
    if place.git.differs(target, environment.application_path):
        place.reporter.warn(
            f"{environment.application_path} was another at {target[:7]}; it stays as it is"
        )
    if not options.secrets and place.git.differs(target, environment.path(SEALED_FILE)):
        place.reporter.step(
            f"{environment.path(SEALED_FILE)} was another at {target[:7]}; the newest secrets stay"
            " (--secrets restores those too)"
        )


def _check_secrets(
    environment: Environment,
    target: str,
    then: Mapping[str, str],
    present: Mapping[str, str],
    place: Workplace,
    connect: Callable[[], Cluster],
) -> None:
    """Refuse sealed values that nobody is known to open: the environment would stand still."""
    source = f"{environment.path(SEALED_FILE)} of {target[:7]}"
    sealed = parse_sealed_secret(then[SEALED_FILE], path=source, namespace=environment.namespace)
    fingerprints = {
        parse_certificate(text[CERTIFICATE_FILE], source=environment.path(CERTIFICATE_FILE))
        .fingerprint
        for text in (then, present)
    }  # fmt: skip
    key = load_private_key(environment, place.repository)
    shut = [
        name
        for name, value in sorted(sealed.encrypted.items())
        if open_with(key, value, sealed.label) is None
    ]
    if not shut or (len(fingerprints) == 1 and key is None):
        return
    try:
        opened = connect().sealing.locate().verify(build_sealed_secret(sealed))
    except BootstrapError as error:
        why = f"and no controller could be asked: {error.message}"
    else:
        if opened:
            return
        why = "and the controller does not open them either"
    raise BootstrapError(
        f"{source}: there is no key here for {', '.join(shut)}, {why}",
        "leave --secrets out, then seal what is needed again; or put the old key back",
    )


def _describe(commit: str, git: Git) -> str:
    found = GitHistory(git.root).find([commit]).get(commit)
    return f"{commit[:7]} ({found.subject})" if found else commit[:7]


def _message(name: str, target: str, described: str, reason: str) -> str:
    why = f"{' '.join(reason.split())}\n\n" if reason else ""
    return (
        f"Roll {name} back to {target[:7]}\n\n{why}"
        f"Its files are as they were at {described}, and it is held.\n"
    )
