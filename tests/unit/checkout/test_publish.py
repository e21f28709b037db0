"""Planned files, brought as far as asked: against a real remote, with real hooks."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from bootstrap.checkout.publish import Plan, Published, PublishOptions, publish
from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Change, Repository
from bootstrap.git import Git
from bootstrap.planned_file import PlannedFile
from tests.unit.work_tree import WorkTree

VALUES = "environments/prod/values.yaml"
OLD = "environments/prod/old.yaml"
KEY = "environments/prod/sealing-key.local.pem"
PROD = Environment("prod", "agentsmith-prod", "https://x/y.git", "main", parse_destination(None))
PLAN = Plan(
    (
        PlannedFile(VALUES, "image: new\n"),
        PlannedFile("environments/prod/made.yaml", "made\n"),
        PlannedFile(KEY, "private\n", private=True),
    ),
    "Release new in prod",
    removed=(OLD, "environments/prod/never-was.yaml"),
)


class Reporter:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def step(self, message: str) -> None:
        """Nothing is expected."""
        raise AssertionError(message)

    def warn(self, message: str) -> None:
        """Keep a warning."""
        self.warnings.append(message)


@pytest.fixture
def remote(tree: WorkTree, tmp_path: Path) -> Path:
    """A bare remote that has what the tree has: an environment with two files."""
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(bare)], check=True)
    tree.write(VALUES, "image: old\n")
    tree.write(OLD, "old\n")
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=Add prod")
    tree.git("remote", "set-url", "origin", str(bare))
    tree.git("push", "--quiet", "--set-upstream", "origin", "main")
    return bare


def carry_out(tree: WorkTree, plan: Plan = PLAN, *, dry_run: bool = False, **options: object):
    repository, git, reporter = Repository(tree.root), Git(tree.root), Reporter()
    with repository.lock():
        done = publish(
            plan,
            PublishOptions(**options),  # type: ignore[arg-type]
            environments=[PROD],
            repository=repository,
            git=git,
            reporter=reporter,
            dry_run=dry_run,
        )
    return done, reporter.warnings


CHANGES = (
    Change(VALUES, "updated"),
    Change("environments/prod/made.yaml", "created"),
    Change(KEY, "created"),
    Change(OLD, "removed"),
    Change("environments/prod/never-was.yaml", "unchanged"),
)


def test_without_options_only_files_change(tree: WorkTree, remote: Path) -> None:
    before = tree.git("rev-parse", "HEAD")

    done, _ = carry_out(tree)

    assert done == Published(CHANGES, branch="main")
    assert tree.git("rev-parse", "HEAD") == before
    assert tree.read(VALUES) == "image: new\n"
    assert not (tree.root / OLD).exists()


def test_a_dry_run_touches_nothing(tree: WorkTree, remote: Path) -> None:
    before = tree.snapshot()

    done, _ = carry_out(tree, dry_run=True, push=True)

    assert done == Published(CHANGES, branch="main")
    assert tree.snapshot() == before


def test_a_commit_holds_the_plan_and_nothing_that_was_staged(tree: WorkTree, remote: Path) -> None:
    tree.write("staged.txt", "mine\n")
    tree.git("add", "staged.txt")

    done, _ = carry_out(tree, commit=True)

    assert done.commit == tree.git("rev-parse", "HEAD").strip()
    assert tree.git("show", "--name-status", "--format=%s").split("\n") == [
        "Release new in prod",
        "",
        "A\tenvironments/prod/made.yaml",
        f"D\t{OLD}",
        f"M\t{VALUES}",
        "",
    ]
    assert tree.git("status", "--porcelain") == "A  staged.txt\n"
    assert done.pushed is False


def test_a_push_brings_the_commit_and_a_second_run_changes_nothing(
    tree: WorkTree, remote: Path
) -> None:
    first, warnings = carry_out(tree, push=True)
    second, _ = carry_out(tree, push=True)

    assert (first.pushed, first.branch, warnings) == (True, "main", [])
    assert tree.git("-C", str(remote), "rev-parse", "main").strip() == first.commit
    assert (second.changed, second.commit, second.pushed) == (False, first.commit, False)


def test_a_branch_holds_the_commit_and_the_work_tree_stays(tree: WorkTree, remote: Path) -> None:
    tree.write("unrelated.txt", "mine\n")
    before = tree.snapshot()

    done, warnings = carry_out(tree, branch="release/new", push=True)

    assert tree.snapshot() == before
    assert tree.git("branch", "--show-current") == "main\n"
    assert tree.git("-C", str(remote), "rev-parse", "release/new").strip() == done.commit
    assert tree.git("diff", "--name-status", "main", "release/new").splitlines() == [
        "A\tenvironments/prod/made.yaml",
        f"D\t{OLD}",
        f"M\t{VALUES}",
    ]
    assert warnings == ["prod follows main, not release/new: it changes once this is merged there"]
    with pytest.raises(BootstrapError, match="branch release/new exists already"):
        carry_out(tree, branch="release/new")


def test_a_remote_that_moved_is_refused_before_a_file_is_touched(
    tree: WorkTree, remote: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "--quiet", str(remote), str(other)], check=True)
    (other / "theirs.txt").write_text("theirs\n")
    for command in (["add", "--all"], ["commit", "-qm", "Theirs"], ["push", "-q"]):
        subprocess.run(["git", "-C", str(other), *command], check=True)
    before = tree.snapshot()

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, push=True)

    assert refused.value.message == (
        "main at origin has commits that are not here: somebody pushed before you"
    )
    assert refused.value.hint == "`git pull --rebase`, then run this again"
    assert tree.snapshot() == before
    tree.git("pull", "--quiet", "--rebase")
    done, _ = carry_out(tree, push=True)
    assert tree.git("-C", str(remote), "rev-parse", "main").strip() == done.commit


def test_a_push_that_loses_the_race_keeps_the_commit_for_the_next_run(
    tree: WorkTree, remote: Path, tmp_path: Path
) -> None:
    # the hook runs between our look at the remote and the push, as somebody else's push would
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "--quiet", str(remote), str(other)], check=True)
    hook = tree.root / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nunset $(git rev-parse --local-env-vars)\n"
        f"git -C {other} commit -q --allow-empty -m Theirs && git -C {other} push -q\nrm -f $0\n"
    )
    hook.chmod(0o755)

    with pytest.raises(BootstrapError, match="main at origin has commits that are not here"):
        carry_out(tree, push=True)

    assert tree.git("log", "--format=%s", "-1") == "Release new in prod\n"
    tree.git("pull", "--quiet", "--rebase")
    done, _ = carry_out(tree, push=True)
    assert done.commit == tree.git("rev-parse", "HEAD").strip()
    assert tree.git("-C", str(remote), "log", "--format=%s", "-2", "main").splitlines() == [
        "Release new in prod",
        "Theirs",
    ]


def test_what_somebody_began_in_the_same_file_is_not_committed(
    tree: WorkTree, remote: Path
) -> None:
    tree.write(VALUES, "image: half done\n")

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, commit=True)

    assert refused.value.message == f"{VALUES} has changes that are not committed yet"
    assert tree.read(VALUES) == "image: half done\n"


def test_a_hook_that_refuses_is_quoted(tree: WorkTree, remote: Path) -> None:
    hook = tree.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no releases on Friday' >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, commit=True)

    assert refused.value.message == "Git refused the commit: no releases on Friday"
    assert tree.git("status", "--porcelain").splitlines() == [
        f" D {OLD}",
        f" M {VALUES}",
        "?? environments/prod/made.yaml",
    ]


def test_a_server_that_declines_is_quoted_and_the_commit_is_kept(
    tree: WorkTree, remote: Path
) -> None:
    hook = remote / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, push=True)

    assert refused.value.message == (
        "origin does not take the push to main: [remote rejected] (hook declined)"
    )
    assert tree.git("log", "--format=%s", "-1") == "Release new in prod\n"


def test_a_detached_head_and_a_missing_remote_are_told(tree: WorkTree, remote: Path) -> None:
    tree.git("checkout", "--quiet", "--detach")
    for options in ({"push": True}, {"commit": True}):
        with pytest.raises(BootstrapError, match="HEAD is detached"):
            carry_out(tree, **options)
    tree.git("checkout", "--quiet", "main")
    tree.git("remote", "remove", "origin")
    with pytest.raises(BootstrapError, match="no remote `origin` to push to"):
        carry_out(tree, push=True)


def test_a_branch_that_could_not_be_pushed_is_not_in_the_way_of_the_next_try(
    tree: WorkTree, remote: Path
) -> None:
    hook = remote / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(BootstrapError, match="does not take the push to fix"):
        carry_out(tree, branch="fix", push=True)
    hook.unlink()

    done, _ = carry_out(tree, branch="fix", push=True)

    assert tree.git("-C", str(remote), "rev-parse", "fix").strip() == done.commit
    tree.git("branch", "-D", "fix")
    with pytest.raises(BootstrapError, match="branch fix exists at origin already"):
        carry_out(tree, branch="fix", push=True)
    assert tree.git("branch", "--list", "fix") == ""


@pytest.mark.parametrize("name", ["-x", "HEAD", "a b", "a..b", ""])
def test_what_can_not_name_a_branch_is_refused(tree: WorkTree, remote: Path, name: str) -> None:
    with pytest.raises(UsageError, match="can't name a branch"):
        carry_out(tree, branch=name)


def test_commits_that_go_along_with_a_push_are_named(tree: WorkTree, remote: Path) -> None:
    tree.git("commit", "--quiet", "--allow-empty", "--message=Work in progress")
    earlier = tree.git("log", "--format=%h %s", "-1").strip()

    done, warnings = carry_out(tree, push=True)

    assert done.earlier == (earlier,)
    assert warnings == [f"commits that were not pushed yet go along: {earlier}"]


def test_a_commit_that_takes_too_long_leaves_no_lock_behind(
    tree: WorkTree, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = tree.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec sleep 30\n")
    hook.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr("bootstrap.git.process._REMOTE_SECONDS", 1.0)
        with pytest.raises(BootstrapError) as refused:
            carry_out(tree, commit=True)
    hook.unlink()

    assert refused.value.message == "git commit gave no answer in time"
    assert list((tree.root / ".git").glob("*.lock")) == []
    assert tree.git("status", "--porcelain").splitlines() == [
        f" D {OLD}",
        f" M {VALUES}",
        "?? environments/prod/made.yaml",
    ]


def test_a_hook_that_says_nothing_is_still_named(tree: WorkTree, remote: Path) -> None:
    hook = tree.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, commit=True)

    assert (
        refused.value.message == "Git refused the commit: a hook of yours, which does not say why"
    )
    assert refused.value.hint.startswith("the files are changed and not committed: mend the cause")


def interrupt(tree: WorkTree, hook: str) -> None:
    """Have Git's `hook` press Ctrl-C, which reaches us and Git, once."""
    file = tree.root / ".git/hooks" / hook
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\nrm $0\nkill -{signal.SIGINT} {os.getpid()}\nexec sleep 30\n")
    file.chmod(0o755)


def test_a_commit_that_is_interrupted_leaves_everything_as_it_was(
    tree: WorkTree, remote: Path
) -> None:
    tree.write("staged.txt", "mine\n")
    tree.git("add", "staged.txt")
    before, head = tree.contents(), tree.git("rev-parse", "HEAD")
    interrupt(tree, "pre-commit")

    with pytest.raises(KeyboardInterrupt):
        carry_out(tree, commit=True)

    assert tree.git("rev-parse", "HEAD") == head
    assert tree.git("status", "--porcelain") == "A  staged.txt\n"
    assert tree.contents() == {**before, KEY: b"private\n"}, "a key that was made is not lost"
    done, _ = carry_out(tree, commit=True)
    assert done.commit == tree.git("rev-parse", "HEAD").strip()


def test_a_push_that_is_interrupted_can_be_run_again(tree: WorkTree, remote: Path) -> None:
    interrupt(tree, "pre-push")
    reporter, repository = Reporter(), Repository(tree.root)
    with repository.lock(), pytest.raises(KeyboardInterrupt):
        publish(
            PLAN, PublishOptions(push=True), environments=[PROD], repository=repository,
            git=Git(tree.root), reporter=reporter,
        )  # fmt: skip
    kept = tree.git("rev-parse", "HEAD").strip()
    assert reporter.warnings == [
        f"commit {kept[:7]} is kept, and may not be pushed: run this again"
    ]
    done, _ = carry_out(tree, push=True)
    assert (done.commit, done.pushed) == (kept, True)
    assert tree.git("-C", str(remote), "rev-parse", "main").strip() == kept


def test_a_branch_whose_push_is_interrupted_is_not_in_the_way_of_the_next_try(
    tree: WorkTree, remote: Path
) -> None:
    plan = Plan((PlannedFile(VALUES, "image: new\n"),), "Release new in prod")
    interrupt(tree, "pre-push")
    with pytest.raises(KeyboardInterrupt):
        carry_out(tree, plan, branch="fix", push=True)
    assert tree.git("branch", "--list", "fix") == ""

    done, _ = carry_out(tree, plan, branch="fix", push=True)

    assert tree.git("-C", str(remote), "rev-parse", "fix").strip() == done.commit


@pytest.mark.parametrize("dry_run", [False, True])
def test_plaintext_does_not_get_onto_a_branch_where_no_hook_runs(
    tree: WorkTree, remote: Path, dry_run: bool
) -> None:
    tree.write("secrets.local.yaml", "secrets:\n  jiraToken: MARKED-local-value\n")
    texts = {VALUES: "secrets:\n  githubToken: MARKED\n", OLD: "a: 1\nb: MARKED-local-value\n"}
    plan = Plan(tuple(PlannedFile(path, text) for path, text in texts.items()), "Leak")
    before = tree.snapshot()

    with pytest.raises(BootstrapError) as refused:
        carry_out(tree, plan, branch="leak", dry_run=dry_run)

    assert refused.value.message == (
        f"{OLD}:2: the value of jira-token of secrets.local.yaml, and 1 more: plaintext is not"
        " committed"
    )
    assert "MARKED" not in refused.value.message + refused.value.hint
    assert tree.git("branch", "--list", "leak") == ""
    assert tree.snapshot() == before
    done, _ = carry_out(tree, branch="fine")
    assert done.commit == tree.git("rev-parse", "fine").strip()
