"""`bootstrap status`, with the cluster at hand and every question to it counted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from bootstrap.checkout.clusters import Clusters
from bootstrap.checkout.environments import load_root
from bootstrap.checkout.session import Session
from bootstrap.cluster import Cluster
from bootstrap.commands.watch.status import StatusReader, watch
from bootstrap.environments.hold import Hold, add_hold
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from bootstrap.protocols import Clock, Reporter
from bootstrap.views.status import tell_changes
from tests.unit.commands.fake_cluster import FakeCluster, application, apply, push
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.work_tree import WorkTree

VALUES = "environments/prod/values.yaml"


def crashing(namespace: str) -> dict[str, Any]:
    container = {
        "name": "dispatcher",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1}},
    }
    return {
        "kind": "Pod",
        "metadata": {"name": "d-1", "namespace": namespace},
        "status": {"containerStatuses": [container]},
    }


def _refuse(*_question: object) -> Any:
    raise BootstrapError("pods are forbidden", "use another context")


def session(fleet: WorkTree, cluster: object, time: Clock, log: Reporter) -> Session:
    """What `status` is handed, with time and cluster of our own."""
    return Session(
        Repository(fleet.root),
        Git(fleet.root),
        Clusters(lambda: cast(Cluster, cluster)),
        time,
        lambda: datetime.now(UTC),
        log,
    )


def test_all_fine_is_a_table_and_two_questions_to_the_cluster(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    apply(cluster, root=application(commit), prod=application(commit), staging=application(commit))

    done = fleet.run("status", "--exit-code")

    assert (done.code, done.err) == (0, "")
    assert cluster.asked == {"applications": 1, "jobs": 1}
    short = commit[:7]
    header, *rows = (line.split() for line in done.out.splitlines())
    assert " ".join(header) == (
        "ENVIRONMENT SYNC HEALTH RUNNING WANTED LAST SYNC KEYS CERTIFICATE JOBS"
    )
    days = rows[0][9]
    assert rows == [
        [name, "Synced", "Healthy", short, short, "5", "min", "ago", "0", days, "days", "1"]
        for name in ("prod", "staging")
    ]


def test_json_tells_everything_that_is_known(fleet: WorkTree, cluster: FakeCluster) -> None:
    commit = push(fleet, "Release 1")
    apply(cluster, root=application(commit), prod=application(commit))

    done = fleet.run("status", "prod", "-o", "json")

    (found,) = done.json()["environments"]
    certificate, last = found.pop("certificate"), found.pop("lastSync")
    assert certificate["daysLeft"] > 0
    assert certificate["notAfter"].endswith("Z")
    assert last.endswith("Z")
    assert found == {
        "name": "prod",
        "namespace": "agentsmith-prod",
        "state": "done",
        "message": "Synced and Healthy",
        "fix": None,
        "file": None,
        "sync": "Synced",
        "health": "Healthy",
        "automated": True,
        "running": {"commit": commit, "subject": "Release 1"},
        "wanted": {"commit": commit, "subject": "Release 1"},
        "images": ["redis:7"],
        "sealedKeys": 0,
        "agentJobs": 1,
        "hold": None,
    }
    assert done.json()["root"] is None


def test_a_hold_is_shown_as_long_as_it_lasts(fleet: WorkTree, cluster: FakeCluster) -> None:
    hold = Hold("a" * 40, "b" * 40, "2026-11-24T18:00:00Z", "it is red")
    fleet.write(VALUES, add_hold(fleet.read(VALUES), hold))
    commit = push(fleet, "Roll back")
    apply(cluster, root=application(commit), prod=application(commit))

    shown = fleet.run("status", "prod")
    data = fleet.run("status", "prod", "-o", "json")

    (line,) = [line for line in shown.out.splitlines() if line.strip().startswith("held")]
    assert line.split(maxsplit=1)[1] == (
        "since 2026-11-24T18:00:00Z after a rollback to aaaaaaa (it is red) until --release-hold"
    )
    assert data.json()["environments"][0]["hold"] == {
        "revision": "a" * 40, "since": "2026-11-24T18:00:00Z", "reason": "it is red"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "note"),
    [
        ({"automated": {"prune": True}}, ""),
        (
            {"automated": {"prune": True, "enabled": False}},
            " (its sync is paused; end that with `bootstrap resume prod`)",
        ),
        ({}, " (its sync is manual)"),
    ],
)
def test_a_paused_sync_is_told_from_a_manual_one(
    policy: dict[str, Any], note: str, fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    prod = application(commit) | {"spec": {"project": "agentsmith", "syncPolicy": policy}}
    apply(cluster, root=application(commit), prod=prod)

    done = fleet.run("status", "prod")
    data = fleet.run("status", "prod", "-o", "json")

    assert f"  argo cd      Synced, Healthy{note}\n" in done.out
    assert data.json()["environments"][0]["automated"] is (note == "")


def test_what_is_paused_before_it_was_ever_applied_is_told_so(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    assert fleet.run("pause", "prod").code == 0

    done = fleet.run("status", "prod")

    assert (
        "  argo cd      no Application"
        " (its sync is paused; end that with `bootstrap resume prod`)\n"
    ) in done.out


def test_what_is_not_there_is_told_with_what_to_do(fleet: WorkTree, cluster: FakeCluster) -> None:
    commit = push(fleet, "Release 1")
    apply(cluster, gone=application(commit), prod=application(commit))

    done = fleet.run("status", "--exit-code")

    assert done.code == 1
    assert done.lines == [
        "warning: Application agentsmith-gone is in the cluster, but not in this clone"
    ]
    assert done.out.splitlines()[3:] == [
        "",
        "staging: not applied yet",
        "  fix: start it with `bootstrap up staging`",
        "",
        "the root Application: Argo CD has no Application agentsmith-root, so nobody follows what"
        " is pushed: new environments, removals and changed settings do not come",
        "  fix: `bootstrap up` gives it back; the environments stay as they are",
    ]


def test_what_another_repository_has_is_told_of_and_not_shown_as_ours(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    theirs, ours = "https://git.example.com/other/agents.git", load_root(Repository(fleet.root)).url
    found = {name: application(commit) for name in ("root", "prod", "staging")}
    for item in found.values():
        item["spec"]["source"] = {"repoURL": theirs}
    found["staging"]["spec"]["source"] = {"repoURL": ours}
    found["staging"]["metadata"] = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    apply(cluster, **found)

    told = fleet.run("status", "-o", "json").json()

    fix = (
        "if they are two repositories, `bootstrap rename NAME` gives this one names of its own; if"
        " it is one that moved, `bootstrap up --adopt`"
    )
    assert told["root"] == {
        "message": f"Application agentsmith-root is of repository {theirs}, and this one is {ours}",
        "fix": fix,
    }
    prod, staging = told["environments"]
    assert (prod["state"], prod["message"], prod["sync"], prod["health"], prod["running"]) == (
        "failed",
        f"Application agentsmith-prod is of repository {theirs}, and this one is {ours}",
        None,
        None,
        None,
    )
    assert (staging["state"], staging["message"]) == (
        "stuck",
        "Application agentsmith-staging is being deleted, and what it made with it",
    )
    assert fleet.run("status", "--exit-code").code == 1


def test_a_root_that_is_in_trouble_is_told_though_each_environment_is_fine(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    root = application(commit)
    message = "app path does not exist"
    root["status"]["conditions"] = [{"type": "ComparisonError", "message": message}]
    apply(cluster, root=root, prod=application(commit), staging=application(commit))

    text = fleet.run("status", "--exit-code")
    told = fleet.run("status", "-o", "json").json()

    assert (text.code, text.out.splitlines()[-3:]) == (
        1,
        [
            "",
            f"the root Application: {message}",
            "  fix: push the commit that holds that path",
        ],
    )
    assert told["root"] == {"message": message, "fix": "push the commit that holds that path"}
    assert [item["state"] for item in told["environments"]] == ["done", "done"]


def test_applications_of_other_projects_are_not_missed_in_the_clone(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    apply(cluster, root=application(commit), prod=application(commit), staging=application(commit))
    platform = application(commit) | {"spec": {"project": "agentsmith-platform"}}
    cluster.applications |= dict.fromkeys(
        ("agentsmith-platform", "argo-cd", "sealed-secrets"), platform
    )

    done = fleet.run("status", "--exit-code")

    assert (done.code, done.err) == (0, "")


def test_workloads_that_may_not_be_read_hide_no_environment(
    fleet: WorkTree, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = push(fleet, "Release 1")
    degraded = application(commit, health="Degraded")
    apply(cluster, root=application(commit), prod=degraded, staging=degraded)
    monkeypatch.setattr(cluster, "read_workloads", _refuse)

    done = fleet.run("status", "-o", "json")

    assert (done.code, done.lines) == (0, ["warning: pods are forbidden"]), "said once, not twice"
    found = done.json()["environments"]
    assert [(item["name"], item["message"], item["agentJobs"]) for item in found] == [
        (name, "Synced, but Degraded", 1) for name in ("prod", "staging")
    ]


def test_a_refused_question_is_not_asked_again_every_second(
    fleet: WorkTree, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = push(fleet, "Release 1")
    asked: list[str] = []

    def refuse(namespace: str) -> list[dict[str, Any]]:
        asked.append(namespace)
        return _refuse()

    apply(cluster, root=application(commit), prod=application(commit, health="Degraded"))
    monkeypatch.setattr(cluster, "read_workloads", refuse)
    time, log = FakeTime(), Log()
    reader = StatusReader("prod", session(fleet, cluster, time, log))
    results = watch(reader, time, log)

    for _round in range(11):
        next(results)

    assert (asked, log.lines) == (["agentsmith-prod"] * 3, ["pods are forbidden"])


def test_another_cluster_that_does_not_answer_hides_no_environment(
    fleet: WorkTree,
    cluster: FakeCluster,
    certificate_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away = ("--cluster", "https://far.example.com", "--cert", str(certificate_file))
    assert fleet.run("init", "far", *away).code == 0
    commit = push(fleet, "Add far")
    names = {"prod", "staging", "far"}
    apply(cluster, root=application(commit), **{name: application(commit) for name in names})
    cluster.applications["agentsmith-far"] = application(commit, health="Degraded")
    far = FakeCluster()
    monkeypatch.setattr(far, "read_workloads", _refuse)
    monkeypatch.setattr(far, "count_agent_jobs", _refuse)
    monkeypatch.setattr(
        Cluster, "connect", lambda context, *_more: far if context == "far" else cluster
    )

    done = fleet.run("status", "-o", "json", "--destination-context", "far")

    assert (done.code, done.lines) == (0, ["warning: pods are forbidden"])
    found = done.json()["environments"]
    assert {item["name"]: (item["message"], item["agentJobs"]) for item in found} == {
        "far": ("Synced, but Degraded", None),
        "prod": ("Synced and Healthy", 1),
        "staging": ("Synced and Healthy", 1),
    }


def test_a_commit_that_does_not_touch_an_environment_leaves_it_where_it_is_wanted(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    first = push(fleet, "Release 1")
    fleet.write("environments/staging/agentsmith.yml", "projects: {}\n")
    fleet.write("README.md", "words\n")
    second = push(fleet, "Change staging")
    apply(cluster, root=application(second), prod=application(first), staging=application(first))

    prod = fleet.run("status", "prod", "--exit-code")
    staging = fleet.run("status", "staging", "--exit-code", "-o", "json")

    assert prod.code == 0
    assert f"running      {first[:7]} Release 1\n" in prod.out
    assert f"wanted       {second[:7]} Change staging\n" in prod.out
    assert staging.code == 1
    (found,) = staging.json()["environments"]
    assert found["message"] == f"at {first[:7]}, waiting for Argo CD to see {second[:7]}"


def test_a_push_of_somebody_else_is_fetched_to_compare_but_touches_no_branch(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    first = push(fleet, "Release 1")
    fleet.write("environments/staging/agentsmith.yml", "projects: {}\n")
    second = push(fleet, "Change staging")
    fleet.git("reset", "--quiet", "--hard", first)
    fleet.git("update-ref", "refs/remotes/origin/main", first)
    fleet.git("reflog", "expire", "--expire=now", "--all")
    fleet.git("gc", "--quiet", "--prune=now")
    apply(cluster, root=application(first), prod=application(first), staging=application(first))

    done = fleet.run("status", "prod", "--exit-code")

    assert done.code == 0
    assert f"wanted       {second[:7]} Change staging\n" in done.out
    assert fleet.git("rev-parse", "origin/main").strip() == first


def test_without_the_remote_the_rest_is_shown_and_that_is_said(
    fleet: WorkTree, cluster: FakeCluster, tmp_path: Path
) -> None:
    commit = push(fleet, "Release 1")
    (tmp_path / "remote.git").rename(tmp_path / "away")
    apply(cluster, root=application(commit), prod=application(commit))

    done = fleet.run("status", "prod")
    checked = fleet.run("status", "prod", "--exit-code")

    (line,) = done.lines
    assert line.startswith("warning: repository origin can't be read from here: ")
    assert line.endswith("; what is wanted is not known")
    assert f"running      {commit[:7]} Release 1\n  wanted       -\n" in done.out
    assert (done.code, checked.code) == (0, 1)


def test_a_crash_shows_its_last_words_without_a_secret(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    fleet.write("secrets.local.yaml", "secrets:\n  githubToken: some-hidden-value\n")
    apply(
        cluster,
        root=application(commit),
        prod=application(commit, health="Degraded"),
        staging=application(commit),
    )
    cluster.workloads = [crashing("agentsmith-prod")]
    cluster.log = "starting\nlogin with some-hidden-value failed\nError: no access\n"

    text = fleet.run("status", "prod")
    json = fleet.run("status", "-o", "json")

    assert text.out.splitlines()[1:7] == [
        "  state        Pod d-1: container dispatcher crashes: exit code 1",
        "  fix          `kubectl logs d-1 --previous` in its namespace says more",
        "  log          starting",
        "  log          (a line with a secret value)",
        "  log          Error: no access",
        "  argo cd      Synced, Degraded",
    ]
    assert "hidden" not in text.out + text.err + json.out
    assert "no access" not in json.out, "what a log may hold is for eyes, not for files"
    assert cluster.asked == {
        "applications": 2,
        "jobs": 2,
        "workloads of agentsmith-prod": 2,
        "log of agentsmith-prod/d-1/dispatcher, 5 lines": 2,
    }


def test_without_every_secret_to_mask_no_log_is_shown(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    fleet.write("secrets.local.yaml", "secrets:\n  githubToken: some-hidden-value\n")
    fleet.write("environments/prod/secrets.local.yaml", b"#" * (2**20 + 1))
    apply(cluster, root=application(commit), prod=application(commit, health="Degraded"))
    cluster.workloads = [crashing("agentsmith-prod")]
    cluster.log = "login with some-hidden-value failed\n"

    done = fleet.run("status", "prod")

    assert done.code == 0
    (line,) = done.lines
    assert line.startswith("warning: ")
    assert line.endswith(
        "environments/prod/secrets.local.yaml is larger than 1024 KiB; so no log is shown"
    )
    assert "container dispatcher crashes: exit code 1" in done.out
    assert "  log  " not in done.out + done.err
    assert "login" not in done.out + done.err


def test_a_broken_local_file_is_told_of_and_its_facts_are_unknown(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    apply(cluster, root=application(commit), prod=application(commit))
    fleet.write("environments/prod/sealing-cert.pem", "nothing")
    (fleet.root / "environments/prod/sealed-secret.yaml").unlink()
    fleet.write("environments/prod/values.yaml", "spawner:\n  namespace: agentsmith-forbidden\n")

    done = fleet.run("status", "prod", "-o", "json")

    assert len(done.lines) == 1
    assert "environments/prod/sealing-cert.pem" in done.lines[0]
    (found,) = done.json()["environments"]
    assert (found["sealedKeys"], found["certificate"], found["agentJobs"]) == (None, None, None)


def test_watching_polls_with_one_list_call_and_asks_the_rest_less_often(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    time, log = FakeTime(), Log()
    apply(cluster, root=application(commit), prod=application(commit, health="Degraded"))
    reader = StatusReader(None, session(fleet, cluster, time, log))
    results = watch(reader, time, log)

    for _round in range(11):
        next(results)
    cluster.fails = True
    cluster.asked, before = Counter(), cluster.asked

    assert before == {"applications": 11, "jobs": 3, "workloads of agentsmith-prod": 3}

    def recover(seconds: float, /) -> None:
        time.now += seconds
        cluster.fails = cluster.asked["applications"] < 3

    time.sleep = recover  # type: ignore[method-assign]
    assert len(next(results).environments) == 2
    assert log.lines == ["the cluster does not answer"], "said once, not every second"


def test_after_a_sync_the_objects_of_before_are_not_looked_at_again(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    first, time, log = push(fleet, "Release 1"), FakeTime(), Log()
    second = push(fleet, "Release 2")
    apply(cluster, root=application(first), prod=application(first, health="Degraded"))
    cluster.workloads = [crashing("agentsmith-prod")]
    reader = StatusReader("prod", session(fleet, cluster, time, log))
    results = watch(reader, time, log)
    before = next(results).environments[0].verdict
    apply(cluster, root=application(second), prod=application(second, health="Progressing"))
    cluster.workloads = []
    after = next(results).environments[0].verdict

    assert before.message == "Pod d-1: container dispatcher crashes: exit code 1"
    assert after.message == "Synced, Progressing"


def test_in_a_pipe_a_line_is_said_only_when_something_changes(
    fleet: WorkTree, cluster: FakeCluster
) -> None:
    commit = push(fleet, "Release 1")
    time, log = FakeTime(), Log()
    states = iter(["Progressing", "Progressing", "Healthy"])

    def move() -> dict[str, dict[str, Any]]:
        state = next(states, None)
        if state is None:
            raise KeyboardInterrupt
        return {"agentsmith-prod": application(commit, health=state)}

    cluster.read_applications = move  # type: ignore[method-assign]
    reader = StatusReader("prod", session(fleet, cluster, time, log))
    lines = []

    with pytest.raises(KeyboardInterrupt):
        lines.extend(tell_changes(watch(reader, time, log)))
    # extend keeps what came before the interrupt
    assert [line.partition(" ")[2] for line in lines] == [
        f"prod: Synced, Progressing, Synced, Progressing; running {commit[:7]} Release 1",
        f"prod: Synced, Healthy, Synced and Healthy; running {commit[:7]} Release 1",
    ]


def test_watching_excludes_what_ends(fleet: WorkTree, cluster: FakeCluster) -> None:
    for option in (["--exit-code"], ["-o", "json"]):
        assert fleet.run("status", "--watch", *option).code == 2
    assert cluster.asked == {}
