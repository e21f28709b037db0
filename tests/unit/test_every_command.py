"""What every command prints, to the letter: one session, from an empty clone to an empty clone."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric import rsa

from bootstrap.cli import app
from tests.unit.golden import check_golden
from tests.unit.shared_tree import share
from tests.unit.work_tree import Ended, WorkTree

_SECRETS = "secrets:\n  github-token: gh-plain-1\n  slack-bot-token: xoxb-plain-2\n"
_CHART = Path(__file__).parents[2] / "helm/agentsmith"

# One command a line; `@` begins a step of the user's own. No cluster answers.
_BEFORE_A_REMOTE = """
init prod --dry-run
init prod
init prod
init prod -o json
init Prod
seal secrets.local.yaml
@secrets
secrets check other
secrets list prod
seal --check prod
seal secrets.local.yaml --dry-run
seal secrets.local.yaml
seal secrets.local.yaml -o json
secrets check prod
secrets check -o json
secrets list
secrets list prod -o json
secrets set github-token
secrets rescope namespace-wide --dry-run -o json
secrets remove slack-bot-token --dry-run
secrets remove slack-bot-token
secrets remove slack-bot-token
seal nothing.local.yaml
keys list
keys list -o json
keys backup keys.age
keys fetch prod
check
check --staged
hooks install
hooks install
hooks uninstall
render prod
diff prod
@plaintext
check
check -o json
@clean
doctor --offline
doctor --offline -o json
webhook set --provider github
webhook test --provider github
repo add --username git
repo list
"""
_WITH_A_REMOTE = """
upgrade prod --dispatcher :1.2 --dry-run
upgrade prod --dispatcher :1.2 --commit
upgrade prod --dispatcher :1.2
upgrade prod --dispatcher :1.3 --push
upgrade prod --dispatcher :1.4 -o json
@restore
upgrade staging
init staging --cert controller.pem
init staging
promote prod staging --dry-run
seal secrets.local.yaml --env staging
promote prod staging --dry-run
promote prod staging
promote prod staging
@push
rollback prod
rollback prod --to HEAD~2 --dry-run
rollback prod --to HEAD~2
@restore
pause prod
pause prod
resume prod
keys rotate staging
keys rotate prod --dry-run
keys give prod
keys restore nothing
destroy staging --dry-run
destroy staging
destroy staging --yes
status
status -o json
wait prod
up prod
rename team-b
rename team-b --offline --dry-run -o json
init --all --repo-url https://git.example.com/moved/agents.git --dry-run -o json
history prod
history prod -o json
clusters
diff prod --against HEAD~2
doctor
check
nonsense
"""


def _commands(group: typer.Typer) -> Iterator[tuple[str, ...]]:
    root = typer.main.get_command(group)
    yield ()
    waiting = [((), root)]
    while waiting:
        path, command = waiting.pop(0)
        for name in getattr(command, "commands", {}):
            known = command.get_command(None, name)
            yield (*path, name)
            waiting.append(((*path, name), known))


def test_the_help_of_every_command_is_as_it_was(tree: WorkTree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = []
    for words in _commands(app):
        ended = tree.run(*words, "--help")
        said.append(_shown(shlex.join([*words, "--help"]), ended))
    check_golden("every-help.txt", "\n".join(said))


def test_a_session_with_every_command_prints_what_it_printed(
    tree: WorkTree,
    tmp_path: Path,
    certificate_file: Path,
    helm4: Path,
    large_key: rsa.RSAPrivateKey,
    monkeypatch: pytest.MonkeyPatch,
):
    # its size is seen in what is printed
    monkeypatch.setattr(rsa, "generate_private_key", lambda **_how: large_key)
    session = _Session(tree, tmp_path, certificate_file)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/helm").symlink_to(helm4)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    session.play(_BEFORE_A_REMOTE)
    share(tree, tmp_path)
    session.play(_WITH_A_REMOTE)
    check_golden("every-command.txt", session.transcript())
    left_out = {" ".join(words) for words in _commands(app)} - session.played - _GROUPS
    assert not left_out, "give each of them a line above"


_GROUPS = {"", "keys", "hooks", "repo", "secrets", "webhook"}


class _Session:
    def __init__(self, tree: WorkTree, folder: Path, certificate: Path) -> None:
        self._tree = tree
        self._folder = folder
        self._said: list[str] = []
        self.played: set[str] = set()
        for file in sorted(_CHART.rglob("*")):
            if file.is_file():
                tree.write(f"helm/agentsmith/{file.relative_to(_CHART)}", file.read_bytes())
        tree.write("controller.pem", certificate.read_bytes())
        tree.git("add", "--all")
        tree.git("commit", "--quiet", "--message=The chart")

    def play(self, lines: str) -> None:
        for line in lines.strip().splitlines():
            if line.startswith("@"):
                getattr(self, f"_{line[1:]}")()
                continue
            words = shlex.split(line)
            ended = self._tree.run(*words)
            self.played |= {words[0], " ".join(words[:2])}
            self._said.append(_shown(line, ended))

    def _secrets(self) -> None:
        self._tree.write("secrets.local.yaml", _SECRETS)

    def _plaintext(self) -> None:
        self._tree.write("environments/prod/notes.txt", "xoxb-plain-2 is not to be here\n")
        self._tree.git("add", "environments/prod/notes.txt")

    def _clean(self) -> None:
        self._tree.git("rm", "--quiet", "--force", "environments/prod/notes.txt")

    def _push(self) -> None:
        self._tree.git("add", "--all")
        self._tree.git("commit", "--quiet", "--message=Add environment staging")
        self._tree.git("push", "--quiet", "origin", "main")

    def _restore(self) -> None:
        self._tree.git("checkout", "--quiet", "--", ".")

    def transcript(self) -> str:
        text = "\n".join(self._said)
        text = text.replace(str(self._tree.root), "CLONE").replace(str(self._folder), "FOLDER")
        for pattern, plain in _CHANGING:
            text = re.sub(pattern, plain, text)
        return text


_CHANGING = (
    (r"(?m)^([ !] +\+?)[A-Za-z0-9+/=]{40,64}$", r"\1<base64>"),
    (r"(?<![\w/+])Ag[A-Za-z0-9+/]{200,}=*", "<ciphertext>"),
    (r"unable to access .*", "<what curl says>"),
    (r"\b[0-9a-f]{64}\b", "<sha-256>"),
    (r"\b[0-9a-f]{16}\b", "<fingerprint>"),
    (r"(?<=sealing-key-)[0-9a-f]{8}\b", "<fingerprint>"),
    (r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5,}\b", "<fingerprint>"),
    (r"\b[0-9a-f]{40}\b", "<commit>"),
    (r"\b(?=[0-9a-f]*\d)[0-9a-f]{7}\b", "<commit>"),
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?( UTC|Z|[+]00:00)?", "<time>"),
    (r"\b20\d\d-\d\d-\d\d\b", "<day>"),
    (r"\b\d+(\.\d+)? (seconds?|s|ms|minutes?|hours?|days?)( ago)?\b", "<duration>"),
)


def _shown(line: str, ended: Ended) -> str:
    parts = [f"$ bootstrap {line}", f"exit code {ended.code}"]
    data = ended.out.splitlines()
    if line.startswith("render "):  # what the chart makes has tests of its own
        data = [text for text in data if text.startswith(("---", "# Source", "kind:"))]
    parts += [f"  {text}".rstrip() for text in data]
    parts += [f"! {text}".rstrip() for text in ended.err.splitlines()]
    return "\n".join(parts) + "\n"
