"""Waiting, with time and the cluster at hand: no test here takes longer than its arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from bootstrap.cluster import Cluster
from bootstrap.commands.watch.wait_loop import Target, wait_until
from bootstrap.environments.environment import Environment, Root, parse_destination
from bootstrap.errors import BootstrapError, UnavailableError

OLD, WANTED = "a" * 40, "b" * 40
PROGRESSING = ("Synced", "Progressing")
HEALTHY = ("Synced", "Healthy")
DEGRADED = ("Synced", "Degraded")
SUCCEEDED = {"phase": "Succeeded", "syncResult": {"revision": WANTED}}
ROOT = "agentsmith-root"
OURS = Root("https://git.example.com/team/agents.git", "main")


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        self.now += seconds


class Log:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def step(self, message: str) -> None:
        self.lines.append(message)

    def warn(self, message: str) -> None:
        self.lines.append(message)

    def progress(self, what: str, state: str, *, is_new: bool) -> None:
        if is_new:
            self.lines.append(f"{what}: {state}")


class ScriptedCluster:
    """A cluster whose Applications follow a script of (seconds, states) at the edge."""

    def __init__(self, time: FakeTime, script: Callable[[float], dict[str, tuple[str, str]]]):
        self.time, self.script, self.started = time, script, time.now
        self.argocd = self
        self.refreshed: list[str] = []
        self.workloads: list[dict[str, Any]] = []
        self.compared: dict[str, str] = {}
        self.operation: dict[str, dict[str, Any]] = {}
        self.refusal: Callable[[float], BootstrapError | None] = lambda _at: None
        self.outage: Callable[[float], bool] = lambda _at: False
        self.lists = self.looks = 0

    def read_applications(self) -> dict[str, dict[str, Any]]:
        self.lists += 1
        if self.outage(self.time.now - self.started):
            raise NO_ANSWER
        states = {ROOT: HEALTHY, **self.script(self.time.now - self.started)}
        return {
            name: {
                "metadata": {"name": name},
                "spec": {"syncPolicy": {"automated": {}}},
                "status": {
                    "sync": {"status": sync, "revision": self.compared.get(name, WANTED)},
                    "health": {"status": health},
                    "operationState": self.operation.get(name, SUCCEEDED),
                },
            }
            for name, (sync, health) in states.items()
        }

    def read_workloads(self, _namespace: str) -> list[dict[str, Any]]:
        self.looks += 1
        error = self.refusal(self.time.now - self.started)
        if error:
            raise error
        return self.workloads

    def refresh(self, name: str) -> None:
        self.refreshed.append(name)


def wait(
    cluster: ScriptedCluster, time: FakeTime, *names: str, timeout: float = 300
) -> tuple[dict[str, float], list[str]]:
    log = Log()
    place = (cast(Cluster, cluster), "ns")
    seconds = wait_until(
        [
            Target(ROOT, "root", None, WANTED, OURS),
            *(
                Target(name, _environment(name).name, place, WANTED, OURS, _environment(name))
                for name in names
            ),
        ],
        cluster=cast(Cluster, cluster),
        is_descendant=lambda _commit, _wanted: False,
        timeout_seconds=timeout,
        clock=time,
        reporter=log,
    )
    seconds.pop("root")
    return seconds, [line for line in log.lines if not line.startswith("root: ")]


def _environment(application: str) -> Environment:
    name = application.removeprefix("agentsmith-")
    return Environment(name, "ns", OURS.url, OURS.revision, parse_destination(None))


def test_already_there_returns_after_one_look() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": HEALTHY})

    seconds, lines = wait(cluster, time, "agentsmith-prod")

    assert seconds == {"prod": 0.0}
    assert lines == ["prod: Synced and Healthy (0 s)"]
    assert (cluster.lists, cluster.refreshed) == (1, [])


def test_each_state_is_said_once_and_the_time_is_that_of_the_slowest_part() -> None:
    time = FakeTime()

    def script(at: float) -> dict[str, tuple[str, str]]:
        if at < 3:
            return {}
        return {
            "agentsmith-a": HEALTHY if at >= 5 else PROGRESSING,
            "agentsmith-b": HEALTHY if at >= 9 else PROGRESSING,
        }

    cluster = ScriptedCluster(time, script)

    seconds, lines = wait(cluster, time, "agentsmith-a", "agentsmith-b")

    assert seconds == {"a": 5.0, "b": 9.0}
    assert lines == [
        "a: Argo CD has not created its Application yet (0 s)",
        "b: Argo CD has not created its Application yet (0 s)",
        "a: Synced, Progressing (3 s)",
        "b: Synced, Progressing (3 s)",
        "a: Synced and Healthy (5 s)",
        "b: Synced and Healthy (9 s)",
    ]
    assert cluster.lists == 10, "one list call a round, however many environments"


def test_trouble_that_passes_is_no_error() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(
        time, lambda at: {"agentsmith-prod": HEALTHY if at >= 15 else DEGRADED}
    )

    seconds, _lines = wait(cluster, time, "agentsmith-prod")

    assert seconds == {"prod": 15.0}


def test_trouble_that_lasts_is_an_error_that_names_the_cause() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": DEGRADED})
    cluster.workloads = [
        {
            "kind": "SealedSecret",
            "metadata": {"name": "agentsmith-secrets"},
            "status": {
                "conditions": [
                    {"type": "Synced", "status": "False", "message": "no key could decrypt secret"}
                ]
            },
        }
    ]

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod")

    assert raised.value.message == (
        "prod: SealedSecret agentsmith-secrets: no key could decrypt secret"
    )
    assert 20 <= time.now - cluster.started <= 30


def test_an_image_that_the_kubelet_tries_in_turns_is_an_error_as_soon_as_any_other() -> None:
    time = FakeTime()

    def in_turns(at: float) -> dict[str, tuple[str, str]]:
        cluster.workloads = [_waiting_pod("ErrImagePull" if at % 10 < 5 else "ImagePullBackOff")]
        return {"agentsmith-prod": PROGRESSING}

    cluster = ScriptedCluster(time, in_turns)

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod")

    assert raised.value.message == "prod: Pod p: ErrImagePull: x"
    assert 20 <= time.now - cluster.started <= 30


def test_out_of_time_says_what_mends_the_trouble_that_there_is() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": DEGRADED})
    cluster.workloads = [_waiting_pod("ErrImagePull")]

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod", timeout=10)

    assert (raised.value.message, raised.value.hint) == (
        "not there after 10 s: prod: Pod p: ErrImagePull: x",
        "check the image reference in environments/prod/values.yaml and the pull secret;"
        " or run this again to go on waiting, or give a longer --timeout",
    )


def _waiting_pod(reason: str) -> dict[str, Any]:
    container = {"name": "dispatcher", "state": {"waiting": {"reason": reason, "message": "x"}}}
    return {
        "kind": "Pod", "metadata": {"name": "p"}, "status": {"containerStatuses": [container]}
    }  # fmt: skip


def test_healthy_with_a_change_not_observed_yet_goes_on_waiting() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": HEALTHY})
    cluster.workloads = [
        {"kind": "SealedSecret", "metadata": {"generation": 2}, "status": {"observedGeneration": 1}}
    ]

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod", timeout=30)

    assert raised.value.message == (
        "not there after 30 s: prod: Synced, waiting for controllers to see the latest change"
    )


FORBIDDEN = BootstrapError("reading the workloads: forbidden", "use another context")
NO_ANSWER = UnavailableError("reading the workloads: no answer", "check the cluster")


def test_live_objects_are_asked_only_where_they_may_say_why() -> None:
    looks = {}
    for state, compared in (
        (PROGRESSING, WANTED),
        (HEALTHY, WANTED),
        (("Synced", "Missing"), WANTED),
        (("Unknown", "Degraded"), WANTED),
        (DEGRADED, OLD),
    ):
        time = FakeTime()
        cluster = ScriptedCluster(time, lambda _at, now=state: {"agentsmith-prod": now})
        cluster.compared["agentsmith-prod"] = compared
        if state == HEALTHY:
            wait(cluster, time, "agentsmith-prod")
        else:
            with pytest.raises(BootstrapError):
                wait(cluster, time, "agentsmith-prod", timeout=2)
        looks[state, compared] = cluster.looks

    assert looks == {
        (PROGRESSING, WANTED): 4,
        (HEALTHY, WANTED): 1,
        (("Synced", "Missing"), WANTED): 4,
        (("Unknown", "Degraded"), WANTED): 4,
        (DEGRADED, OLD): 0,
    }


def test_a_retry_that_says_less_than_the_one_before_is_told_in_the_words_of_that() -> None:
    time = FakeTime()

    def in_turns(at: float) -> dict[str, tuple[str, str]]:
        refused = {"kind": "Job", "name": "j", "status": "SyncFailed", "message": "exceeded quota"}
        begun = at > 20 or at % 3 == 2
        cluster.operation["agentsmith-prod"] = {
            "phase": "Running",
            "retryCount": 1,
            "message": "Retrying operation. Attempt #1",
        } | ({} if begun else {"syncResult": {"revision": WANTED, "resources": [refused]}})
        return {"agentsmith-prod": ("OutOfSync", "Healthy")}

    cluster = ScriptedCluster(time, in_turns)

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod")

    assert raised.value.message == "prod: the sync fails and is retried: Job j: exceeded quota"
    assert 20 <= time.now - cluster.started <= 30


def test_a_cluster_that_answers_again_before_the_deadline_fails_no_wait() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(
        time, lambda at: {"agentsmith-prod": HEALTHY if at >= 2 else PROGRESSING}
    )
    cluster.refusal = lambda at: NO_ANSWER if at < 60 else None

    seconds, lines = wait(cluster, time, "agentsmith-prod")

    assert seconds == {"prod": 60.0}
    assert lines == [
        "prod: Synced, Progressing; reading the workloads: no answer (0 s)",
        "prod: reading the workloads: no answer (2 s)",
        "prod: Synced and Healthy (60 s)",
    ]


def test_a_wait_outlives_an_api_server_that_restarts() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(
        time, lambda at: {"agentsmith-prod": HEALTHY if at >= 20 else PROGRESSING}
    )
    cluster.outage = lambda at: 3 <= at < 30

    seconds, lines = wait(cluster, time, "agentsmith-prod")

    assert seconds == {"prod": 30.0}
    assert lines == [
        "prod: Synced, Progressing (0 s)",
        "cluster: reading the workloads: no answer (3 s)",
        "prod: Synced and Healthy (30 s)",
    ]


def test_a_cluster_that_does_not_come_back_is_the_error_at_the_deadline() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": PROGRESSING})
    cluster.outage = lambda at: at >= 3

    with pytest.raises(UnavailableError) as raised:
        wait(cluster, time, "agentsmith-prod", timeout=30)

    assert raised.value is NO_ANSWER
    assert 30 < time.now - cluster.started <= 32


def test_a_cluster_that_never_answered_is_an_error_at_once() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {})
    cluster.outage = lambda _at: True

    with pytest.raises(UnavailableError):
        wait(cluster, time, "agentsmith-prod")

    assert time.now == cluster.started


def test_a_cluster_that_never_answers_is_named_at_the_deadline() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": HEALTHY})
    cluster.refusal = lambda _at: NO_ANSWER

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod", timeout=30)

    assert raised.value.message == ("not there after 30 s: prod: reading the workloads: no answer")


def test_a_right_that_is_missing_is_an_error_soon_and_proves_nothing() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": HEALTHY})
    cluster.refusal = lambda _at: FORBIDDEN

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod")

    assert (raised.value.message, raised.value.hint) == (
        "prod: reading the workloads: forbidden",
        "use another context",
    )
    assert 20 <= time.now - cluster.started <= 30


def test_trouble_that_lasts_is_told_of_even_where_its_cause_may_not_be_read() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(time, lambda _at: {"agentsmith-prod": DEGRADED})
    cluster.refusal = lambda _at: FORBIDDEN

    with pytest.raises(BootstrapError) as raised:
        wait(cluster, time, "agentsmith-prod")

    assert (raised.value.message, raised.value.hint) == (
        "prod: Synced, but Degraded; reading the workloads: forbidden",
        "look at its resources in the Argo CD UI",
    )


def test_argocd_is_asked_to_look_again_now_and_then() -> None:
    time = FakeTime()
    cluster = ScriptedCluster(
        time, lambda at: {"agentsmith-prod": HEALTHY if at >= 40 else PROGRESSING}
    )

    wait(cluster, time, "agentsmith-prod")

    assert cluster.refreshed == ["agentsmith-prod"] * 3


def test_an_environment_counts_only_once_the_root_has_applied_its_application() -> None:
    time = FakeTime()

    def script(at: float) -> dict[str, tuple[str, str]]:
        # healthy as it was before; from 4 s on as the wanted commit has it
        environment = HEALTHY if at < 4 or at >= 8 else PROGRESSING
        return {ROOT: HEALTHY if at >= 4 else ("OutOfSync", "Healthy"), "agentsmith-a": environment}

    seconds, lines = wait(ScriptedCluster(time, script), time, "agentsmith-a")

    assert seconds == {"a": 8.0}
    assert lines == ["a: Synced, Progressing (4 s)", "a: Synced and Healthy (8 s)"]
