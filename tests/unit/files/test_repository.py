from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.files import repository as module
from bootstrap.files.repository import Change, Repository
from bootstrap.planned_file import PlannedFile
from tests.unit.work_tree import WorkTree

FILES = [
    PlannedFile("environments/prod/new.yaml", "new\n"),
    PlannedFile("old.yaml", "changed\n"),
    PlannedFile("same.yaml", "same\n"),
    PlannedFile("environments/prod/key.local.pem", "key\n", private=True),
    PlannedFile("digests.local.json", "changed\n", private=True),
    PlannedFile("argocd/applications/prod.yaml", "app\n"),
]
MESSAGE_HINT = "check the file's place, owner and permissions, then run this again"


@pytest.fixture
def repository(tree: WorkTree) -> Repository:
    tree.write("old.yaml", "old\n").chmod(0o664)
    tree.write("same.yaml", "same\n")
    tree.write("digests.local.json", "old\n").chmod(0o600)
    return Repository(tree.root)


def test_write_makes_changes_and_leaves_what_is_the_same(repository: Repository, tree: WorkTree):
    before = tree.snapshot()
    expected = [
        Change("environments/prod/new.yaml", "created"),
        Change("old.yaml", "updated"),
        Change("same.yaml", "unchanged"),
        Change("environments/prod/key.local.pem", "created"),
        Change("digests.local.json", "updated"),
        Change("argocd/applications/prod.yaml", "created"),
    ]
    assert repository.plan(FILES) == expected
    assert tree.snapshot() == before
    assert repository.write(FILES) == expected
    after = tree.snapshot()
    assert {item.path: after[item.path][2].decode() for item in FILES} == {
        item.path: item.content for item in FILES
    }
    assert after["same.yaml"] == before["same.yaml"]
    assert {name for name in after if name not in before} == {
        "argocd",
        "argocd/applications",
        "argocd/applications/prod.yaml",
        "environments",
        "environments/prod",
        "environments/prod/new.yaml",
        "environments/prod/key.local.pem",
    }
    assert [change.action for change in repository.write(FILES)] == ["unchanged"] * 6
    assert tree.snapshot() == after


def test_mode_is_private_or_as_it_was_or_by_the_umask(repository: Repository, tree: WorkTree):
    (tree.root / "digests.local.json").chmod(0o644)
    previous = os.umask(0o027)
    try:
        repository.write(FILES)
    finally:
        os.umask(previous)
    modes = {item.path: stat.S_IMODE((tree.root / item.path).stat().st_mode) for item in FILES}
    assert modes == {
        "environments/prod/new.yaml": 0o640,
        "old.yaml": 0o664,
        "same.yaml": 0o644,
        "environments/prod/key.local.pem": 0o600,
        "digests.local.json": 0o600,
        "argocd/applications/prod.yaml": 0o640,
    }


def test_private_content_is_never_readable_by_others_not_even_before_its_rename(
    repository: Repository, tree: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    seen = []

    def watch(descriptor: int) -> None:
        for path in tree.root.rglob(".*.tmp.*.local.*"):
            seen.append(stat.S_IMODE(path.stat().st_mode))
            assert tree.git("check-ignore", str(path))

    monkeypatch.setattr(os, "fsync", watch)
    previous = os.umask(0)
    try:
        repository.write(FILES)
    finally:
        os.umask(previous)
    assert set(seen) == {0o600}


OPERATIONS = ("open", "fsync", "replace", "rename", "link", "mkdir")


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_failure_anywhere_puts_every_byte_mode_and_time_back(
    repository: Repository, tree: WorkTree, monkeypatch: pytest.MonkeyPatch, links: bool
):
    before = tree.snapshot()
    step = 0
    while True:
        step += 1
        with monkeypatch.context() as patch:
            count = _fail_at(patch, step, links=links)
            try:
                repository.write(FILES)
            except BootstrapError as error:
                assert error.message.endswith(": no space left on device")
                assert error.hint == MESSAGE_HINT
            else:
                break
        after = tree.snapshot()
        if not links:  # a copy can't have the time of what it copies
            after = {name: (mode, before[name][1], text) for name, (mode, _, text) in after.items()}
        assert after == before
    assert step > 20
    assert count() < step
    assert {p for p in tree.contents() if ".tmp." in p} == set()


def _fail_at(patch: pytest.MonkeyPatch, step: int, *, links: bool):
    """Make the operation number `step` fail for want of space, and count operations."""
    done = 0

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def operation(*arguments, **options):
            nonlocal done
            writes = name != "open" or arguments[1] & os.O_CREAT
            if name == "link":  # whose failure is no failure: a copy does as well
                if not links:
                    raise OSError(95, "Operation not supported")
            elif writes:
                done += 1
                if done == step:
                    raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        patch.setattr(os, name, operation)

    for name in OPERATIONS:
        wrap(name)
    return lambda: done


def test_interrupt_half_way_puts_everything_back(
    repository: Repository, tree: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    before = tree.snapshot()
    real, done = os.replace, []

    def replace(source, target):
        real(source, target)
        done.append(target)
        if len(done) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            repository.write(FILES)
    assert len(done) > 3  # those that put back
    assert tree.snapshot() == before


def test_what_can_not_be_put_back_is_said(
    repository: Repository, tree: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    real, done = os.replace, []

    def replace(source, target):
        done.append(target)
        if len(done) > 2:
            raise OSError(30, "Read-only file system")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(BootstrapError) as caught:
        repository.write(FILES)
    assert (caught.value.message, caught.value.hint) == (
        "old.yaml is changed and could not be put back: read-only file system",
        "look at it with `git diff old.yaml`, mend the disk, then run this again",
    )
    assert not (tree.root / "environments").exists()


def test_leftovers_of_a_killed_run_are_removed_even_if_nothing_changes(
    repository: Repository, tree: WorkTree
):
    repository.write(FILES)
    before = tree.snapshot()
    tree.write("environments/prod/.0a1b2c3d.tmp.key.local.pem", "half a key")
    tree.write(".0a1b2c3d.tmp.same.yaml", "half")
    repository.write(FILES)
    assert tree.snapshot() == before


def test_link_is_not_written_through(repository: Repository, tree: WorkTree, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tree.root / "environments").symlink_to(outside)
    with pytest.raises(BootstrapError) as caught:
        repository.write(FILES)
    assert (caught.value.message, caught.value.hint) == (
        "environments/prod/new.yaml is, or is below, a symbolic link",
        "replace the link by what it leads to",
    )
    assert list(outside.iterdir()) == []
    (tree.root / "environments").unlink()
    target = tmp_path / "target"
    target.write_text("theirs")
    (tree.root / "old.yaml").unlink()
    (tree.root / "old.yaml").symlink_to(target)
    before = tree.snapshot()
    with pytest.raises(BootstrapError, match=r"old.yaml is, or is below, a symbolic link"):
        repository.write(FILES)
    assert tree.snapshot() == before
    assert target.read_text() == "theirs"


def test_what_is_no_text_file_is_refused(repository: Repository, tree: WorkTree):
    tree.write("latin", b"\xe9")
    tree.write("large", b"x" * (4 * 2**20 + 1))
    os.mkfifo(tree.root / "pipe")
    cases = {
        "latin": ("latin is not UTF-8 text", "save it as UTF-8"),
        "large": ("large is larger than 4 MiB", "restore it with `git checkout`"),
        "pipe": ("pipe is not a regular file", "move it away"),
        "helm": ("helm is not a regular file", "move it away"),
        "old.yaml/x": ("old.yaml/x: not a directory", MESSAGE_HINT),
    }
    for path, expected in cases.items():
        with pytest.raises(BootstrapError) as caught:
            repository.read(path)
        assert (caught.value.message, caught.value.hint) == expected
    assert repository.read("none") is None


def test_environments_and_applications_are_listed_by_name(repository: Repository, tree: WorkTree):
    assert (repository.environments(), repository.applications()) == ([], [])
    for name in ("b/values.yaml", "a/values.yaml", ".hidden/x", "file"):
        tree.write(f"environments/{name}", "x")
    for name in ("b.yaml", "a.yaml", ".c.yaml", "README.md"):
        tree.write(f"argocd/applications/{name}", "x")
    assert (repository.environments(), repository.applications()) == (["a", "b"], ["a", "b"])


def test_second_command_waits_for_the_first_and_gives_up_in_time(
    repository: Repository, tree: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    other = Repository(tree.root)
    with repository.lock():
        monkeypatch.setattr(module, "_LOCK_SECONDS", 0.0)
        with pytest.raises(BootstrapError) as caught, other.lock():
            pytest.fail("both hold the lock")
        assert (caught.value.message, caught.value.hint) == (
            "another bootstrap command is writing to this repository",
            "wait for it to end, then run this again",
        )
        monkeypatch.setattr(module, "_LOCK_SECONDS", 30.0)
        order: list[str] = []

        def second() -> None:
            with other.lock():
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_lock_ends_with_its_process(tree: WorkTree):
    script = (
        "import os, signal, sys; from pathlib import Path;"
        "from bootstrap.files.repository import Repository\n"
        "with Repository(Path(sys.argv[1])).lock(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tree.root)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Repository(tree.root).lock():
        pass


def test_what_was_taken_away_comes_back_when_a_later_step_fails(
    repository: Repository, tree: WorkTree
):
    tree.write("folder/kept.yaml", "kept\n")
    before = tree.snapshot()

    with pytest.raises(BootstrapError, match="folder: "):
        repository.write(FILES, removed=["same.yaml", "folder"])

    assert tree.snapshot() == before
    assert repository.write([], removed=["same.yaml", "never-was.yaml"]) == [
        Change("same.yaml", "removed"),
        Change("never-was.yaml", "unchanged"),
    ]
    assert not (tree.root / "same.yaml").exists()
