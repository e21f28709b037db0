"""A marked secret goes through every command, error, bug and signal, and must stay where it was."""

from __future__ import annotations

import base64
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bootstrap.cli import app
from bootstrap.plaintext.known_keys import may_be_shown
from tests.support.leaks import Marks, Watch, needles_of
from tests.unit.work_tree import Ended, WorkTree

MARK = "MARKED+first/9f27c1b0-secret"
SECOND = "MARKED=second~71d0aa-secret"
MARKS = Marks([MARK, SECOND])
LOCAL = f"secrets:\n  githubToken: {MARK}\n  slackBotToken: '{SECOND}'\n"
DEBUGGING = {
    "BOOTSTRAP_DEBUG": "1", "DEBUG": "1", "PYTHONDEVMODE": "1", "PYTHONFAULTHANDLER": "1",
    "PYTHONVERBOSE": "", "_TYPER_STANDARD_TRACEBACK": "1", "TYPER_USE_RICH": "1",
    "GIT_TRACE": "1", "GIT_TRACE2_EVENT": "1",
}  # fmt: skip
# runs our command line after a line of sabotage; nothing of it is in its arguments
SABOTAGED = """
import signal, sys
# a suite that runs in the background of a shell hands down that it ignores these
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
{sabotage}
from bootstrap.plaintext.known_keys import may_be_shown
from bootstrap.__main__ import run
sys.exit(run(sys.argv[1:]))
"""
BUG = """
import bootstrap.sealing.crypto
class Broken:
    def __init__(self, key): pass
    def encrypt(self, nonce, value, data): raise KeyError(value.decode(), repr(value), value)
bootstrap.sealing.crypto.AESGCM = Broken
"""
STOP_WHILE_SEALING = """
import time, bootstrap.sealing.crypto
class Slow:
    def __init__(self, key): pass
    def encrypt(self, nonce, value, data):
        print("READY", flush=True)
        while True:  # a signal just before one long sleep would only be seen after it
            time.sleep(0.05)
bootstrap.sealing.crypto.AESGCM = Slow
"""
STOP_WHILE_WRITING = """
import os, time
def replace(*a, **k):
    print("READY", flush=True)
    while True:
        time.sleep(0.05)
os.replace = replace
"""


@dataclass(frozen=True)
class Scene:
    """A work tree, a home and a temporary folder, all of which are searched."""

    tree: WorkTree
    home: Path
    temporary: Path
    inputs: Sequence[Path]

    def run(self, *arguments: str, stdin: str = "", sabotage: str = "", **variables: str) -> Ended:
        """Run a command as a process, watched; fail if anything of it shows a secret."""
        process = self.start(*arguments, sabotage=sabotage, **variables)
        with Watch(process.pid) as watch:
            out, err = process.communicate(stdin.encode(), timeout=120)
        self.check(out, err, watch)
        return Ended(process.returncode, out.decode(), err.decode())

    def start(
        self, *arguments: str, sabotage: str = "", **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start a command and leave it running."""
        program = ["-m", "bootstrap"]
        if sabotage:
            script = self.home / "sabotage.py"
            script.write_text(SABOTAGED.format(sabotage=sabotage))
            program = [str(script)]
        return subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=self.tree.root,
            env=os.environ | {"TMPDIR": str(self.temporary), "HOME": str(self.home)}
            | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def check(self, out: bytes, err: bytes, watch: Watch) -> None:
        """Look everywhere but at the input."""
        assert MARKS.leaks({"stdout": out, "stderr": err, **watch.seen}) == []
        folders = [self.tree.root, self.home, self.temporary]
        assert MARKS.leaks_below(folders, but=self.inputs) == []
        assert not [item.name for item in self.temporary.iterdir()], "a temporary file was left"

    def check_git(self) -> None:
        """Commit all that Git would take, and look at every object."""
        self.tree.git("add", "--all")
        self.tree.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message=all")
        assert MARKS.leaks_in_git(self.tree.root) == []


def make_scene(tree: WorkTree, tmp_path: Path) -> Scene:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder in (home, temporary):
        folder.mkdir()
    return Scene(tree, home, temporary, [tree.write("secrets.local.yaml", LOCAL)])


@pytest.fixture
def scene(prod: WorkTree, tmp_path: Path) -> Scene:
    """With a private key of its own."""
    return make_scene(prod, tmp_path)


@pytest.fixture
def remembering(pinned: WorkTree, tmp_path: Path) -> Scene:
    """Without private key, so that digests are written."""
    return make_scene(pinned, tmp_path)


def test_the_search_finds_what_is_there(tmp_path: Path, tree: WorkTree):
    for number, form in enumerate(needles_of(MARK).values()):
        (tmp_path / str(number)).write_bytes(b"x" + form)
    assert len(MARKS.leaks_below([tmp_path])) >= len(needles_of(MARK))
    tree.write("a", b"xy" + base64.b64encode(b"z" + MARK.encode()))
    tree.git("add", "--all")
    assert MARKS.leaks_in_git(tree.root)
    variables = {"PATH": os.environ["PATH"], "S": SECOND}
    process = subprocess.Popen(["sh", "-c", "sleep 1", MARK], env=variables)
    with Watch(process.pid) as watch:
        process.wait()
    assert {item.split(" ")[0] for item in MARKS.leaks(watch.seen)} == {"cmdline", "environ"}


@pytest.mark.slow
def test_every_command_keeps_the_secret(scene: Scene):
    seal = ["seal", "secrets.local.yaml"]
    for arguments, code in (
        ([*seal, "--dry-run"], 0), ([*seal, "--dry-run", "-o", "json"], 0), (seal, 0),
        ([*seal, "-o", "json"], 0), (["init", "prod"], 0), (["init", "prod", "-o", "json"], 0),
        (["init", "two", "--dry-run"], 0), (["check"], 0), (["check", "--staged", "-o", "json"], 0),
        (["keys", "list"], 0), (["keys", "rotate", "prod", "-o", "json"], 0), (seal, 0),
        (["up", "prod"], 1), (["--help"], 0), (["--debug", "up", "prod"], 1),
        ([*seal, "--scope", "cluster-wide"], 0), (["secrets", "check", "prod"], 0),
        (["secrets", "rescope", "strict", "-o", "json"], 0), (["--debug", *seal, "--env", "x"], 2),
        (["secrets", "remove", "slack-bot-token", "-o", "json"], 0),
        (["hooks", "install"], 0),
    ):  # fmt: skip
        assert scene.run(*arguments).code == code, arguments
    assert scene.run("secrets", "set", "github-token", "-o", "json", stdin=SECOND).code == 0
    assert scene.run("seal", "-", stdin=LOCAL).code == 0
    encoded = base64.b64encode(MARK.encode()).decode()
    secret = (
        f"kind: Secret\ndata: {{github-token: {encoded}}}\nstringData: {{jira-token: {MARK}}}\n"
    )
    assert scene.run("seal", "-", stdin=secret).code == 0
    assert scene.run("seal", "-", stdin=f"GITHUB_TOKEN='{MARK}'\n").code == 0
    scene.check_git()


@pytest.mark.slow
def test_every_environment_at_once_keeps_the_secrets(scene: Scene):
    assert scene.run("init", "two").code == 0
    files = [
        scene.tree.write(f"environments/{name}/secrets.local.yaml", LOCAL)
        for name in ("prod", "two")
    ]
    wider = Scene(scene.tree, scene.home, scene.temporary, [*scene.inputs, *files])
    for arguments in (["--dry-run"], ["-o", "json"], ["--scope", "namespace-wide"]):
        assert wider.run("seal", "--all", *arguments).code == 0
    wider.check_git()


def leaves(group: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that there is, also those that this file has never heard of."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, *names, name)
        else:
            yield (*names, name), command


@pytest.mark.slow
def test_no_command_that_there_is_shows_a_secret_in_any_of_its_forms(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    """Whether a command works without a cluster or not: it has seen the secrets by then."""
    from typer.main import get_command

    tree = scene.tree
    tree.git("config", "url.file:///nowhere.insteadOf", "https://git.example.com")
    assert tree.run("seal", "secrets.local.yaml").code == 0
    found = list(leaves(get_command(app)))
    assert len(found) >= 15
    for names, command in found:
        options = {option for item in command.params for option in item.opts}
        needed = [item for item in command.params if item.param_type_name == "argument"]
        values = ["secrets.local.yaml" if "file" in item.name else "prod" for item in needed]
        choices = [
            [["--debug"], []],
            [["-o", "json"], []] if "-o" in options else [[]],
            [["--dry-run"], []] if "--dry-run" in options else [[]],
        ]
        for before, output, dry_run in itertools.product(*choices):
            arguments = [*before, *names, *values, *output, *dry_run]
            ended = tree.run(*arguments, stdin=LOCAL.encode())
            assert ended.code in {0, 1, 2}, (arguments, ended.err)
            said = {str(arguments): (ended.out + ended.err).encode()}
            assert MARKS.leaks(said) == []
    assert MARKS.leaks_below([tree.root, scene.home], but=scene.inputs) == []
    scene.check_git()


def test_digests_of_a_sealed_value_say_nothing_of_it(remembering: Scene):
    assert remembering.run("seal", "secrets.local.yaml").code == 0
    assert (remembering.tree.root / "environments/prod/sealed-digests.local.json").exists()
    remembering.check_git()


MALFORMED = [
    f"githubToken: [{MARK}\n", f"githubToken: '{MARK}\n", f"{MARK}\n", f"{MARK}: x\n",
    f"githubToken: {MARK}\ngithubToken: {SECOND}\n", f"githubToken: !!{MARK} x\n",
    f"githubToken: *{MARK}\n", f"secrets: {MARK}\n", f"- {MARK}\n", f"githubToken:\n  {MARK}: y\n",
    f"githubTokn: {MARK}\n", f"redisUrl: redis://{MARK}@host\n", f"githubToken: {MARK}\0\n",
    f"kind: {MARK}\n", f"kind: Secret\ndata: {{github-token: '{MARK}'}}\n",
    f"kind: Secret\nmetadata: {{name: {MARK}}}\n", f"{{a: b, {MARK}", f"%{MARK}\n---\n",
    f"githubToken: |\n {MARK}\n{SECOND}\n", f"GITHUB_TOKEN='{MARK}\n", f"GITHUB_TOKN={MARK}\n",
    f"A=1\n{MARK}\n", f"? {MARK}\n: {SECOND}\n", f"<<: {MARK}\n", f"x: &a [{MARK}]\ny: *b\n",
    f"githubToken: {MARK}\n---\ngithubToken: {SECOND}\n", f'githubToken: "\\ud800{MARK}"\n',
]  # fmt: skip


def test_input_that_is_refused_is_not_quoted(prod: WorkTree):
    for text, debug in itertools.product(MALFORMED, [[], ["--debug"]]):
        ended = prod.run(*debug, "seal", "-", stdin=text.encode())
        assert ended.code == 1, text
        assert MARKS.leaks({text: (ended.out + ended.err).encode()}) == []
    assert MARKS.leaks_below([prod.root]) == []


@settings(max_examples=150)
@given(
    value=st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=12, max_size=60),
    around=st.sampled_from(["{}", "githubToken: {}", "secrets: {{jiraToken: {}", "GITHUB_TOKEN={}",
                            "A='{}", "{}: x", "githubToken: '{}'\n{}: y", "- {}", "kind: {}",
                            "kind: Secret\ndata:\n  github-token: {}"]),
)  # fmt: skip
def test_no_text_is_ever_quoted(prod: WorkTree, value: str, around: str):
    assume(not may_be_shown(value))  # a misspelt key, which is shown on purpose
    text = around.replace("{}", value).replace("{{", "{")
    before = prod.contents()
    ended = prod.run("--debug", "seal", "-", "--dry-run", stdin=text.encode())
    assert ended.code in {0, 1}
    marks = Marks([value])
    assert marks.leaks({"said": (ended.out + ended.err).encode()}) == []
    assert prod.contents() == before


@pytest.mark.slow
def test_other_refusals_keep_the_secret(scene: Scene):
    tree = scene.tree
    for arguments in (
        ["seal", "secrets.local.yaml", "--env", "none"], ["seal", "secrets.local.yaml", "--bad"],
        ["seal", "secrets.local.yaml", "--cert", "secrets.local.yaml"],
        ["seal", "secrets.local.yaml", "more"], ["init", "prod", "--cert", "secrets.local.yaml"],
        ["keys", "backup", "x.age", "--passphrase-file", "secrets.local.yaml"],
        ["keys", "restore", "secrets.local.yaml"],
    ):  # fmt: skip
        assert scene.run("--debug", *arguments).code in {1, 2}, arguments
    folder = tree.root / "environments/prod"
    folder.chmod(0o500)
    blocked = scene.run("seal", "secrets.local.yaml")
    folder.chmod(0o700)
    assert blocked.code == (0 if os.geteuid() == 0 else 1)
    (tree.root / "environments/prod/sealing-key.local.pem").write_text(MARK[:4])
    assert scene.run("seal", "secrets.local.yaml").code == 1
    tree.write(".gitignore", "")
    assert scene.run("seal", "secrets.local.yaml").code == 1


def test_check_names_the_place_and_not_the_value(scene: Scene):
    leaked = [scene.tree.write("a.txt", f"x {MARK}\n"), scene.tree.write("b.yaml", LOCAL)]
    scene.tree.git("add", "a.txt", "b.yaml")
    wider = Scene(scene.tree, scene.home, scene.temporary, [*scene.inputs, *leaked])
    for arguments in (["check"], ["check", "--staged", "-o", "json"]):
        ended = wider.run(*arguments)
        assert ended.code == 1
        assert "a.txt:1: the value of github-token" in ended.err


@pytest.mark.parametrize("variables", [{}, DEBUGGING], ids=["plain", "debugging"])
def test_a_bug_shows_where_and_not_what(scene: Scene, variables: dict[str, str]):
    debug = ["--debug"] if variables else []
    ended = scene.run(*debug, "seal", "secrets.local.yaml", sabotage=BUG, **variables)
    assert ended.code == 3
    assert "error: bootstrap has a bug (KeyError)" in ended.lines
    assert any(line.endswith("in seal_value") for line in ended.lines)


@pytest.mark.parametrize("sabotage", [STOP_WHILE_SEALING, STOP_WHILE_WRITING],
                         ids=["sealing", "writing"])  # fmt: skip
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL]
)
def test_a_signal_in_the_middle_leaves_nothing_readable(
    remembering: Scene, number: signal.Signals, sabotage: str
):
    before = remembering.tree.contents()
    # a core would be the one file that may hold it: that is the machine's own setting
    process = remembering.start(
        "--debug", "seal", "secrets.local.yaml", sabotage=f"import resource\n"
        f"resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n{sabotage}", **DEBUGGING,
    )  # fmt: skip
    assert process.stdout and process.stdin
    process.stdin.close()
    with Watch(process.pid) as watch:
        assert process.stdout.readline() == b"READY\n"
        process.send_signal(number)
        process.wait(60)
    err = process.stderr.read() if process.stderr else b""
    remembering.check(process.stdout.read(), err, watch)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    left = remembering.tree.contents()
    assert {name: left[name] for name in before} == before
    assert all(".tmp." in name for name in set(left) - set(before))
    remembering.check_git()
