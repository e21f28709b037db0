"""`bootstrap pause` and `resume`: one field of one Application, in Git."""

from __future__ import annotations

from tests.unit.shared_tree import Shared
from tests.unit.work_tree import WorkTree

APPLICATION = "argocd/applications/prod.yaml"


def test_a_pause_turns_the_sync_off_and_resuming_brings_back_every_byte(prod: WorkTree):
    before = prod.read(APPLICATION)

    paused = prod.run("pause", "prod")
    off = prod.read(APPLICATION)
    again = prod.run("pause", "prod")
    resumed = prod.run("resume", "prod")

    assert paused.lines == [
        f"updated: {APPLICATION}",
        f"next: git add {APPLICATION} && git commit && git push",
        "  then: bootstrap wait prod",
    ]
    assert off == before.replace("    automated:\n", "    automated:\n      enabled: false\n")
    assert again.lines == [f"unchanged: {APPLICATION}", "prod is up to date; nothing changed"]
    assert resumed.code == 0
    assert prod.read(APPLICATION) == before


def test_init_keeps_an_environment_paused(prod: WorkTree):
    assert prod.run("pause", "prod").code == 0
    before = prod.contents()

    again = prod.run("init", "prod", "-o", "json")

    assert (again.code, again.json()["environment"]["sync"]) == (0, "paused")
    assert prod.contents() == before
    assert prod.run("init", "prod", "--sync", "auto").code == 0
    assert prod.contents() == before


def test_a_manual_sync_can_not_be_paused(prod: WorkTree):
    assert prod.run("pause", "prod").code == 0
    assert prod.run("init", "prod", "--sync", "manual").code == 0

    done = prod.run("resume", "prod")

    assert (done.code, done.lines) == (
        1,
        [
            "error: the sync of prod is manual, so there is nothing to resume",
            "  fix: `bootstrap init prod --sync auto` makes it automated",
        ],
    )
    assert prod.run("init", "prod", "--sync", "auto", "-o", "json").json()["environment"][
        "sync"
    ] == "auto"  # fmt: skip


def test_a_pushed_pause_is_one_commit_of_one_file(shared: Shared):
    done = shared.tree.run("pause", "prod", "--push")

    assert done.code == 0
    assert "      enabled: false\n" in shared.pushed(APPLICATION)
    assert shared.ask("log", "-1", "--format=%s", "--name-only", "main").split() == [
        "Pause", "prod", APPLICATION
    ]  # fmt: skip
