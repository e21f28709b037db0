from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import PROJECT
from tests.unit.work_tree import WorkTree

MARK = "MARKED-s3cret-value"
LOCAL = f"secrets:\n  githubToken: {MARK}\n"
HOOK = ".git/hooks/pre-commit"


@pytest.fixture
def guarded(tree: WorkTree) -> WorkTree:
    """A clone with local secrets and our hook."""
    tree.write("secrets.local.yaml", LOCAL)
    (tree.root / ".git/hooks").mkdir(exist_ok=True)
    assert tree.run("hooks", "install").code == 0
    return tree


def commit(tree: WorkTree, *arguments: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
    """Commit as a user does, with no `bootstrap` on PATH but the one in the hook."""
    return subprocess.run(
        ["git", "-C", str(tree.root / folder), "commit", "--quiet", "--message=x", *arguments],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


# bootstrap check


def test_clean_tree_is_clean(prod: WorkTree):
    prod.write("secrets.local.yaml", LOCAL)
    assert prod.run("seal", "secrets.local.yaml").code == 0
    prod.git("add", "--all")
    ended = prod.run("check")
    assert ended.code == 0
    assert ended.lines[0].startswith("no plaintext in ")
    assert "(1 values of local files looked for)" in ended.lines[0]


@pytest.mark.parametrize(
    ("local", "text"),
    [
        ("secrets.local.yaml", LOCAL),
        ("environments/prod/secrets.local.yaml", LOCAL),
        (".env", f"GITHUB_TOKEN={MARK}\n"),
        ("environments/prod/.env", f"GITHUB_TOKEN={MARK}\n"),
        ("other.local.env", f"GITHUB_TOKEN={MARK}\n"),
    ],
)
def test_a_value_of_any_local_file_is_found_where_git_has_it(tree: WorkTree, local: str, text: str):
    tree.write(local, text)
    tree.write("docs/notes.md", f"one\ntwo {MARK}\n")
    tree.write("b64.txt", base64.b64encode(f"x{MARK}".encode()))
    untracked = tree.run("check")
    tree.git("add", "--all")
    ended = tree.run("check")
    assert untracked.code == 0
    assert (ended.code, ended.out) == (1, "")
    assert ended.lines == [
        f"b64.txt:1: base64 of github-token of {local}",
        f"docs/notes.md:2: the value of github-token of {local}",
        "error: plaintext in 2 places",
        "  fix: take it out (`git rm --cached FILE` keeps the file); replace every secret that was"
        " ever pushed",
    ]
    assert MARK not in ended.err


def test_work_tree_and_index_are_both_looked_at(tree: WorkTree):
    tree.write("secrets.local.yaml", LOCAL)
    tree.write("a.txt", MARK)
    tree.write("b.txt", "fine")
    tree.git("add", "--all")
    tree.write("a.txt", "fine again")
    tree.write("b.txt", MARK)
    ended = tree.run("check", "-o", "json")
    assert [item["path"] for item in ended.json()["findings"]] == ["a.txt", "b.txt"]


def test_only_what_the_next_commit_changes_counts_when_staged(tree: WorkTree):
    tree.write("old.txt", MARK)
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=x")
    tree.write("secrets.local.yaml", LOCAL)
    tree.write("new.txt", f"x {MARK}")
    assert tree.run("check", "--staged").code == 0
    tree.git("add", "new.txt")
    tree.write("new.txt", "fine")
    assert [line for line in tree.run("check", "--staged").lines if ".txt" in line] == [
        "new.txt:1: the value of github-token of secrets.local.yaml"
    ]
    tree.git("rm", "--quiet", "--cached", "--force", "new.txt", "old.txt")
    assert tree.run("check", "--staged").code == 0, "taking it out is allowed"


def test_a_tracked_local_file_is_found_by_its_name(tree: WorkTree):
    for name in (".env", "x/secrets.local.yaml", "sealing-key-1.local.pem", ".env.example"):
        tree.write(name, "")
    tree.git("add", "--force", "--all")
    ended = tree.run("check")
    assert ended.code == 1
    assert [line for line in ended.lines if "must not have" in line] == [
        f"{name}:1: a local file that Git must not have"
        for name in (".env", "sealing-key-1.local.pem", "x/secrets.local.yaml")
    ]


def test_placeholders_of_the_sample_are_no_secrets(tree: WorkTree):
    sample = (PROJECT / "docs/examples/secrets.example.yaml").read_text()
    tree.write("docs/examples/secrets.example.yaml", sample)
    tree.write("secrets.local.yaml", sample)
    tree.git("add", "--all")
    assert tree.run("check").code == 0
    tree.write("docs/examples/secrets.example.yaml", LOCAL)
    tree.write("secrets.local.yaml", LOCAL)
    assert tree.run("check").code == 1, "the sample, filled in by mistake"


def test_gitattributes_exempt_looks_but_no_known_value(tree: WorkTree):
    tree.write("secrets.local.yaml", LOCAL)
    tree.write("test-key.pem", f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n")
    tree.write("vector.txt", MARK)
    tree.git("add", "--all")
    assert len(tree.run("check", "-o", "json").json()["findings"]) == 2
    tree.write(".gitattributes", "* -bootstrap-check\n")
    findings = tree.run("check", "-o", "json").json()["findings"]
    assert [item["path"] for item in findings] == ["vector.txt"]


def test_secrets_in_the_files_that_people_edit_are_found(guarded: WorkTree, certificate_file: Path):
    assert guarded.run("init", "prod", "--cert", str(certificate_file)).code == 0
    guarded.git("add", "--all")
    assert commit(guarded).returncode == 0
    token = "ghp_MARKVALUE1234567890"
    config = guarded.read("environments/prod/agentsmith.yml")
    guarded.write("environments/prod/agentsmith.yml", config.replace("${GITHUB_TOKEN}", token))
    values = guarded.read("environments/prod/values.yaml")
    guarded.write("environments/prod/values.yaml", f"secrets:\n  githubToken: {token}\n{values}")
    guarded.git("add", "--all")
    checked, stopped = guarded.run("check"), commit(guarded)
    doctor = guarded.run("doctor", "--offline", "-o", "json")

    places = [
        "environments/prod/agentsmith.yml:23: github_token is written out in the `secrets:` block",
        "environments/prod/values.yaml:2: githubToken is written out in the `secrets:` block",
    ]
    assert (checked.code, checked.lines) == (
        1,
        [
            *places,
            "error: plaintext in 2 places",
            "  fix: take it out of the file and seal it (`bootstrap secrets set KEY --env ENV`);"
            " replace every secret that was ever pushed",
        ],
    )
    assert (stopped.returncode, stopped.stderr.splitlines()[:2]) == (1, places)
    errors = [item for item in doctor.json()["findings"] if item["check"] == "plaintext"]
    assert (doctor.code, [item["what"] for item in errors]) == (1, places)
    assert {item["mend"] for item in errors} == {
        "take it out of the file, seal it (`bootstrap secrets set KEY --env ENV`), and replace it"
        " if it was ever pushed"
    }
    assert token not in checked.err + stopped.stderr + doctor.out + doctor.err


def test_odd_names_links_and_submodules_are_no_obstacle(tree: WorkTree):
    tree.write("secrets.local.yaml", LOCAL)
    tree.write("ä b\n[x].txt", MARK)
    (tree.root / "link").symlink_to("nowhere")
    tree.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    tree.git("add", "ä b\n[x].txt", "link")
    ended = tree.run("check", "--staged")
    assert ended.code == 1
    assert ended.lines[0].startswith("ä b [x].txt:1: ")


def test_before_the_first_commit(tmp_path: Path, tree: WorkTree):
    tree.git("checkout", "--quiet", "--orphan", "new")
    tree.write("secrets.local.yaml", LOCAL)
    tree.write("new.txt", MARK)
    tree.git("add", "--all")
    assert tree.run("check", "--staged").code == 1


def test_our_own_repository_is_clean():
    done = subprocess.run(
        [sys.executable, "-m", "bootstrap", "check"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# the hook


def test_hook_stops_plaintext_and_lets_the_rest_through(guarded: WorkTree):
    guarded.write("notes.md", f"the token is {MARK}\n")
    guarded.git("add", "notes.md")
    head = guarded.git("rev-parse", "HEAD")
    stopped = commit(guarded)
    guarded.write("notes.md", "nothing here\n")
    guarded.git("add", "notes.md")
    passed = commit(guarded)
    assert stopped.returncode == 1
    assert "notes.md:1: the value of github-token of secrets.local.yaml" in stopped.stderr
    assert MARK not in stopped.stdout + stopped.stderr
    assert passed.returncode == 0, passed.stderr
    assert guarded.git("rev-parse", "HEAD~") == head


@pytest.mark.parametrize("arguments", [["--all"], ["notes.md"], ["--include", "notes.md"]])
def test_hook_sees_the_index_of_a_commit_that_has_its_own(guarded: WorkTree, arguments: list[str]):
    guarded.write("notes.md", "fine\n")
    guarded.git("add", "notes.md")
    assert commit(guarded).returncode == 0
    guarded.write("notes.md", f"{MARK}\n")
    assert commit(guarded, *arguments).returncode == 1
    guarded.write("notes.md", "fine again\n")
    assert commit(guarded, *arguments).returncode == 0


def test_hook_works_from_a_folder_and_in_a_linked_work_tree(guarded: WorkTree, tmp_path: Path):
    guarded.write("sub/notes.md", MARK)
    guarded.git("add", "sub")
    assert commit(guarded, folder="sub").returncode == 1
    guarded.git("reset", "--quiet")
    guarded.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = WorkTree(tmp_path / "linked", guarded.monkeypatch, guarded.capsys)
    linked.write("secrets.local.yaml", LOCAL)
    linked.write("notes.md", MARK)
    linked.git("add", "notes.md")
    assert commit(linked).returncode == 1
    assert linked.run("hooks", "install").lines == [f"unchanged: {guarded.root / HOOK}"]


def test_install_twice_changes_nothing_and_uninstall_removes_it(guarded: WorkTree):
    hook = guarded.root / HOOK
    before = (hook.stat().st_ino, hook.read_text())
    assert hook.stat().st_mode & 0o777 == 0o755
    assert guarded.run("hooks", "install").lines == [f"unchanged: {hook}"]
    assert (hook.stat().st_ino, hook.read_text()) == before
    assert guarded.run("hooks", "uninstall").lines == [f"removed: {hook}"]
    assert not hook.exists()
    assert guarded.run("hooks", "uninstall").lines == [f"unchanged: {hook}"]


def test_an_older_hook_of_ours_is_renewed(guarded: WorkTree):
    hook = guarded.root / HOOK
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))
    assert guarded.run("hooks", "install").lines == [f"updated: {hook}"]
    assert sys.executable in hook.read_text()


def test_a_hook_of_somebody_else_is_never_touched(tree: WorkTree):
    hook = tree.write(HOOK, "#!/bin/sh\necho mine\n")
    install, uninstall = (tree.run("hooks", command) for command in ("install", "uninstall"))
    assert (install.code, install.lines) == (
        1,
        [
            f"error: {hook} is there and not ours; it is left as it is",
            "  fix: add this line to it: `bootstrap check --staged || exit 1`",
        ],
    )
    assert (uninstall.code, uninstall.lines) == (
        1,
        [
            f"error: {hook} is not of `bootstrap hooks install`; it is left as it is",
            "  fix: it does not run bootstrap, so there is nothing to remove",
        ],
    )
    assert hook.read_text() == "#!/bin/sh\necho mine\n"
    hook.write_text("#!/bin/sh\nbootstrap check --staged || exit 1\n")
    assert tree.run("hooks", "uninstall").lines[1] == (
        "  fix: take this line out of it yourself: `bootstrap check --staged || exit 1`"
    )
    hook.unlink()
    hook.symlink_to("nowhere")
    assert tree.run("hooks", "install").code == 1


def test_hooks_path_of_the_repository_is_respected(tree: WorkTree, tmp_path: Path):
    tree.git("config", "core.hooksPath", ".githooks")
    assert tree.run("hooks", "install", folder="helm").lines == [
        f"created: {tree.root}/.githooks/pre-commit"
    ]
    tree.git("config", "core.hooksPath", str(tmp_path / "everyones"))
    shared = tree.run("hooks", "install")
    assert shared.code == 1
    assert "which other repositories may share" in shared.lines[0]
    assert not (tmp_path / "everyones").exists()


def test_hook_without_bootstrap_stops_the_commit_and_says_why(guarded: WorkTree):
    hook = guarded.root / HOOK
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))
    guarded.write("notes.md", "fine\n")
    guarded.git("add", "notes.md")
    done = subprocess.run(
        ["git", "-C", str(guarded.root), "commit", "--quiet", "--message=x"],
        env=os.environ | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "bootstrap is gone, so this commit was not checked" in done.stderr
