"""`bootstrap repo add`: what Argo CD is given, and that it is only ever read from safe places."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from bootstrap.argocd.credentials import (
    RepositoryCredentials,
    app_credentials,
    build_secret,
    https_credentials,
    secret_name,
    secret_values,
    ssh_credentials,
)
from bootstrap.argocd.known_repositories import KnownRepository
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.repo_add import apply_credentials
from bootstrap.errors import BootstrapError
from bootstrap.files.repository import Repository
from bootstrap.sealing.certificate import parse_private_key
from bootstrap.sealing.crypto import unseal_value
from tests.unit.certificates import to_pem
from tests.unit.work_tree import ORIGIN, WorkTree

NAME = secret_name(ORIGIN)
PATH = f"argocd/repositories/{NAME}.yaml"
KEY = "environments/prod/sealing-key.local.pem"
SSH_URL = "git@git.example.com:team/agents.git"


def openssh() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )


def encrypted_openssh(folder: Path) -> bytes:
    """What a person has who gave a passphrase."""
    file = folder / "encrypted"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "passphrase", "-f", str(file)], check=True
    )
    return file.read_bytes()


def encrypted_pem() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )


def unsealed(tree: WorkTree, path: str = PATH) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the SealedSecret and its values, opened with prod's key."""
    document = yaml.safe_load(tree.read(path))
    key = parse_private_key(tree.read(KEY), source=KEY)
    label = f"argocd/{document['metadata']['name']}".encode()
    return document, {
        name: unseal_value(key, base64.b64decode(text), label).decode()
        for name, text in document["spec"]["encryptedData"].items()
    }


def test_a_token_is_sealed_into_git_for_argocds_namespace(prod: WorkTree):
    command = ["repo", "add", "--username", "git", "--password-stdin", "--seal", "prod"]

    done = prod.run(*command, "-o", "json", stdin=b"t0ken\n")
    text = prod.read(PATH)
    again = prod.run(*command, stdin=b"t0ken\n")

    assert (done.code, again.code) == (0, 0)
    assert done.json() == {
        "url": ORIGIN, "kind": "https", "project": "agentsmith", "secret": f"argocd/{NAME}",
        "action": None, "file": PATH, "dryRun": False,
    }  # fmt: skip
    document, values = unsealed(prod)
    assert values == {
        "type": "git", "url": ORIGIN, "username": "git", "password": "t0ken",
        "project": "agentsmith",
    }  # fmt: skip
    assert document["metadata"] == {
        "name": NAME, "namespace": "argocd", "annotations": {"agentsmith.dev/repository": ORIGIN}
    }  # fmt: skip
    assert document["spec"]["template"]["metadata"]["labels"] == {
        "app.kubernetes.io/part-of": "agentsmith",
        "argocd.argoproj.io/secret-type": "repository",
    }
    assert prod.read(PATH) == text, "the same credentials change nothing"
    assert again.lines == [f"unchanged: {PATH}"]
    assert "t0ken" not in done.out + done.err + again.err + text


def test_an_ssh_key_is_sealed_for_an_ssh_url(prod: WorkTree, tmp_path: Path):
    key = tmp_path / "id_ed25519"
    key.write_bytes(openssh())

    done = prod.run("repo", "add", "--url", SSH_URL, "--ssh-key", str(key), "--seal", "prod")

    assert done.code == 0
    _document, values = unsealed(prod, f"argocd/repositories/{secret_name(SSH_URL)}.yaml")
    assert values == {
        "type": "git", "url": SSH_URL, "sshPrivateKey": key.read_text(), "project": "agentsmith",
    }  # fmt: skip
    assert "PRIVATE KEY" not in done.out + done.err


def test_a_github_app_for_every_project(
    prod: WorkTree, tmp_path: Path, small_key: rsa.RSAPrivateKey
):
    key = tmp_path / "app.pem"
    key.write_text(to_pem(small_key))

    done = prod.run(
        "repo", "add", "--github-app-id", "1", "--github-app-installation-id", "2",
        "--github-app-key", str(key), "--github-app-url", "https://ghe.example.com/api/v3",
        "--project", "", "--seal", "prod",
    )  # fmt: skip

    assert done.code == 0
    assert unsealed(prod)[1] == {
        "type": "git", "url": ORIGIN, "githubAppID": "1", "githubAppInstallationID": "2",
        "githubAppPrivateKey": key.read_text(),
        "githubAppEnterpriseBaseUrl": "https://ghe.example.com/api/v3",
    }  # fmt: skip


@pytest.mark.parametrize("broken", [False, True])
def test_a_bug_and_debugging_show_no_credential(
    broken: bool, prod: WorkTree, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_arguments: object, **_options: object) -> bytes:
        raise KeyError("t0ken")

    if broken:
        monkeypatch.setattr("bootstrap.commands.argocd.repo_add.seal_value", fail)

    done = prod.run(
        "--debug", "repo", "add", "--username", "git", "--password-stdin", "--seal", "prod",
        stdin=b"t0ken",
    )  # fmt: skip

    assert done.code == (3 if broken else 0)
    assert "t0ken" not in done.out + done.err
    assert all(b"t0ken" not in content for content in prod.contents().values())


def test_a_dry_run_writes_nothing(prod: WorkTree):
    before = prod.contents()

    done = prod.run(
        "repo", "add", "--username", "git", "--password-stdin", "--seal", "prod", "--dry-run",
        stdin=b"t",
    )  # fmt: skip

    assert (done.code, done.lines) == (0, [f"would be created: {PATH}"])
    assert prod.contents() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no credentials given"),
        (["--username", "a", "--ssh-key", "b"], "--username and --ssh-key exclude each other"),
        (["--ssh-key", "k", "--password-stdin"], "--password-stdin is used only with --username"),
        (["--github-app-id", "1"], "--github-app-installation-id is missing"),
        (["--ssh-key", "k"], f"an SSH key is of no use for {ORIGIN}"),
        (["--url", SSH_URL, "--username", "a"], f"only an SSH key is of use for {SSH_URL}"),
        (["--username", "a"], "there is no terminal to ask for the password"),
        (["--username", "a", "--seal", "prod", "--context", "c"], "--seal touches no cluster"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_read(
    arguments: list[str], message: str, prod: WorkTree
):
    done = prod.run("repo", "add", *arguments)

    assert (done.code, done.lines[0]) == (2, f"error: {message}")


def test_an_environment_elsewhere_has_no_key_for_argocds_cluster(prod: WorkTree):
    prod.run("init", "edge", "--cluster", "edge-1")

    done = prod.run(
        "repo", "add", "--username", "a", "--password-stdin", "--seal", "edge", stdin=b"t"
    )

    assert done.code == 2
    assert done.lines[0].startswith("error: --seal edge: it runs in another cluster")


def test_a_key_that_git_would_see_is_refused(prod: WorkTree):
    prod.write("deploy-key", openssh())

    done = prod.run("repo", "add", "--url", SSH_URL, "--ssh-key", "deploy-key", "--seal", "prod")

    assert done.code == 1
    assert done.lines[0].startswith("error: deploy-key is not ignored by Git")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (encrypted_pem(), "KEY is encrypted with a passphrase"),
        (b"ssh-ed25519 AAAA me", "KEY holds no private key"),
        (b"", "KEY holds no private key"),
    ],
)
def test_a_key_that_argocd_could_not_use_is_refused(key: bytes, message: str):
    with pytest.raises(BootstrapError) as caught:
        ssh_credentials(key, source="KEY")

    assert caught.value.message == message


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_an_ssh_key_with_a_passphrase_is_refused(tmp_path: Path):
    with pytest.raises(BootstrapError) as caught:
        ssh_credentials(encrypted_openssh(tmp_path), source="KEY")

    assert caught.value.message == "KEY is encrypted with a passphrase"


@pytest.mark.parametrize("password", [b"", b"\n", b"two words", b"a\nb\n", b"\xff"])
def test_a_password_that_is_none_is_refused(password: bytes):
    with pytest.raises(BootstrapError):
        https_credentials("git", password)


def test_an_ssh_key_is_no_key_of_an_app():
    with pytest.raises(BootstrapError) as caught:
        app_credentials("1", "2", openssh(), None, source="KEY")

    assert caught.value.message == "KEY is an SSH key, not that of a GitHub App"


class FakeSecrets:
    """Argo CD's Secrets at the edge."""

    def __init__(self, *known: KnownRepository) -> None:
        self.known = list(known)
        self.applied: list[dict[str, Any]] = []
        self.refreshed: list[str] = []
        self.applications: dict[str, Any] = {}
        self.project: dict[str, Any] | None = None
        self.secrets = self.argocd = self

    def read_repositories(self) -> list[KnownRepository]:
        return self.known

    def apply(self, secret: dict[str, Any]) -> str:
        self.applied.append(secret)
        return "created"

    def read_applications(self) -> dict[str, Any]:
        return self.applications

    def has_kind(self, _version: str, _kind: str) -> bool:
        return True

    def read_application(self, _name: str) -> dict[str, Any] | None:
        return None

    def read_project(self, _name: str) -> dict[str, Any] | None:
        return self.project

    def refresh(self, application: str) -> None:
        self.refreshed.append(application)


def give(tree: WorkTree, fake: FakeSecrets, *, dry_run: bool = False) -> Any:
    credentials: RepositoryCredentials = https_credentials("git", b"t0ken")
    return apply_credentials(
        ORIGIN, credentials, "agentsmith", repository=Repository(tree.root),
        cluster=cast(Cluster, fake), dry_run=dry_run,
    )  # fmt: skip


def test_argocd_is_given_the_secret_and_told_to_look_again(prod: WorkTree):
    fake = FakeSecrets()

    result = give(prod, fake)

    values = secret_values(ORIGIN, https_credentials("git", b"t0ken"), "agentsmith")
    assert fake.applied == [build_secret(ORIGIN, values)]
    assert fake.refreshed == ["agentsmith-root", "agentsmith-prod"]
    assert (result.action, result.secret) == ("created", NAME)
    assert "t0ken" not in repr(result)


def test_credentials_of_somebody_else_are_not_doubled(prod: WorkTree):
    fake = FakeSecrets(KnownRepository("repo-123", ORIGIN, "agentsmith"))

    with pytest.raises(BootstrapError) as caught:
        give(prod, fake)

    assert caught.value.message == (
        f"Argo CD has credentials for {ORIGIN} already, in Secret repo-123"
    )
    assert fake.applied == []


@pytest.mark.parametrize("what", ["root", "project"])
def test_names_that_another_repository_has_are_not_given_credentials(prod: WorkTree, what: str):
    theirs = "https://git.example.com/team-a/agents.git"
    fake = FakeSecrets()
    if what == "root":
        fake.applications = {"agentsmith-root": {"spec": {"source": {"repoURL": theirs}}}}
    else:
        fake.project = {"metadata": {"name": "agentsmith"}, "spec": {"sourceRepos": [theirs]}}

    with pytest.raises(BootstrapError) as caught:
        give(prod, fake)

    name = {"root": "Application agentsmith-root", "project": "AppProject agentsmith"}[what]
    assert caught.value.message.startswith(
        f"{name} is of repository {theirs}, and this one is {ORIGIN}"
    )
    assert caught.value.message.endswith("`bootstrap repo add` touches nothing of another's")
    assert "`bootstrap rename NAME`" in caught.value.hint
    assert fake.applied == []


def test_credentials_of_another_project_are_not_taken_from_it(prod: WorkTree):
    fake = FakeSecrets(KnownRepository(NAME, ORIGIN, "team-a"))

    with pytest.raises(BootstrapError) as caught:
        give(prod, fake)

    assert caught.value.message == (
        f"Argo CD has credentials for {ORIGIN} for project team-a, which would lose them to project"
        " agentsmith"
    )
    assert fake.applied == []


def test_a_dry_run_gives_nothing(prod: WorkTree):
    new, present = FakeSecrets(), FakeSecrets(KnownRepository(NAME, ORIGIN, "agentsmith"))

    actions = [give(prod, fake, dry_run=True).action for fake in (new, present)]

    assert actions == ["created", "configured"]
    assert json.dumps([new.applied, present.applied]) == "[[], []]"
