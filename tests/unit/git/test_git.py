from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.git import Git, refuse_if_git_would_see
from bootstrap.git.tracked import last_removal
from tests.unit.work_tree import ORIGIN, WorkTree, make_tree


def refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(BootstrapError) as caught:
        refuse_if_git_would_see(path)
    return caught.value.message, caught.value.hint


def test_answers_about_a_work_tree(tree: WorkTree):
    (tree.root / "helm/agentsmith").mkdir(exist_ok=True)
    git = Git.find(tree.root / "helm/agentsmith")
    head = tree.git("rev-parse", "HEAD").strip()
    assert git.root == tree.root
    assert (git.current_branch(), git.remote_url(), git.head()) == ("main", ORIGIN, head)
    assert (git.remote_url("upstream"), git.has_commit(head), git.has_commit("0" * 40)) == (
        None,
        True,
        False,
    )


def test_no_commit_and_no_branch(tree: WorkTree):
    tree.git("checkout", "--quiet", "--orphan", "feature/x")
    git = Git.find(tree.root)
    assert (git.current_branch(), git.head()) == ("feature/x", None)
    tree.git("checkout", "--quiet", "--detach", "main")
    assert git.current_branch() is None


def test_path_with_spaces_and_other_letters(tmp_path: Path):
    root = make_tree(tmp_path / "a ü [x] 'q'")
    git = Git.find(root)
    file = root / "ä b.yaml"
    file.write_text("x")
    assert git.root == root
    assert git.uncommitted(["."]) == ["ä b.yaml"]
    assert not git.would_ignore(file)


def test_uncommitted_counts_what_git_would_add(tree: WorkTree):
    tree.write("environments/prod/values.yaml", "a")
    tree.write("environments/prod/key.local.pem", "a")
    tree.write("elsewhere", "a")
    tree.git("add", "environments")
    tree.write("environments/prod/new", "a")
    git = Git.find(tree.root)
    assert git.uncommitted(["environments", "argocd"]) == [
        "environments/prod/new",
        "environments/prod/values.yaml",
    ]


def test_remote_commit_of_branch_and_tag(tree: WorkTree, tmp_path: Path):
    git = Git.find(tree.root)
    head = tree.git("rev-parse", "HEAD").strip()
    tree.git("tag", "--annotate", "--message=v1", "v1")
    assert tree.git("rev-parse", "v1").strip() != head
    url = f"file://{tree.root}"
    assert {
        name: git.remote_commit(url, name) for name in ("main", "HEAD", "v1", "none", head)
    } == {
        "main": head,
        "HEAD": head,
        "v1": head,
        "none": None,
        head: head,
    }
    assert git.remote_commit("https://nowhere.invalid/x", "a" * 40) == "a" * 40
    with pytest.raises(BootstrapError) as caught:
        git.remote_commit(f"file://{tmp_path}/none", "main")
    assert caught.value.hint == "check the URL and your access: `git ls-remote` must work"


def test_a_remote_is_asked_once_for_branches_and_tags(tree: WorkTree) -> None:
    head = tree.git("rev-parse", "HEAD").strip()
    tree.git("branch", "release/1")
    tree.git("tag", "--annotate", "--message", "x", "v1")
    git = Git.find(tree.root)

    assert git.remote_commits(str(tree.root), ["main", "release/1", "v1", "gone", head]) == {
        "main": head,
        "release/1": head,
        "v1": head,
        "gone": None,
        head: head,
    }
    with pytest.raises(BootstrapError, match="can't be read from here"):
        git.remote_commits(str(tree.root / "nowhere"), ["main"])
    assert git.remote_commits(str(tree.root / "nowhere"), [head]) == {head: head}


def test_unpushed_and_ancestors(tree: WorkTree):
    git = Git.find(tree.root)
    start = tree.git("rev-parse", "HEAD").strip()
    tree.write("environments/prod/values.yaml", "a")
    tree.git("add", "environments")
    tree.git("commit", "--quiet", "--message=Add prod")
    head = tree.git("rev-parse", "HEAD").strip()
    short = tree.git("rev-parse", "--short", "HEAD").strip()
    assert git.unpushed(start, ["environments"]) == [f"{short} Add prod"]
    assert git.unpushed(start, ["argocd"]) == git.unpushed(head, ["environments"]) == []
    assert (git.is_ancestor(start, head), git.is_ancestor(head, start)) == (True, False)


def test_fetch_brings_a_commit_and_touches_no_branch(tree: WorkTree, tmp_path: Path):
    other = make_tree(tmp_path / "other")
    subprocess.run(["git", "-C", other, "commit", "-q", "--allow-empty", "-mNew"], check=True)
    commit = subprocess.run(
        ["git", "-C", other, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    git = Git.find(tree.root)
    before = tree.git("for-each-ref"), sorted((tree.root / ".git").iterdir())
    git.fetch(str(other), "main")
    assert git.has_commit(commit)
    assert (tree.git("for-each-ref"), sorted((tree.root / ".git").iterdir())) == before
    with pytest.raises(BootstrapError, match="can't be fetched from"):
        git.fetch(str(other), "none")


def test_credentials_in_what_git_says_are_not_passed_on(tree: WorkTree):
    git = Git.find(tree.root)
    with pytest.raises(BootstrapError) as caught:
        git.remote_commit("http://127.0.0.1:1/x", "main")
    assert "127.0.0.1" in caught.value.message
    tree.git("config", "url.http://me:t0ken@127.0.0.1:1/.insteadOf", "http://host/")
    with pytest.raises(BootstrapError) as caught:
        git.remote_commit("http://host/x", "main")
    assert "t0ken" not in caught.value.message


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"])
def test_variables_of_a_hook_do_not_mislead_us(
    tree: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
):
    other = make_tree(tmp_path / "other")
    tracked = tree.write("tracked.local.yaml", "x")
    tree.git("add", "--force", "tracked.local.yaml")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    value = {"GIT_DIR": other / ".git", "GIT_INDEX_FILE": other / ".git/index"}.get(variable, other)
    monkeypatch.setenv(variable, str(value))
    assert Git.find(tree.root).root == tree.root
    assert (
        refusal(tracked)[0]
        == f"{tracked} is tracked by Git, so its plaintext is or will be in the history"
    )


def test_folder_outside_a_work_tree(tmp_path: Path, tree: WorkTree):
    for folder in (tmp_path, tree.root / ".git"):
        with pytest.raises(BootstrapError) as caught:
            Git.find(folder)
        assert (caught.value.message, caught.value.hint) == (
            f"{folder} is not in a Git work tree",
            "run bootstrap inside your clone of the repository (or `git init` one)",
        )


def test_bare_repository_is_no_work_tree(tmp_path: Path):
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "b.git"], check=True)
    with pytest.raises(BootstrapError, match="is not in a Git work tree"):
        Git.find(tmp_path / "b.git")


def test_git_that_is_not_installed(tree: WorkTree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tree.root))
    with pytest.raises(BootstrapError) as caught:
        Git.find(tree.root)
    assert (caught.value.message, caught.value.hint) == (
        "git is not installed, or not on PATH",
        "install Git",
    )


def test_ignored_file_and_file_outside_any_repository_are_fine(tree: WorkTree, tmp_path: Path):
    refuse_if_git_would_see(tree.write("secrets.local.yaml", "x"))
    refuse_if_git_would_see(tree.write("environments/prod/secrets.local.yaml", "x"))
    refuse_if_git_would_see(tree.write(".git/secrets", "x"))
    outside = tmp_path / "secrets.yaml"
    outside.write_text("x")
    refuse_if_git_would_see(outside)


TRACKED_HINT = (
    "`git rm --cached {0}`, add it to .gitignore, and replace every"
    " secret in it that was ever pushed"
)


def test_tracked_file_is_refused_even_where_ignored(tree: WorkTree):
    tree.monkeypatch.chdir(tree.root)
    for name in ("secrets.yaml", "secrets.local.yaml"):
        file = tree.write(name, "x")
        tree.git("add", "--force", name)
        assert refusal(file) == (
            f"{file} is tracked by Git, so its plaintext is or will be in the history",
            TRACKED_HINT.format(name),
        )


def test_file_that_is_not_ignored_is_refused(tree: WorkTree):
    file = tree.write("secrets.yaml", "x")
    expected = (
        f"{file} is not ignored by Git, so the next `git add` would commit its plaintext",
        "name it *.local.yaml, or add secrets.yaml to .gitignore",
    )
    assert refusal(file) == expected
    reincluded = tree.write("again.local.yaml", "x")
    tree.write(".gitignore", "*.local.yaml\n!again.local.yaml\n")
    assert "is not ignored by Git" in refusal(reincluded)[0]


def test_name_with_letters_that_mean_something_to_git_is_taken_literally(tree: WorkTree):
    tree.write("a.yaml", "x")
    tree.git("add", "a.yaml")
    tree.write(".gitignore", "\\*.yaml\n:x.yaml\n\\[a\\].yaml\n")
    for name in ("*.yaml", ":x.yaml", "[a].yaml"):
        refuse_if_git_would_see(tree.write(name, "x"))


def test_link_to_a_tracked_file_and_through_a_folder_are_refused(tree: WorkTree, tmp_path: Path):
    tracked = tree.write("tracked.yaml", "x")
    tree.git("add", "tracked.yaml")
    link = tree.root / "secrets.local.yaml"
    link.symlink_to("tracked.yaml")
    assert "is tracked by Git" in refusal(link)[0]
    outside = tmp_path / "secrets.local.yaml"
    outside.symlink_to(tracked)
    assert "is tracked by Git" in refusal(outside)[0]
    folder = tmp_path / "folder"
    folder.symlink_to(tree.root)
    assert "is tracked by Git" in refusal(folder / "tracked.yaml")[0]


def test_file_in_another_repository_is_judged_by_that_one(tree: WorkTree, tmp_path: Path):
    other = make_tree(tmp_path / "other")
    (other / "secrets.yaml").write_text("x")
    assert "is not ignored" in refusal(other / "secrets.yaml")[0]
    inner = make_tree(tree.root / "inner.local")
    (inner / ".gitignore").unlink()
    (inner / "secrets.local.yaml").write_text("x")
    assert "is not ignored" in refusal(inner / "secrets.local.yaml")[0]


def test_damaged_index_is_no_permission(tree: WorkTree):
    file = tree.write("secrets.local.yaml", "x")
    tree.git("add", "--force", "secrets.local.yaml")
    (tree.root / ".git/index").write_bytes(b"damaged" * 10)
    message, hint = refusal(file)
    assert message.startswith(f"Git can't tell whether {file} is tracked: ")
    assert hint == "mend the repository; `git status` says more"


def test_damaged_repository_is_no_permission(tree: WorkTree):
    file = tree.write("secrets.local.yaml", "x")
    shutil.copy(tree.root / ".git/config", tree.root / ".git/config.bak")
    (tree.root / ".git/config").write_text("[broken\n")
    assert refusal(file)[0].startswith(f"Git refuses {tree.root}: ")


def test_what_a_commit_removed_is_found_byte_for_byte_and_its_loss_is_an_error(tree: WorkTree):
    tree.write("a.yaml", "a: 1\r\n")
    tree.git("add", "a.yaml")
    tree.git("commit", "--quiet", "--message=Add")
    blob = tree.git("rev-parse", "HEAD:a.yaml").strip()
    tree.git("rm", "--quiet", "a.yaml")
    tree.git("commit", "--quiet", "--message=Remove")
    head = tree.git("rev-parse", "HEAD").strip()

    assert last_removal(tree.root, "a.yaml") == (head, "a: 1\r\n")
    assert last_removal(tree.root, "b.yaml") is None
    (tree.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BootstrapError, match=r"Git has not the content of a\.yaml"):
        last_removal(tree.root, "a.yaml")
