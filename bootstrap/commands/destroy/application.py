"""Waiting until Argo CD has deleted an environment, and proof that nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bootstrap.argocd.ownership import is_being_deleted
from bootstrap.cluster import Cluster
from bootstrap.environments.environment import Environment, Root
from bootstrap.environments.names import Names
from bootstrap.errors import BootstrapError
from bootstrap.protocols import Clock, Reporter, looks
from bootstrap.rollout.deletion import (
    HOOK,
    HookFacts,
    diagnose_removal,
    is_syncing,
    waits_for_hook,
)
from bootstrap.rollout.diagnose import Wanted
from bootstrap.rollout.leftovers import has_more_than_hook
from bootstrap.rollout.operation import has_seen, is_synced
from bootstrap.rollout.verdict import State, Verdict

_POLL_SECONDS = 1.0
_REFRESH_SECONDS = 15.0
_GRACE_SECONDS = 10.0
"""How long the same trouble must last before it is one: Argo CD gets over some by itself."""


@dataclass(slots=True)
class Removal:
    """The removal of `environment`, whose Application is not in Git any more since `commit`.

    `is_last` says that no other Application is left in Git: Argo CD never prunes its last one by
    itself. Agent Jobs run in `job_namespace`. `home` is Argo CD's cluster, `place` the
    environment's, None where we have no access.
    """

    environment: Environment
    root: Root
    commit: str
    is_last: bool
    job_namespace: str
    home: Cluster
    place: Cluster | None
    is_descendant: Callable[[str, str], bool]
    reporter: Reporter
    _said: str = ""
    _trouble: str = ""
    _since: float = 0.0
    _refreshed: float = field(default=float("-inf"))
    _deleted: set[str] = field(default_factory=set)
    _keeps_root: bool = False

    @property
    def _names(self) -> Names:
        return self.environment.names

    def is_done(self) -> bool:
        """Look once: tell whether the Application is gone and nothing will bring it back."""
        return self._is_done(self.home.argocd.read_applications())

    def wait(self, timeout_seconds: float, clock: Clock) -> None:
        """Wait until it is gone, and help where Argo CD would wait without end.

        Raises BootstrapError that names what is in the way.
        """
        for look in looks(clock, timeout_seconds, pause=_POLL_SECONDS):
            applications = self.home.argocd.read_applications()
            elapsed = look.elapsed
            if self._is_done(applications):
                self.reporter.step(f"Argo CD has deleted {self.environment.name} ({elapsed:.0f} s)")
                return
            verdict = self._look(applications)
            lasting = self._note(verdict, elapsed)
            application = applications.get(self.environment.application)
            if lasting and not (application and self._help(application)):
                raise BootstrapError(f"{self.environment.name}: {verdict.message}", verdict.hint)
            if look.is_last:
                raise BootstrapError(
                    f"not gone after {timeout_seconds:.0f} s: {verdict.message}",
                    "Argo CD goes on by itself; run this again to go on waiting",
                )
            if elapsed - self._refreshed > _REFRESH_SECONDS and self._names.root in applications:
                self.home.argocd.refresh(self._names.root)
                self._refreshed = elapsed

    def _is_done(self, applications: Mapping[str, Mapping[str, Any]]) -> bool:
        if self.environment.application in applications:
            return False
        root = applications.get(self._names.root)
        if root is None:
            return True
        # a root that has not seen the commit would bring the Application back
        if self.is_last:
            return has_seen(root, is_wanted=self._is_wanted) and bool(self._others())
        return is_synced(root, is_wanted=self._is_wanted)

    def _others(self) -> list[str]:
        """Return the other Applications that the root may still have to look after.

        Argo CD may not have deleted them yet, or a push that we do not know of brought them.
        """
        ours = {self._names.root, self.environment.application}
        return [
            name for name in self.home.argocd.read_members(self._names.project) if name not in ours
        ]

    def _is_wanted(self, commit: str) -> bool:
        return commit == self.commit or self.is_descendant(commit, self.commit)

    def _look(self, applications: Mapping[str, Mapping[str, Any]]) -> Verdict:
        application = applications.get(self.environment.application)
        if application is not None and is_being_deleted(application):
            hook = self._look_at_hook(application)
            return diagnose_removal(applications, hook, self._root_at_commit(), self.environment)
        if self._may_delete(applications):
            self._delete(applications, self.environment.application)
            return Verdict(State.WAITING, "waiting for Argo CD to delete it")
        return diagnose_removal(applications, None, self._root_at_commit(), self.environment)

    def _root_at_commit(self) -> Wanted:
        return Wanted(self.root, commit=self.commit, is_wanted=self._is_wanted)

    def _may_delete(self, applications: Mapping[str, Mapping[str, Any]]) -> bool:
        """Tell whether nothing would bring the Application back; see to it if it is the last."""
        if self._names.root not in applications:
            return True
        if not self.is_last:
            return False
        others = self._others()
        if not others:
            self._delete(applications, self._names.root)
            return True
        if not self._keeps_root:
            self.reporter.warn(
                f"Application {self._names.root} stays: project {self._names.project} still has"
                f" {', '.join(others)}"
            )
            self._keeps_root = True
        return has_seen(applications[self._names.root], is_wanted=self._is_wanted)

    def _delete(self, applications: Mapping[str, Mapping[str, Any]], name: str) -> None:
        if name in applications and name not in self._deleted:
            why = (
                "it was the last environment, and Argo CD never prunes the last Application"
                if self.is_last
                else "there is no root Application that would"
            )
            self.reporter.step(f"deleting Application {name}: {why}")
            self.home.argocd.delete_application(name)
            self._deleted.add(name)

    def _look_at_hook(self, application: Mapping[str, Any]) -> HookFacts | None:
        if self.place is None or is_syncing(application) or not waits_for_hook(application):
            return None
        namespace = self.environment.namespace
        if not self.place.namespaces.has_account(namespace, HOOK):
            return HookFacts(has_account=False, objects=None)
        objects = [
            item
            for item in self.place.read_workloads(namespace)
            if item["metadata"]["name"].startswith(HOOK)
        ]
        return HookFacts(has_account=True, objects=objects)

    def _note(self, verdict: Verdict, elapsed: float) -> bool:
        """Say what is new, and tell whether the same trouble has lasted too long."""
        if verdict.message != self._said:
            self.reporter.step(f"{self.environment.name}: {verdict.message} ({elapsed:.0f} s)")
            self._said = verdict.message
        if verdict.state is State.FAILED:
            return True
        if verdict.state is not State.STUCK:
            self._trouble = ""
        elif verdict.message != self._trouble:
            self._trouble, self._since = verdict.message, elapsed
        return bool(self._trouble) and elapsed - self._since > _GRACE_SECONDS

    def _help(self, application: Mapping[str, Any]) -> bool:
        """Do what a person would be told to, where nothing can be lost; tell whether we did."""
        name = self.environment.application
        if not is_being_deleted(application):
            return False
        if is_syncing(application):
            self.reporter.step(f"ending the sync of {name}, which its deletion waits for")
            self.home.argocd.end_sync(name)
        elif self._hook_has_nothing_to_do(application):
            self.reporter.step(
                f"taking the finalizers off {name}: its pre-delete hook can't start, and there is"
                " nothing of it to end"
            )
            self.home.argocd.drop_finalizers(name)
        else:
            return False
        self._trouble = ""
        return True

    def _hook_has_nothing_to_do(self, application: Mapping[str, Any]) -> bool:
        if self.place is None or not waits_for_hook(application):
            return False
        namespaces = self.place.namespaces
        if namespaces.has_account(self.environment.namespace, HOOK):
            return False
        return not any(
            has_more_than_hook(namespaces.objects(name))
            for name in {self.environment.namespace, self.job_namespace}
        )
