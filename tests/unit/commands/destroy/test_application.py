"""Waiting for an environment's end, with time and the cluster at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from bootstrap.cluster import Cluster
from bootstrap.commands.destroy.application import Removal
from bootstrap.commands.destroy.namespace import End, NamespaceEnd, end_namespace
from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.errors import BootstrapError
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.work_tree import ORIGIN

JOBS = "agentsmith-jobs"
REMOVED = "c" * 40
NAME = "agentsmith-prod"
ROOT = "agentsmith-root"
OURS = Root(ORIGIN, "main")
PROD = Environment("prod", NAME, ORIGIN, "main", parse_destination(None))
LABELS = {"app.kubernetes.io/part-of": "agentsmith", "agentsmith.dev/environment": "prod"}
HOOK = "pre-delete-finalizer.argocd.argoproj.io"
THEIRS = {"kind": "ConfigMap", "metadata": {"name": "theirs", "uid": "1"}}
JOB = {
    "kind": "Job",
    "metadata": {
        "name": "agentsmith-1",
        "uid": "2",
        "labels": {"app": "agentsmith", "job-id": "1"},
    },
}


class FakeCluster:
    """The edge: Applications by the second, a namespace, and what was asked for."""

    def __init__(self, time: FakeTime, script: Callable[[float], dict[str, dict[str, Any]]]):
        self.time, self.script, self.started = time, script, time.now
        self.argocd = self.namespaces = self
        self.asked: list[str] = []
        self.has_hook_account = True
        self.namespace: dict[str, Any] | None = None
        self.held: list[dict[str, Any]] = []
        self.held_by_jobs: list[dict[str, Any]] = []
        self.ends = True
        self.members = [ROOT, NAME]

    def read_applications(self) -> dict[str, dict[str, Any]]:
        return self.script(self.time.now - self.started)

    def read_members(self, _project: str) -> list[str]:
        return self.members

    def refresh(self, name: str) -> None:
        self.asked.append(f"refresh {name}")

    def delete_application(self, name: str) -> None:
        self.asked.append(f"delete {name}")

    def end_sync(self, name: str) -> None:
        self.asked.append(f"end sync {name}")

    def drop_finalizers(self, name: str) -> None:
        self.asked.append(f"drop finalizers {name}")

    def read_workloads(self, _namespace: str) -> list[dict[str, Any]]:
        return []

    def has_account(self, _namespace: str, _account: str) -> bool:
        return self.has_hook_account

    def read(self, _name: str) -> dict[str, Any] | None:
        return self.namespace

    def objects(self, name: str) -> list[dict[str, Any]]:
        return self.held_by_jobs if name == JOBS else self.held

    def delete(self, name: str, uid: str) -> None:
        self.asked.append(f"delete namespace {name} {uid}")
        if self.ends:
            self.namespace = None
        elif self.namespace:
            self.namespace["metadata"]["deletionTimestamp"] = "now"


def root(*, at: str = REMOVED, sync: str = "Synced", phase: str = "Succeeded") -> dict[str, Any]:
    return {
        "metadata": {"name": ROOT},
        "spec": {"syncPolicy": {"automated": {}}},
        "status": {
            "sync": {"status": sync, "revision": at},
            "health": {"status": "Healthy"},
            "operationState": {"phase": phase, "syncResult": {"revision": at}},
        },
    }


def leaving(*finalizers: str, phase: str = "Succeeded", trouble: str = "") -> dict[str, Any]:
    condition = {"type": "DeletionError", "message": trouble}
    return {
        "metadata": {"name": NAME, "deletionTimestamp": "now", "finalizers": list(finalizers)},
        "status": {
            "operationState": {"phase": phase},
            "conditions": [condition] if trouble else [],
        },
    }


def removal(cluster: FakeCluster, log: Log, *, is_last: bool = False) -> Removal:
    home = cast(Cluster, cluster)
    return Removal(
        PROD, OURS, REMOVED, is_last, JOBS, home, home, lambda _commit, _wanted: False, log
    )


def test_gone_is_gone_only_when_the_root_has_seen_the_commit() -> None:
    time, log = FakeTime(), Log()
    early = FakeCluster(time, lambda _at: {ROOT: root(at="a" * 40)})
    there = FakeCluster(time, lambda _at: {ROOT: root()})
    never = FakeCluster(time, lambda _at: {})

    assert [removal(cluster, log).is_done() for cluster in (early, there, never)] == [
        False,
        True,
        True,
    ]


def test_a_normal_removal_says_each_state_once_and_helps_nowhere() -> None:
    time, log = FakeTime(), Log()

    def script(at: float) -> dict[str, dict[str, Any]]:
        if at < 2:
            return {ROOT: root(at="a" * 40), NAME: {"metadata": {"name": NAME}}}
        if at < 4:
            return {ROOT: root(phase="Running"), NAME: leaving(HOOK)}
        if at < 6:
            return {ROOT: root(phase="Running"), NAME: leaving("resources-finalizer")}
        return {ROOT: root()}

    cluster = FakeCluster(time, script)
    removal(cluster, log).wait(300, time)

    assert log.lines == [
        "prod: waiting for Argo CD to see that it is removed from Git (0 s)",
        "prod: the pre-delete hook ends the agent Jobs (2 s)",
        "prod: Argo CD is deleting its objects (4 s)",
        "Argo CD has deleted prod (6 s)",
    ]
    assert cluster.asked == [f"refresh {ROOT}"]


def test_the_last_one_is_deleted_by_us_the_root_before_it() -> None:
    time, log = FakeTime(), Log()

    def script(at: float) -> dict[str, dict[str, Any]]:
        return {ROOT: root(sync="Unknown"), NAME: {"metadata": {"name": NAME}}} if at < 1 else {}

    cluster = FakeCluster(time, script)
    removal(cluster, log, is_last=True).wait(300, time)

    assert cluster.asked[:2] == [f"delete {ROOT}", f"delete {NAME}"]


def test_the_root_stays_while_argocd_has_another_application_of_the_project() -> None:
    time, log = FakeTime(), Log()

    def script(at: float) -> dict[str, dict[str, Any]]:
        seen = root(at="a" * 40) if at < 2 else root(sync="OutOfSync")
        return {ROOT: seen} | ({NAME: {"metadata": {"name": NAME}}} if at < 4 else {})

    cluster = FakeCluster(time, script)
    cluster.members = [ROOT, NAME, "agentsmith-new"]
    removal(cluster, log, is_last=True).wait(300, time)

    assert [item for item in cluster.asked if not item.startswith("refresh")] == [f"delete {NAME}"]
    assert [line for line in log.lines if "stays" in line] == [
        "Application agentsmith-root stays: project agentsmith still has agentsmith-new"
    ]


def test_a_sync_without_end_is_ended_and_a_hook_that_can_not_start_is_let_go() -> None:
    time, log = FakeTime(), Log()

    def script(at: float) -> dict[str, dict[str, Any]]:
        if "end sync agentsmith-prod" not in cluster.asked:
            return {ROOT: root(), NAME: leaving(HOOK, phase="Running")}
        if "drop finalizers agentsmith-prod" not in cluster.asked:
            return {ROOT: root(), NAME: leaving(HOOK)}
        return {ROOT: root()}

    cluster = FakeCluster(time, script)
    cluster.has_hook_account = False
    removal(cluster, log).wait(300, time)

    assert [item for item in cluster.asked if not item.startswith("refresh")] == [
        "end sync agentsmith-prod",
        "drop finalizers agentsmith-prod",
    ]
    assert (
        "taking the finalizers off agentsmith-prod: its pre-delete hook can't start, and there is"
        " nothing of it to end"
    ) in log.lines


@pytest.mark.parametrize("place", ["held", "held_by_jobs"])
def test_finalizers_stay_while_anything_of_the_environment_is_left(place: str) -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {ROOT: root(), NAME: leaving(HOOK)})
    cluster.has_hook_account = False
    setattr(cluster, place, [JOB])

    with pytest.raises(BootstrapError) as raised:
        removal(cluster, Log()).wait(300, time)

    assert raised.value.message == (
        "prod: the chart's pre-delete hook can't start: there is no service account"
        " agentsmith-cleanup in namespace agentsmith-prod"
    )
    assert "drop finalizers agentsmith-prod" not in cluster.asked


def test_what_argocd_says_is_in_the_way_is_an_error_when_it_lasts() -> None:
    time = FakeTime()
    script = {ROOT: root(), NAME: leaving(HOOK, trouble="kind Job is not permitted")}
    cluster = FakeCluster(time, lambda _at: script)

    with pytest.raises(BootstrapError) as raised:
        removal(cluster, Log()).wait(300, time)

    assert raised.value.message == "prod: Argo CD can't delete it: kind Job is not permitted"
    assert "run `bootstrap up`" in raised.value.hint


def test_a_root_that_is_not_synced_by_itself_is_named() -> None:
    time = FakeTime()
    manual = {**root(sync="OutOfSync"), "spec": {}}
    cluster = FakeCluster(time, lambda _at: {ROOT: manual, NAME: {"metadata": {"name": NAME}}})

    with pytest.raises(BootstrapError) as raised:
        removal(cluster, Log()).wait(300, time)

    assert raised.value.message == "prod: root: OutOfSync, and its sync is manual"


def test_out_of_time_says_where_it_stands() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {ROOT: root(), NAME: leaving("resources-finalizer")})

    with pytest.raises(BootstrapError) as raised:
        removal(cluster, Log()).wait(30, time)

    assert raised.value.message == "not gone after 30 s: Argo CD is deleting its objects"


def namespace(**more: Any) -> dict[str, Any]:
    return {"metadata": {"name": NAME, "uid": "u", "labels": LABELS}, **more}


def end(cluster: FakeCluster, time: FakeTime) -> NamespaceEnd:
    return end_namespace(
        PROD,
        cast(Cluster, cluster),
        job_namespace=JOBS,
        timeout_seconds=60,
        clock=time,
        reporter=Log(),
    )


def test_a_namespace_of_ours_goes_with_what_is_left_in_it() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {})
    absent = end(cluster, time)
    cluster.namespace, cluster.held = namespace(), [JOB]

    assert absent == NamespaceEnd(NAME, End.GONE)
    assert end(cluster, time) == NamespaceEnd(NAME, End.DELETED)
    assert cluster.asked == ["delete namespace agentsmith-prod u"]


def test_a_namespace_stays_with_what_others_have_in_it() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {})
    cluster.namespace, cluster.held = namespace(), [THEIRS]

    assert end(cluster, time) == NamespaceEnd(
        NAME,
        End.KEPT,
        "others have objects in it: ConfigMap theirs",
        ("ConfigMap theirs",),
    )
    assert cluster.asked == []


def test_what_is_left_beside_others_is_named() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {})
    cluster.namespace, cluster.held = namespace(), [THEIRS, JOB]

    with pytest.raises(BootstrapError) as raised:
        end(cluster, time)

    assert raised.value.message == "namespace agentsmith-prod still has of prod: Job agentsmith-1"
    assert cluster.asked == []


def test_what_is_left_where_agent_jobs_run_is_named_and_nothing_is_deleted() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {})
    cluster.namespace, cluster.held_by_jobs = namespace(), [THEIRS, JOB]

    with pytest.raises(BootstrapError) as raised:
        end(cluster, time)

    assert raised.value.message == "namespace agentsmith-jobs still has of prod: Job agentsmith-1"
    assert raised.value.hint == "delete them, then run this again"
    assert cluster.asked == []


def test_a_namespace_that_never_ends_says_why() -> None:
    time = FakeTime()
    cluster = FakeCluster(time, lambda _at: {})
    condition = {"status": "True", "message": "Some content has finalizers: x in 1 instance"}
    cluster.namespace = namespace(status={"conditions": [condition]})
    cluster.ends = False

    with pytest.raises(BootstrapError) as raised:
        end(cluster, time)

    assert raised.value.message == (
        "namespace agentsmith-prod is being deleted and does not end: Some content has finalizers:"
        " x in 1 instance"
    )
