"""Questions about many commits, to a real Git."""

from __future__ import annotations

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.git.history import GitHistory
from tests.unit.work_tree import WorkTree

NOWHERE = "a" * 40


def commit(tree: WorkTree, path: str, message: str) -> str:
    tree.write(path, message)
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", message)
    return tree.git("rev-parse", "HEAD").strip()


def test_commits_are_found_by_id_and_strangers_are_left_out(tree: WorkTree) -> None:
    first = commit(tree, "a/x", "One\n\nA body\x1f.")
    second = commit(tree, "b/x", "Two")

    found = GitHistory(tree.root).find([second, NOWHERE, "main", first, first])

    assert {key: (item.subject, item.author) for key, item in found.items()} == {
        first: ("One", "Test"),
        second: ("Two", "Test"),
    }
    assert GitHistory(tree.root).find([]) == GitHistory(tree.root).find([NOWHERE]) == {}


def test_the_commits_that_touch_paths_come_newest_first(tree: WorkTree) -> None:
    first = commit(tree, "a/x", "One")
    commit(tree, "b/x", "Two")
    third = commit(tree, "a/x", "Three")
    history = GitHistory(tree.root)

    assert [item.id for item in history.touching([third], ["a"], 10)] == [third, first]
    assert [item.id for item in history.touching([third], ["a"], 1)] == [third]
    assert history.touching([], ["a"], 1) == []
    assert history.last_touching(tree.git("rev-parse", "HEAD~1").strip(), ["a"]) == first
    assert history.last_touching(third, ["c"]) is None
    with pytest.raises(BootstrapError, match="git log failed"):
        history.touching([NOWHERE], ["a"], 1)


def test_files_that_differ_are_told_unless_a_commit_is_not_here(tree: WorkTree) -> None:
    first = commit(tree, "a/é x", "One")
    commit(tree, "b/x", "Two")
    third = commit(tree, "a/é x", "Three")
    history = GitHistory(tree.root)

    assert history.changed(first, third, ["a", "b"]) == {"a/é x", "b/x"}
    assert history.changed(first, third, ["b"]) == {"b/x"}
    assert history.changed(NOWHERE, third, ["a"]) is None
