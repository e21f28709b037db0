"""`bootstrap status`: how the environments are, for one list call however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bootstrap.checkout.environments import (
    load_environments,
    load_names,
    load_root,
    require_environment,
)
from bootstrap.checkout.facts import read_local_facts
from bootstrap.checkout.scan import load_local_values
from bootstrap.checkout.session import Session
from bootstrap.commands.watch.target_revisions import TargetRevisions
from bootstrap.constants import ROOT_FILE
from bootstrap.environments.environment import Environment, Root
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.objects import mapping
from bootstrap.plaintext.log_mask import safe_lines
from bootstrap.protocols import Clock, Reporter
from bootstrap.rollout.diagnose import Wanted, diagnose
from bootstrap.rollout.release import images_of
from bootstrap.rollout.status import EnvironmentStatus, needs_a_look, read_status
from bootstrap.rollout.verdict import Verdict

_POLL_SECONDS = 1.0
_WANTED_SECONDS = 15.0
_UNKNOWN_SECONDS = 3.0
"""How soon a remote is asked again when Argo CD is at a commit that we did not see there."""
_DETAIL_SECONDS = 5.0
_LOG_LINES = 5


@dataclass(frozen=True, slots=True)
class StatusResult:
    """Every environment that was asked about, by name."""

    environments: tuple[EnvironmentStatus, ...]
    subjects: Mapping[str, str]
    """Commit to the first line of its message, for those in this clone."""
    trouble: Verdict | None = None
    """What is wrong with the root Application, through which new environments come."""

    @property
    def is_fine(self) -> bool:
        """Whether every environment is Synced and Healthy at the wanted commit."""
        return self.trouble is None and all(item.is_fine for item in self.environments)


@dataclass(frozen=True, slots=True)
class _Look:
    """The live objects of an environment, and when they were asked."""

    at: float
    release: object
    """What was synced then, and when: other objects may be there since that changed."""
    objects: list[dict[str, Any]]
    logs: dict[tuple[str, str], tuple[str, ...]]
    """The last lines of containers, by pod and container."""


class StatusReader:
    """Reads the status again and again, asking only what may have changed."""

    def __init__(
        self,
        name: str | None,
        session: Session,
    ) -> None:
        """Ask about environment `name`, or all of them."""
        repository, git, clusters = session.repository, session.git, session.clusters
        clock, reporter = session.clock, session.reporter
        self._environments = (
            [require_environment(repository, name)] if name else load_environments(repository)
        )
        if not self._environments:
            raise BootstrapError(
                "there is no environment yet", "make one with `bootstrap init prod`"
            )
        self._repository = repository
        self._names = load_names(repository)
        self._root = _root_of(repository, self._environments[0])
        self._facts = {
            item.name: read_local_facts(item, repository, reporter) for item in self._environments
        }
        self._wanted = TargetRevisions(git, reporter)
        self._cluster = clusters.argocd()
        self._clusters = clusters
        self._members = clusters.divide(self._environments, "status")
        self._clock = clock
        self._asked_remote = self._asked_jobs = float("-inf")
        self._jobs: dict[str, int] = {}
        self._looks: dict[str, _Look] = {}
        self._names_orphans = name is None
        self._reporter = reporter
        self._said: set[str] = set()

    def read(self) -> StatusResult:
        """Return the status now."""
        now = self._clock.monotonic()
        applications = self._cluster.argocd.read_applications()
        self._ask_remote(applications, now)
        self._ask_jobs(now)
        self._tell_of_orphans(applications)
        found = [self._read_one(item, applications, now) for item in self._environments]
        commits = {commit for item in found for commit in (item.running, item.wanted) if commit}
        return StatusResult(
            tuple(found),
            dict(self._wanted.subjects(commits)),
            _trouble(applications, self._root),
        )

    def _read_one(
        self,
        environment: Environment,
        applications: Mapping[str, Mapping[str, Any]],
        now: float,
    ) -> EnvironmentStatus:
        wanted = Wanted(
            self._root,
            environment,
            self._wanted.commit((environment.repo_url, environment.target_revision)),
            self._wanted.is_wanted(environment),
        )
        status = read_status(environment, applications, wanted)
        facts = self._facts[environment.name]
        status = replace(
            status,
            sealed_keys=facts.sealed_keys,
            certificate_ends=facts.certificate_ends,
            hold=facts.hold,
        )
        if status.verdict.is_foreign:
            return status
        if needs_a_look(status):
            look = self._look(environment, (status.running, status.synced_at), now)
            verdict = diagnose(applications, look.objects, wanted)
            status = replace(
                status,
                verdict=verdict,
                images=status.images or images_of(look.objects),
                log=self._read_log(environment, verdict, look),
            )
        else:
            self._looks.pop(environment.name, None)
        return replace(status, jobs=self._jobs.get(environment.name))

    def _look(self, environment: Environment, release: object, now: float) -> _Look:
        """Return the live objects; those of a release that stays are not asked every time."""
        last = self._looks.get(environment.name)
        if last is not None and last.release == release and now - last.at < _DETAIL_SECONDS:
            return last
        look = _Look(now, release, self._read_workloads(environment), {})
        self._looks[environment.name] = look
        return look

    def _read_workloads(self, environment: Environment) -> list[dict[str, Any]]:
        """Return the live objects; without them there is still what the Application says."""
        place = self._clusters.destination_of(environment)
        try:
            return place.read_workloads(environment.namespace) if place else []
        except BootstrapError as error:
            self._warn(error.message)
            return []

    def _read_log(self, environment: Environment, verdict: Verdict, look: _Look) -> tuple[str, ...]:
        """Return the last lines of the container whose crash the verdict tells of."""
        place, crashed = self._clusters.destination_of(environment), verdict.container
        if place is None or crashed is None:
            return ()
        if crashed not in look.logs:
            try:
                secrets = load_local_values(self._repository.root)
            except BootstrapError as error:  # its values could not be masked
                self._warn(f"{error.message}; so no log is shown")
                return ()
            text = place.running.read_last_log(environment.namespace, *crashed, _LOG_LINES)
            look.logs[crashed] = safe_lines(text, secrets) if text else ()
        return look.logs[crashed]

    def _ask_remote(self, applications: Mapping[str, Mapping[str, Any]], now: float) -> None:
        since = now - self._asked_remote
        revisions = {
            str(item.get("status", {}).get("sync", {}).get("revision") or "")
            for item in applications.values()
        }
        news = any(item and not self._wanted.knows(item) for item in revisions)
        if since >= _WANTED_SECONDS or (news and since >= _UNKNOWN_SECONDS):
            self._asked_remote = now
            self._wanted.refresh(
                (item.repo_url, item.target_revision) for item in self._environments
            )

    def _ask_jobs(self, now: float) -> None:
        if now - self._asked_jobs < _DETAIL_SECONDS:
            return
        self._asked_jobs = now
        self._jobs = {}
        for cluster, members in self._members:
            here = {item.name: self._facts[item.name].job_namespace for item in members}
            try:
                counts = cluster.running.count_agent_jobs(sorted(set(here.values())))
            except BootstrapError as error:
                self._warn(error.message)
                continue
            self._jobs |= {
                name: counts[namespace] for name, namespace in here.items() if namespace in counts
            }

    def _tell_of_orphans(self, applications: Mapping[str, Mapping[str, Any]]) -> None:
        if not self._names_orphans:
            return
        self._names_orphans = False
        known = {item.application for item in self._environments} | {self._names.root}
        for name in sorted(applications.keys() - known):
            # the platform's Applications carry our label, too, but are no environments
            if mapping(applications[name].get("spec")).get("project") == self._names.project:
                self._warn(f"Application {name} is in the cluster, but not in this clone")

    def _warn(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._reporter.warn(message)


def watch(reader: StatusReader, clock: Clock, reporter: Reporter) -> Iterator[StatusResult]:
    """Yield the status once a second; a cluster that does not answer is told of and asked again."""
    yield reader.read()
    lost = False
    while True:
        clock.sleep(_POLL_SECONDS)
        try:
            result = reader.read()
        except BootstrapError as error:
            if not lost:
                reporter.warn(error.message)
            lost = True
            continue
        lost = False
        yield result


def _root_of(repository: Repository, environment: Environment) -> Root:
    """Return what the root follows; without its file, what an environment follows will do."""
    if repository.exists(ROOT_FILE):
        return load_root(repository)
    return Root(environment.repo_url, environment.target_revision, environment.names)


def _trouble(applications: Mapping[str, Mapping[str, Any]], ours: Root) -> Verdict | None:
    """Return what is wrong with the root; one that is not there yet is nothing wrong."""
    verdict = diagnose(applications, None, Wanted(ours))
    return verdict if verdict.is_trouble else None
