"""What somebody else committed must never become more than a refused file."""

from __future__ import annotations

import pytest

from tests.unit.work_tree import WorkTree

ROOT = "argocd/root.yaml"
APPLICATION = "argocd/applications/prod.yaml"
SEALED = "environments/prod/sealed-secret.yaml"
CERTIFICATE = "environments/prod/sealing-cert.pem"
KEY = "environments/prod/sealing-key.local.pem"


@pytest.fixture
def prod(tree: WorkTree) -> WorkTree:
    assert tree.run("init", "prod").code == 0
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message", "Add prod")
    return tree


def replace(tree: WorkTree, path: str, old: str, new: str) -> None:
    text = tree.read(path)
    assert old in text
    tree.write(path, text.replace(old, new))
    tree.git("commit", "--quiet", "--all", "--message", "Something else")


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        (ROOT, "repoURL: https://git.example.com/team/agents.git",
         "repoURL: '--upload-pack=touch pwned;'",
         "repoURL is a path on this machine, which Argo CD can't clone"),
        (ROOT, "targetRevision: main", "targetRevision: --output=pwned",
         "--revision '--output=pwned' can't be a branch, a tag or a commit"),
        (APPLICATION, "repoURL: https://git.example.com/team/agents.git",
         "repoURL: 'ext::sh -c touch% pwned'",
         "repoURL is neither a URL nor of the form USER@HOST:PATH"),
        (APPLICATION, "namespace: agentsmith-prod", "namespace: kube-system",
         "--namespace 'kube-system' belongs to the cluster, not to an environment"),
        (APPLICATION, "server: https://kubernetes.default.svc", "server: ftp://else.example.com",
         "--cluster is neither an API server URL nor the name of an Argo CD cluster"),
    ],
)  # fmt: skip
def test_a_generated_file_changed_to_what_we_refuse_stops_up_before_anything_runs(
    prod: WorkTree, path: str, old: str, new: str, reason: str
) -> None:
    replace(prod, path, old, new)

    ended = prod.run("up", "prod", "--context", "nowhere")

    assert ended.code == 1
    start = f"error: {path} was changed by hand to what bootstrap refuses: "
    assert ended.lines[-2].startswith(start)
    assert "ext::" in new or ended.lines[-2] == start + reason
    assert ended.lines[-1] == (
        "  fix: restore it with `git checkout`, or delete it and run `bootstrap init` again"
    )
    assert not (prod.root / "pwned").exists()


def test_a_sealed_file_with_conflict_markers_is_not_taken_for_an_empty_one(prod: WorkTree) -> None:
    text = prod.read(SEALED).replace(
        "  encryptedData: {}\n",
        "<<<<<<< HEAD\n  encryptedData: {}\n=======\n  encryptedData:\n    github-token: AgA=\n"
        ">>>>>>> seal\n",
    )
    prod.write(SEALED, text)

    ended = prod.run("init", "prod")

    assert ended.code == 1
    assert ended.lines[-2].startswith(f"error: {SEALED}:")
    assert prod.read(SEALED) == text


def test_a_lost_certificate_of_sealed_values_is_not_replaced_by_a_new_one(prod: WorkTree) -> None:
    prod.write("secrets.local.yaml", "githubToken: token\n")
    assert prod.run("seal", "secrets.local.yaml").code == 0
    (prod.root / CERTIFICATE).unlink()
    (prod.root / KEY).unlink()

    ended = prod.run("init", "prod")

    assert (ended.code, ended.lines[-2:]) == (
        1,
        [
            f"error: {CERTIFICATE} is missing, but 2 values are sealed for it",
            f"  fix: restore it with `git restore -- {CERTIFICATE}`, or commit its removal and that"
            f" of {SEALED}, run this again and seal every value",
        ],
    )
    assert not (prod.root / KEY).exists()


def test_a_repository_within_ours_is_asked_about_the_private_key(tree: WorkTree) -> None:
    (tree.root / "environments/prod").mkdir(parents=True)
    tree.git("init", "--quiet", "environments/prod")

    ended = tree.run("init", "prod")

    assert ended.code == 1
    assert ended.lines[-2] == (f"error: {KEY} would not be ignored by Git, and it is a private key")
    assert not (tree.root / KEY).exists()


@pytest.mark.parametrize(
    "url",
    [
        "ghp_s3cr3tT0ken:x-oauth-basic@github.com:team/agents.git",
        "ghp_s3cr3tT0ken@github.com:team/agents.git",
        "git:ghp_s3cr3tT0ken@github.com:team/agents.git",
        "ssh://ghp_s3cr3tT0ken@github.com/team/agents.git",
        "glpat-s3cr3tT0kens3cr3tT0kens3cr3tT0ken@gitlab.com:team/agents.git",
    ],
)
def test_a_token_in_the_place_of_an_ssh_user_is_neither_shown_nor_written(
    tree: WorkTree, url: str
) -> None:
    ended = tree.run("init", "prod", "--repo-url", url)

    assert ended.code == 1
    assert "s3cr3t" not in ended.out + ended.err
    assert not (tree.root / "argocd").exists()
