"""The README and the guides hold no command that nobody runs, and no link to nowhere."""

from __future__ import annotations

import io
import os
import re
import secrets
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.__main__ import run
from tests.support.render import load_yaml
from tests.support.unsealing import unseal_manifest
from tests.support.workspace import (
    PROJECT,
    Workspace,
    clean_environment,
    make_workspace,
    move_origin,
)

_GUIDES = (
    "docs/guides/sealing.md", "docs/guides/argocd.md", "docs/guides/status.md",
    "docs/guides/shared-argo-cd.md",
)  # fmt: skip
# A command that needs a cluster, and the end-to-end test that runs it.
_STATUS = "tests/e2e/test_status.py"
_TOLD = "test_releases_jobs_and_a_bad_values_key_are_told_by_status_and_history"
_MENDED = (
    "test_values_sealed_for_another_namespace_are_named_and_watching_tells_when_they_are_mended"
)
_ELSEWHERE = {
    "bootstrap up --install": (
        "tests/e2e/test_install.py",
        "test_a_bare_cluster_gets_both_and_argocd_then_keeps_itself",
    ),
    "bootstrap up --adopt": (
        "tests/e2e/test_two_repositories.py",
        "test_a_repository_that_moved_is_adopted_and_no_pod_notices",
    ),
    "bootstrap status": (_STATUS, _MENDED),
    "bootstrap status prod": (_STATUS, _TOLD),
    "bootstrap status --exit-code -o json": (_STATUS, _TOLD),
    "bootstrap status prod --watch": (_STATUS, _MENDED),
    "bootstrap history prod": (_STATUS, _TOLD),
    "bootstrap destroy staging --wait": (
        "tests/e2e/test_destroy.py",
        "test_a_destroyed_environment_leaves_no_object_and_the_other_untouched",
    ),
    "bootstrap init prod --from-cluster": (
        "tests/e2e/test_up.py",
        "test_certificate_of_the_controller_seals_what_kubeseal_accepts_and_argocd_runs",
    ),
    "bootstrap secrets check prod --from-cluster": (
        "tests/e2e/test_seal_scopes.py",
        "test_what_kubeseal_seals_in_each_scope_is_checked_and_merged",
    ),
}

# Those of the guide to keys: a cluster, a home folder or a terminal is needed.
_KEYS = "tests/unit/commands/keys/test_keys.py"
_BACKUP = "tests/unit/commands/keys/test_backup.py"
_LIVE = "tests/e2e/test_keys.py"
_LOST = "test_a_lost_cluster_comes_back_from_git_and_the_backup_of_its_keys"
_OWN = "test_a_rotated_key_of_our_own_and_then_the_controllers_bring_the_same_secret"
_RECIPIENT = "test_a_recipient_needs_no_passphrase_to_back_up_and_its_identity_to_restore"
_KEYS_ELSEWHERE = {
    "bootstrap destroy staging --wait": (
        "tests/e2e/test_destroy.py",
        "test_a_destroyed_environment_leaves_no_object_and_the_other_untouched",
    ),
    "bootstrap keys list --from-cluster": (_LIVE, _OWN),
    "bootstrap keys backup ~/keys.age": (
        _BACKUP, "test_a_passphrase_is_asked_for_twice_without_echo"
    ),
    "bootstrap keys backup ~/keys.age --passphrase-file ~/passphrase": (_LIVE, _LOST),
    "bootstrap keys backup ~/keys.age --recipient age1..."
    ' --recipient "$(cat ~/.ssh/id_ed25519.pub)"': (_BACKUP, _RECIPIENT),
    "bootstrap keys restore ~/keys.age": (_LIVE, _LOST),
    "bootstrap keys restore ~/keys.age --identity ~/age.key": (_BACKUP, _RECIPIENT),
    "bootstrap up prod": (_LIVE, _OWN),
    "bootstrap keys give prod": (_LIVE, _OWN),
    "bootstrap keys rotate prod --from-cluster": (_LIVE, _OWN),
    "bootstrap keys fetch staging": (
        _KEYS, "test_fetch_pins_what_nothing_is_sealed_for_yet_and_refuses_after"
    ),
}  # fmt: skip

# Those of the guide to repositories: a cluster, a home folder or a terminal is needed.
_REPOSITORIES = "tests/unit/commands/argocd/test_repo_add.py"
_REPOSITORIES_LIVE = "tests/e2e/test_repo.py"
_WEBHOOK = "tests/e2e/test_webhook.py"
_REPOSITORIES_ELSEWHERE = {
    "bootstrap repo add --username git": (
        _REPOSITORIES_LIVE, "test_a_private_repository_comes_up_once_argocd_has_credentials"
    ),
    "bootstrap repo add --ssh-key ~/.ssh/deploy_key": (
        _REPOSITORIES, "test_an_ssh_key_is_sealed_for_an_ssh_url"
    ),
    "bootstrap repo add --github-app-id 12345 --github-app-installation-id 67890"
    " --github-app-key ~/app.pem": (_REPOSITORIES, "test_a_github_app_for_every_project"),
    "bootstrap webhook set --provider github --url https://argocd.example.com": (
        _WEBHOOK, "test_a_secret_is_set_once_tested_and_replaced_only_when_told_to"
    ),
    "bootstrap webhook test --provider github --url https://argocd.example.com": (
        _WEBHOOK, "test_a_secret_is_set_once_tested_and_replaced_only_when_told_to"
    ),
    "bootstrap repo list": (_REPOSITORIES_LIVE, "test_what_argocd_has_is_listed_with_whose_it_is"),
    "bootstrap repo add --username git --seal prod": (
        _REPOSITORIES_LIVE, "test_credentials_sealed_into_git_are_given_by_up"
    ),
}  # fmt: skip

_SECRET = """\
kind: Secret
metadata:
  labels: {team: smith}
  annotations: {example.com/owner: us}
stringData: {github-token: %s}
"""


@dataclass(frozen=True)
class Reader:
    """Somebody who follows a guide in a fork of their own, in this process."""

    workspace: Workspace
    monkeypatch: pytest.MonkeyPatch

    def follow(self, command: str, input: str = "") -> None:
        """Run a line of a guide, which must end well."""
        program, *arguments = shlex.split(command)
        if program == "bootstrap":
            self.bootstrap(*arguments, input=input)
        else:
            assert program == "git", command
            self.workspace.run(program, *arguments)

    def bootstrap(self, *arguments: str, input: str = "") -> None:
        """Run our command line, without the start of a process; what it says is pytest's."""
        with self.monkeypatch.context() as patch:
            patch.chdir(self.workspace.root)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(input.encode())))
            wanted = clean_environment() | dict(self.workspace.environment)
            for name in set(os.environ) - set(wanted):
                patch.delenv(name)
            for name, value in wanted.items():
                patch.setenv(name, value)
            assert run(list(arguments)) == 0, arguments


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fork with an environment prod, and what the guides speak of; its remote lies beside it."""
    folder = tmp_path_factory.mktemp("prepared")
    remote = folder / "remote.git"
    seed = Workspace(folder, "")
    seed.run("git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    made = make_workspace(folder, remote.as_uri())
    made.bootstrap("init", "prod")
    shutil.copy(made.root / "docs/examples/secrets.example.yaml", made.root / "secrets.local.yaml")
    made.write(".env", "ANTHROPIC_API_KEY=sample\nGITHUB_TOKEN='sample'\n")
    made.write("secret.local.yaml", _SECRET % f"ghp-{secrets.token_hex()}")
    shutil.copy(made.root / "environments/prod/sealing-cert.pem", made.root / "cert.pem")
    return folder


@pytest.fixture
def workspace(prepared: Path, tmp_path: Path) -> Workspace:
    """A copy of the prepared fork, with a remote of its own."""
    for name in ("clone", "remote.git"):
        shutil.copytree(prepared / name, tmp_path / name, symlinks=True)
    copy = Workspace(tmp_path / "clone", (tmp_path / "remote.git").as_uri())
    copy.git("remote", "set-url", "origin", copy.remote_url)
    move_origin(copy.root, (prepared / "remote.git").as_uri(), copy.remote_url)
    return copy


@pytest.fixture
def reader(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Somebody with a copy of the prepared fork."""
    return Reader(workspace, monkeypatch)


@pytest.mark.parametrize("guide", _GUIDES)
def test_every_command_of_a_guide_works(guide: str, reader: Reader) -> None:
    for command in commands_of(guide):
        if command in _ELSEWHERE:
            path, test = _ELSEWHERE[command]
            assert f"def {test}(" in (PROJECT / path).read_text(encoding="utf-8")
            assert f'"{shlex.split(command)[-1]}"' in (PROJECT / path).read_text(encoding="utf-8")
        else:
            reader.follow(command, input="sample\n")


def test_every_command_of_the_guide_to_keys_works(reader: Reader) -> None:
    workspace = reader.workspace
    workspace.push("Add environment prod")
    # the sample's value is a word that the fork has everywhere
    workspace.write(".env", f"GITHUB_TOKEN={secrets.token_hex()}\n")
    for command in commands_of("docs/guides/keys.md"):
        if command in _KEYS_ELSEWHERE:
            path, test = _KEYS_ELSEWHERE[command]
            assert f"def {test}(" in (PROJECT / path).read_text(encoding="utf-8")
        else:
            reader.follow(command)


def test_every_command_of_the_guide_to_day_two_works(reader: Reader) -> None:
    workspace = reader.workspace
    reader.bootstrap("init", "staging")
    for name in ("staging", "prod"):
        reader.bootstrap("seal", "secrets.local.yaml", "--env", name)
    workspace.push("Add environments staging and prod")
    images = ("--dispatcher", "example.com/dispatcher:1.3", "--agent", "example.com/agent:1.3")
    reader.bootstrap("upgrade", "staging", *images, "--push")
    for command in commands_of("docs/guides/day-two.md"):
        if command == "bootstrap rollback prod --push --wait":
            live = (PROJECT / "tests/e2e/test_day_two.py").read_text(encoding="utf-8")
            assert '"rollback", "prod", "--reason", "2.0 is red", "--push", "--wait"' in live
        else:
            reader.follow(command)
    assert workspace.git("status", "--porcelain") == ""


def test_every_command_of_the_guide_to_repositories_is_run_elsewhere() -> None:
    shown = commands_of("docs/guides/repositories.md")

    assert sorted(shown) == sorted(_REPOSITORIES_ELSEWHERE)
    for path, test in _REPOSITORIES_ELSEWHERE.values():
        assert f"def {test}(" in (PROJECT / path).read_text(encoding="utf-8")


_OLD = """\
apiVersion: v1
kind: Secret
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"github-token":"b2xk"}}'
  creationTimestamp: "2026-02-01T10:00:00Z"
  name: agentsmith-secrets
  namespace: agentsmith
  resourceVersion: "1234"
  uid: 0f1e
type: Opaque
data:
  github-token: b2xk
  openai-api-key: ""
  redis-url: cmVkaXM6NjM3OQ==
"""


def test_every_command_of_the_guide_to_moving_works(workspace: Workspace, tmp_path: Path) -> None:
    """A kubectl of our own plays the old cluster; `up` is for tests/e2e/test_loop.py."""
    kubectl = tmp_path / "bin/kubectl"
    kubectl.parent.mkdir()
    kubectl.write_text(f"#!/bin/sh\ncase \"$*\" in *'get secret'*) cat <<'END'\n{_OLD}END\nesac\n")
    kubectl.chmod(0o755)
    workspace.write("config/agentsmith.yml", "projects: {}\n# mine\n")
    workspace.write(".env", "ANTHROPIC_API_KEY=sk-ant\nOPENAI_API_KEY=\nGITHUB_TOKEN='ghp x'\n")
    shutil.rmtree(workspace.root / "environments")
    shutil.rmtree(workspace.root / "argocd")
    opened = []
    guide = (PROJECT / "docs/guides/moving.md").read_text(encoding="utf-8")
    beside, _heading, within = guide.partition("## In the same namespace")
    assert len(blocks_in(within)) == 2  # tests/e2e/test_adopt_secret.py
    for block in blocks_in(beside):
        script = block.replace("bootstrap up prod\n", "")
        workspace.run("bash", "-euo", "pipefail", "-c", f"PATH={kubectl.parent}:$PATH\n{script}")
        sealed = load_yaml(workspace.root / "environments/prod/sealed-secret.yaml")
        key = workspace.read("environments/prod/sealing-key.local.pem")
        opened.append(unseal_manifest(sealed, key))

    redis = {"redis-url": b"redis:6379"}
    first = {"anthropic-api-key": b"sk-ant", "github-token": b"ghp x", **redis}
    assert opened[:3] == [{}, first, {**first, "github-token": b"old"}]
    assert workspace.git("show", "HEAD:environments/prod/agentsmith.yml").endswith("# mine")
    sealed_file = workspace.read("environments/prod/sealed-secret.yaml")
    assert "last-applied" not in sealed_file
    assert "namespace: agentsmith-prod" in sealed_file
    assert workspace.git("status", "--porcelain", "environments", "argocd") == ""


def test_the_readme_shows_only_commands_that_a_test_or_ci_runs() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    sections = {part.partition("\n")[0]: commands_in(part) for part in readme.split("\n## ")[1:]}
    ci = (PROJECT / ".ci/run").read_text(encoding="utf-8")

    assert sections.pop("See it work") == ["make demo", "make test"]
    assert {"make demo", "make test"} <= {
        " ".join(line.split()[-2:]) for line in ci.splitlines() if line.startswith("section ")
    }
    assert sections.pop("Your first environment")[-1] == "bootstrap up prod"  # tests/e2e/test_loop
    assert [commands for commands in sections.values() if commands] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{document.relative_to(PROJECT)}: {target}"
        for document in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]

    assert broken == []


def test_every_command_has_help_that_ends_in_an_example() -> None:
    from typer.main import get_command

    from bootstrap.cli import app

    command = get_command(app)
    commands = getattr(command, "commands", {})
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    guides = [path.read_text(encoding="utf-8") for path in PROJECT.glob("docs/guides/*.md")]

    assert {"init", "seal", "up"} <= set(commands)
    for name, item in commands.items():
        members = getattr(item, "commands", None)
        assert item.help, name
        if members is None:
            assert f"Example: bootstrap {name}" in (item.epilog or ""), name
            assert f"bootstrap {name}" in readme, name
        for inner, member in (members or {}).items():
            full = f"bootstrap {name} {inner}"
            assert member.help, full
            assert f"Example: {full}" in (member.epilog or ""), full
            assert any(full in text for text in (readme, *guides)), full


def commands_of(guide: str) -> list[str]:
    """Return the lines of the shell blocks of a guide."""
    found = commands_in((PROJECT / guide).read_text(encoding="utf-8"))
    assert found, f"{guide} shows no command"
    return found


def commands_in(text: str) -> list[str]:
    """Return the lines of the shell blocks in `text`."""
    return [line for block in blocks_in(text) for line in block.splitlines() if line.strip()]


def blocks_in(text: str) -> list[str]:
    """Return the shell blocks in `text`."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
