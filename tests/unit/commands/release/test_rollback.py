"""`bootstrap rollback`: the files of an earlier revision, in a new commit, and a hold."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from bootstrap.environments.hold import Hold, add_hold, read_hold, release_hold
from bootstrap.errors import BootstrapError
from tests.unit.shared_tree import Shared

VALUES = "environments/prod/values.yaml"
CONFIG = "environments/prod/agentsmith.yml"
SEALED = "environments/prod/sealed-secret.yaml"
CERTIFICATE = "environments/prod/sealing-cert.pem"


@dataclass
class FakeCluster:
    """An Argo CD that remembers `history`, and a controller that opens all or nothing."""

    history: list[str] = field(default_factory=list)
    health: str = "Healthy"
    opens: bool | None = None
    context: str = "fake"
    meanwhile: Callable[[], object] = lambda: None
    """What happens elsewhere while it is asked."""

    @property
    def argocd(self) -> FakeCluster:
        return self

    @property
    def sealing(self) -> FakeCluster:
        return self

    def has_kind(self, _version: str, _kind: str) -> bool:
        return True

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_applications(self) -> dict[str, Any]:
        self.meanwhile()
        entries = [{"revision": revision} for revision in self.history]
        status = {"history": entries, "health": {"status": self.health}}
        return {"agentsmith-prod": {"status": status}} if self.history else {}

    def locate(self) -> FakeCluster:
        return self

    def verify(self, _sealed: object) -> bool:
        self.meanwhile()
        if self.opens is None:
            raise BootstrapError("no sealed-secrets controller in cluster fake", "install it")
        return self.opens


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """The cluster that the commands connect to."""
    fake = FakeCluster()
    monkeypatch.setattr(import_module("bootstrap.cli.options"), "connect", lambda *_where: fake)
    return fake


def release(shared: Shared, tag: str) -> str:
    """Push another image of the dispatcher and return the commit."""
    text = shared.tree.read(VALUES)
    assert shared.tree.run(
        "upgrade", "prod", "--dispatcher", f":{tag}", "--push", "--release-hold"
    ).code == 0  # fmt: skip
    assert shared.tree.read(VALUES) != text
    return shared.tree.git("rev-parse", "HEAD").strip()


def image(shared: Shared) -> str:
    """Return the tag of the dispatcher that is pushed."""
    (line,) = [line for line in shared.pushed(VALUES).splitlines() if "  dispatcher: " in line]
    return line.rpartition(":")[2]


def test_a_named_revision_is_restored_without_a_cluster_and_held(shared: Shared):
    tree = shared.tree
    first = release(shared, "1.0")
    tree.write(CONFIG, "projects: {}\n")
    second = shared.push("Empty the configuration")
    good = tree.contents()
    release(shared, "2.0")
    tree.write(CONFIG, "broken\n")
    last = shared.push("Break the configuration")

    done = tree.run("rollback", "prod", "--to", second, "--reason", "it's red", "--push")

    assert done.code == 0
    assert done.lines[0] == f"prod: back to {second[:7]} (Empty the configuration)"
    text = tree.read(VALUES)
    hold = read_hold(text)
    assert hold is not None
    assert hold == Hold(second, last, hold.since, "it's red")
    assert tree.contents() == good | {VALUES: text.encode()}
    assert release_hold(text).encode() == good[VALUES]
    assert shared.ask("log", "-1", "--format=%B", "main").splitlines() == [
        f"Roll prod back to {second[:7]}",
        "",
        "it's red",
        "",
        f"Its files are as they were at {second[:7]} (Empty the configuration), and it is held.",
        "",
    ]
    assert first != second


def test_the_newest_synced_revision_with_other_files_is_the_default(
    shared: Shared, cluster: FakeCluster
):
    first, second, third = (release(shared, tag) for tag in ("1.0", "2.0", "3.0"))
    shared.tree.write("environments/other/x.txt", "not of prod")
    fourth = shared.push("Change what prod does not see")
    cluster.history = [first, second, third, fourth, "0" * 40]

    assert shared.tree.run("rollback", "prod", "--push").code == 0
    assert image(shared) == "2.0"
    cluster.history.append(shared.tree.git("rev-parse", "HEAD").strip())
    # again: not forward to what was just taken back
    assert shared.tree.run("rollback", "prod", "--push").code == 0
    assert image(shared) == "1.0"
    cluster.history.append(shared.tree.git("rev-parse", "HEAD").strip())

    fifth = release(shared, "5.0")
    cluster.history.append(fifth)
    assert shared.tree.run("rollback", "prod", "--push").code == 0
    assert image(shared) == "1.0"


def test_what_was_synced_and_is_unhealthy_is_passed_over(shared: Shared, cluster: FakeCluster):
    first, second = release(shared, "1.0"), release(shared, "2.0")
    shared.tree.write(VALUES, "image: [\n")
    shared.push("Break it for good")
    cluster.history, cluster.health = [first, second], "Degraded"

    done = shared.tree.run("rollback", "prod", "--push")

    assert (done.code, image(shared)) == (0, "1.0")
    assert done.lines[:2] == [
        f"prod: back to {first[:7]} (Upgrade prod: dispatcher 1.0)",
        f"Argo CD synced {first[:7]} with success; whether it was healthy is not known"
        " (another: --to REV)",
    ]


def test_that_the_one_that_runs_is_healthy_is_known_and_said(shared: Shared, cluster: FakeCluster):
    first, second = release(shared, "1.0"), release(shared, "2.0")
    release(shared, "not-synced")
    cluster.history = [first, second]

    done = shared.tree.run("rollback", "prod", "--push")

    assert (done.code, image(shared)) == (0, "2.0")
    assert done.lines[1] == f"{second[:7]} is what Argo CD synced last, and it is Healthy now"


def test_the_cluster_is_asked_while_others_may_write(shared: Shared, cluster: FakeCluster):
    cluster.history = [release(shared, "1.0"), release(shared, "2.0")]
    asked: list[str] = []

    def lock() -> None:
        descriptor = os.open(shared.tree.root, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asked.append("the lock is free")
        finally:
            os.close(descriptor)

    cluster.meanwhile = lock

    assert shared.tree.run("rollback", "prod").code == 0
    assert asked == ["the lock is free"]


def test_what_others_changed_meanwhile_is_not_written_over(shared: Shared, cluster: FakeCluster):
    cluster.history = [release(shared, "1.0"), release(shared, "2.0")]
    head = cluster.history[1]
    tree = shared.tree
    steps: list[Callable[[], object]] = [
        lambda: tree.write(CONFIG, "theirs\n"),
        lambda: tree.git("commit", "--quiet", "--all", "--message", "Theirs"),
    ]

    def meanwhile() -> None:
        steps.pop(0)()

    cluster.meanwhile = meanwhile
    written = tree.run("rollback", "prod")
    tree.git("stash", "--quiet")
    steps.insert(0, lambda: tree.git("stash", "pop", "--quiet"))
    cluster.meanwhile = lambda: (meanwhile(), meanwhile())
    committed = tree.run("rollback", "prod")

    assert (written.code, committed.code, steps) == (1, 1, [])
    assert written.lines == [
        f"error: {CONFIG} has changes that are not committed, and a rollback would lose them",
        "  fix: commit or stash them first",
    ]
    assert committed.lines == [
        f"error: HEAD is no longer at {head[:7]}: something else committed or checked out here",
        "  fix: run this again",
    ]
    assert tree.read(CONFIG) == "theirs\n"


def test_without_a_synced_revision_it_asks_for_one(shared: Shared, cluster: FakeCluster):
    absent = shared.tree.run("rollback", "prod")
    cluster.history = [shared.tree.git("rev-parse", "HEAD").strip()]
    alone = shared.tree.run("rollback", "prod")

    assert (absent.code, absent.lines) == (
        1,
        [
            "error: cluster fake has no Application agentsmith-prod",
            "  fix: name another --context, or the revision: --to REV",
        ],
    )
    assert (alone.code, alone.lines) == (
        1,
        [
            "error: Argo CD's history of prod has no synced revision with other files than these"
            " (it keeps the last 10 syncs; one that is not healthy now does not count)",
            "  fix: choose one from `git log -- environments/prod` and name it: --to REV",
        ],
    )


def test_secrets_sealed_since_stay_unless_they_are_asked_for(shared: Shared):
    tree = shared.tree
    tree.write("secrets.local.yaml", "githubToken: old\n")
    assert tree.run("seal", "secrets.local.yaml").code == 0
    old = tree.read(SEALED)
    before = shared.push("Seal")
    release(shared, "2.0")
    tree.write("secrets.local.yaml", "githubToken: new\n")
    assert tree.run("seal", "secrets.local.yaml").code == 0
    new = tree.read(SEALED)
    shared.push("Rotate")

    kept = tree.run("rollback", "prod", "--to", before)
    after_kept = tree.read(SEALED)
    tree.git("checkout", "--quiet", "--", ".")
    restored = tree.run("rollback", "prod", "--to", before, "--secrets")

    assert kept.code == 0
    assert (
        f"{SEALED} was another at {before[:7]}; the newest secrets stay (--secrets restores those"
        " too)"
    ) in kept.lines
    assert (after_kept, restored.code, tree.read(SEALED)) == (new, 0, old)


@pytest.mark.parametrize(
    ("opens", "why"),
    [
        (None, "and no controller could be asked: no sealed-secrets controller in cluster fake"),
        (False, "and the controller does not open them either"),
        (True, None),
    ],
)
def test_secrets_that_nobody_opens_are_not_restored(
    shared: Shared,
    cluster: FakeCluster,
    controller_certificate: str,
    opens: bool | None,
    why: str | None,
):
    tree = shared.tree
    tree.write("secrets.local.yaml", "githubToken: old\n")
    assert tree.run("seal", "secrets.local.yaml").code == 0
    before = shared.push("Seal")
    (tree.root / "environments/prod/sealing-key.local.pem").unlink()
    tree.write(CERTIFICATE, controller_certificate)
    shared.push("Pin another certificate")
    release(shared, "2.0")
    cluster.opens = opens

    done = tree.run("rollback", "prod", "--to", before, "--secrets")

    assert done.code == (0 if why is None else 1)
    if why is not None:
        assert done.lines == [
            f"error: {SEALED} of {before[:7]}: there is no key here for github-token,"
            f" redis-url, {why}",
            "  fix: leave --secrets out, then seal what is needed again; or put the old key back",
        ]


def test_what_is_not_restored_is_said(shared: Shared):
    tree = shared.tree
    before = release(shared, "1.0")
    tree.write("helm/agentsmith/Chart.yaml", "name: agentsmith\nversion: 2\n")
    assert tree.run("pause", "prod").code == 0
    shared.push("Change the chart")
    release(shared, "2.0")

    done = tree.run("rollback", "prod", "--to", before)

    assert done.code == 0
    assert [line for line in done.lines if line.startswith("warning: ")] == [
        f"warning: the chart (helm/agentsmith) was another at {before[:7]}; it is not rolled back,"
        " as all environments share it",
        f"warning: argocd/applications/prod.yaml was another at {before[:7]}; it stays as it is",
    ]
    assert "enabled: false" in tree.read("argocd/applications/prod.yaml")


def test_where_nothing_differs_nothing_is_held(shared: Shared):
    commit = release(shared, "1.0")
    before = shared.tree.snapshot()

    done = shared.tree.run("rollback", "prod", "--to", commit, "--push")
    held = add_hold(shared.tree.read(VALUES), Hold(commit, commit, "2026-11-24T18:00:00Z"))

    assert (done.code, shared.tree.snapshot()) == (0, before)
    shared.tree.write(VALUES, held)
    shared.push("Hold")
    assert shared.tree.run("rollback", "prod", "--to", commit).code == 0
    assert shared.tree.read(VALUES) == held


def test_a_dry_run_shows_what_would_come_back(shared: Shared):
    first = release(shared, "1.0")
    release(shared, "2.0")
    before = shared.tree.snapshot()

    done = shared.tree.run("rollback", "prod", "--to", first, "--dry-run")

    assert (done.code, shared.tree.snapshot()) == (0, before)
    assert "+  dispatcher: agentsmith-dispatcher:1.0\n" in done.out
    assert f"+# bootstrap hold: revision={first} from=" in done.out


def test_line_ends_come_back_as_they_were(shared: Shared):
    text = shared.tree.read(VALUES).replace("\n", "\r\n")
    shared.tree.write(VALUES, text)
    windows = shared.push("Windows")
    shared.tree.write(VALUES, "image: {}\n")
    shared.push("Empty")

    assert shared.tree.run("rollback", "prod", "--to", windows).code == 0
    assert release_hold((shared.tree.root / VALUES).read_bytes().decode()) == text


def test_work_that_is_not_committed_is_never_lost(shared: Shared):
    first = release(shared, "1.0")
    release(shared, "2.0")
    shared.tree.write(CONFIG, "mine\n")

    done = shared.tree.run("rollback", "prod", "--to", first)

    assert (done.code, done.lines[0]) == (
        1,
        f"error: {CONFIG} has changes that are not committed, and a rollback would lose them",
    )
    assert shared.tree.read(CONFIG) == "mine\n"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["--to", "nowhere"], 1, "--to 'nowhere' is no commit, tag or branch that is known here"),
        (["--to", "--all"], 2, "--to '--all' can't mean a commit"),
        (["--to", "HEAD", "--reason", "a\nb"], 2, "--reason is not one line of plain text"),
    ],
)
def test_what_makes_no_sense_is_refused(
    shared: Shared, arguments: list[str], code: int, error: str
):
    done = shared.tree.run("rollback", "prod", *arguments)

    assert (done.code, done.lines[0]) == (code, f"error: {error}")


def test_a_revision_without_the_environment_is_refused(shared: Shared):
    start = shared.tree.git("rev-list", "--max-parents=0", "HEAD").strip()

    done = shared.tree.run("rollback", "prod", "--to", start)

    assert (done.code, done.lines[0]) == (1, f"error: {start[:7]} has no {VALUES}")
