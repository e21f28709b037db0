from __future__ import annotations

import base64
import json
import os
import socket
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.sealing.certificate import parse_certificate, parse_private_key
from bootstrap.sealing.sealed_secret import SealedSecret, render_sealed_secret
from tests.support.reading import read_yaml
from tests.support.workspace import PROJECT
from tests.unit.certificates import make_certificate, to_pem
from tests.unit.http_server import serve
from tests.unit.independent import open_sealed
from tests.unit.plaintext.test_input import FAILURES, MARK
from tests.unit.work_tree import Ended, WorkTree, make_tree

SEALED = "environments/prod/sealed-secret.yaml"
KEY = "environments/prod/sealing-key.local.pem"
CERTIFICATE = "environments/prod/sealing-cert.pem"
DIGESTS = "environments/prod/sealed-digests.local.json"
LABEL = b"agentsmith-prod/agentsmith-secrets"
TWO = "secrets:\n  githubToken: ghp\n  jiraEmail: a@b.c\n"
REDIS = {"redis-url": b"redis:6379"}


def encrypted(tree: WorkTree, path: str = SEALED) -> dict[str, str]:
    return dict(read_yaml(tree.read(path))["spec"]["encryptedData"])


def opened(tree: WorkTree, key: RSAPrivateKey | None = None) -> dict[str, bytes]:
    """Return every sealed value, opened by the independent reader."""
    private_key = key or parse_private_key(tree.read(KEY), source=KEY)
    return {name: open_sealed(private_key, text, LABEL) for name, text in encrypted(tree).items()}


def seal(tree: WorkTree, text: str | bytes, *arguments: str, name: str = "s.local.yaml") -> Ended:
    tree.write(name, text)
    return tree.run("seal", name, *arguments)


def refuse(tree: WorkTree, *arguments: str, code: int = 1, stdin: bytes = b"") -> tuple[str, str]:
    """Expect one error of two lines from `seal` that quotes no secret, and nothing written."""
    return refuse_command(tree, "seal", *arguments, code=code, stdin=stdin)


def refuse_command(
    tree: WorkTree, *arguments: str, code: int = 1, stdin: bytes = b""
) -> tuple[str, str]:
    """Expect the same from any command."""
    before = tree.snapshot()
    ended = tree.run(*arguments, stdin=stdin)
    assert (ended.code, ended.out, len(ended.lines)) == (code, "", 2)
    assert no_mark(ended)
    assert tree.snapshot() == before
    return ended.lines[0].removeprefix("error: "), ended.lines[1].removeprefix("  fix: ")


def no_mark(ended: Ended) -> bool:
    text = ended.out + ended.err
    return not any(
        part in text
        for part in (
            MARK,
            *(base64.b64encode(MARK.encode()[cut:])[:20].decode() for cut in range(3)),
        )
    )


# forms of input


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.local.yaml", TWO),
        ("s.local.yaml", "githubToken: ghp\njiraEmail: a@b.c\n"),
        (".env", "GITHUB_TOKEN=ghp\nJIRA_EMAIL=a@b.c\n"),
        ("x.local.env", "GITHUB_TOKEN=ghp\nJIRA_EMAIL=a@b.c\n"),
        (
            "s.local.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: agentsmith-secrets}\n"
            "data: {github-token: Z2hw}\nstringData: {jira-email: a@b.c}\n",
        ),
    ],
)
def test_each_form_of_file_is_sealed(prod: WorkTree, name: str, text: str):
    ended = seal(prod, text, name=name)
    assert (ended.code, ended.out, ended.lines) == (
        0,
        "",
        [
            "sealed: github-token, jira-email, redis-url",
            f"updated: {SEALED}",
            f"next: git add {SEALED} && git commit && git push",
        ],
    )
    assert opened(prod) == {"github-token": b"ghp", "jira-email": b"a@b.c", **REDIS}
    expected = SealedSecret("agentsmith-prod", encrypted(prod))
    assert prod.read(SEALED) == render_sealed_secret(expected, SEALED).content
    assert not (prod.root / DIGESTS).exists()


@pytest.mark.parametrize("text", [TWO, "GITHUB_TOKEN=ghp\nJIRA_EMAIL=a@b.c\n"])
def test_standard_input_is_sealed(prod: WorkTree, text: str):
    assert prod.run("seal", "-", stdin=text.encode()).code == 0
    assert opened(prod) == {"github-token": b"ghp", "jira-email": b"a@b.c", **REDIS}


def test_file_outside_every_repository_is_sealed(prod: WorkTree, tmp_path: Path):
    file = tmp_path / "secrets.yaml"
    file.write_text(TWO)
    assert prod.run("seal", str(file)).code == 0
    assert set(opened(prod)) == {"github-token", "jira-email", "redis-url"}


def test_bytes_and_large_values_are_sealed_as_they_are(prod: WorkTree):
    pem = "-----BEGIN-----\r\nabc\r\n"
    large = "x" * 2**16
    text = (
        "kind: Secret\n"
        f"data:\n  jira-token: {base64.b64encode(b'{bytes}').decode()}\n"
        f"  github-token: {base64.b64encode(pem.encode()).decode()}\n"
        f"  gitlab-token: {base64.b64encode(bytes([255, 254])).decode()}\n"
        f"stringData:\n  jira-email: {large}\n  openai-api-key: 🔑\n"
    )
    assert seal(prod, text).code == 0
    assert opened(prod) == {
        "jira-token": b"{bytes}",
        "github-token": pem.encode(),
        "gitlab-token": bytes([255, 254]),
        "jira-email": large.encode(),
        "openai-api-key": "🔑".encode(),
        **REDIS,
    }


# which environment


def test_environment_is_that_of_the_folder_or_the_one_asked_for(prod: WorkTree):
    assert prod.run("init", "staging").code == 0
    for name, arguments, environment in [
        ("environments/prod/s.local.yaml", (), "prod"),
        ("environments/staging/s.local.yaml", (), "staging"),
        ("environments/prod/s.local.yaml", ("--env", "staging"), "staging"),
        ("s.local.yaml", ("--env", "prod"), "prod"),
    ]:
        ended = seal(prod, TWO, "--dry-run", "-o", "json", *arguments, name=name)
        assert ended.json()["environment"] == environment


def test_link_in_the_folder_of_an_environment_is_for_that_one(prod: WorkTree, tmp_path: Path):
    assert prod.run("init", "staging").code == 0
    (tmp_path / "vault.yaml").write_text(TWO)
    link = "environments/prod/s.local.yaml"
    (prod.root / link).symlink_to(tmp_path / "vault.yaml")
    ended = prod.run("seal", link, "--dry-run", "-o", "json")
    assert ended.json()["environment"] == "prod"


def test_environment_that_nobody_named(tree: WorkTree):
    tree.write("s.local.yaml", TWO)
    assert refuse(tree, "s.local.yaml", code=2) == (
        "there is no environment yet",
        "make one with `bootstrap init prod`",
    )
    tree.run("init", "prod")
    tree.run("init", "eu")
    for file in ("s.local.yaml", "-"):
        assert refuse(tree, file, code=2, stdin=TWO.encode()) == (
            "which environment? there are: eu, prod",
            "say it with --env NAME",
        )
    assert refuse(tree, "s.local.yaml", "--env", "us", code=2) == (
        "no environment 'us'; there are: eu, prod",
        "make it with `bootstrap init us`",
    )
    assert refuse(tree, "s.local.yaml", "--env", "../x", code=2)[0] == (
        "environment name '../x' is not a DNS label of at most 52 characters"
    )


# merging


def test_keys_that_are_not_given_keep_their_sealed_value(prod: WorkTree):
    seal(prod, TWO)
    before = encrypted(prod)
    ended = seal(prod, "jiraEmail: new@b.c\ngitlabToken: glpat\n")
    after = encrypted(prod)
    assert ended.lines[:2] == [
        "sealed: gitlab-token, jira-email",
        "kept as it was: github-token, redis-url",
    ]
    assert {name for name in after if after[name] != before.get(name)} == {
        "gitlab-token",
        "jira-email",
    }
    assert opened(prod)["jira-email"] == b"new@b.c"


@pytest.mark.parametrize("kind", ["prod", "pinned"])
def test_sealing_twice_changes_no_byte(kind: str, request: pytest.FixtureRequest):
    tree: WorkTree = request.getfixturevalue(kind)
    seal(tree, TWO)
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=Sealed")
    before = tree.snapshot()
    ended = tree.run("seal", "s.local.yaml")
    assert ended.lines == [
        "unchanged: github-token, jira-email",
        "kept as it was: redis-url",
        f"{SEALED} is up to date; nothing changed",
    ]
    assert tree.snapshot() == before
    assert tree.git("status", "--porcelain") == ""


@pytest.mark.parametrize("kind", ["prod", "pinned"])
def test_only_the_changed_value_gets_a_new_ciphertext(
    kind: str, request: pytest.FixtureRequest, small_key: RSAPrivateKey
):
    tree: WorkTree = request.getfixturevalue(kind)
    seal(tree, TWO)
    before = encrypted(tree)
    assert seal(tree, TWO.replace("ghp", "other")).lines[:3] == [
        "sealed: github-token",
        "unchanged: jira-email",
        "kept as it was: redis-url",
    ]
    after = encrypted(tree)
    assert {name for name in after if after[name] != before[name]} == {"github-token"}
    key = small_key if kind == "pinned" else None
    assert opened(tree, key) == {"github-token": b"other", "jira-email": b"a@b.c", **REDIS}


def test_empty_value_is_left_out_and_what_is_sealed_stays(prod: WorkTree):
    seal(prod, TWO)
    ended = seal(prod, "githubToken: ''\njiraEmail: a@b.c\nredisUrl:\n")
    assert ended.lines == [
        "unchanged: jira-email",
        "kept as it was: github-token, redis-url",
        "empty in the file, but its sealed value stays (take it out with"
        " `bootstrap secrets remove`): github-token, redis-url",
        f"{SEALED} is up to date; nothing changed",
    ]
    assert opened(prod)["github-token"] == b"ghp"


def test_values_of_the_example_file_are_sealed_with_a_warning(prod: WorkTree):
    sample = (PROJECT / "docs/examples/secrets.example.yaml").read_text()
    one = seal(prod, "githubToken: sample-github-token\njiraToken: mine\n", "--dry-run")
    done = seal(prod, sample)

    assert one.lines[0] == "warning: 1 value is that of the example file: github-token"
    assert done.code == 0
    assert done.lines[0] == (
        "warning: 4 values are those of the example file: anthropic-api-key, github-token,"
        " slack-bot-token, slack-signing-secret"
    )
    assert "sample-" not in done.out + done.err


def test_redis_url_of_one_s_own_is_kept(prod: WorkTree):
    seal(prod, "redisUrl: cache:6380,ssl=true\n")
    assert opened(prod) == {"redis-url": b"cache:6380,ssl=true"}
    seal(prod, TWO)
    assert opened(prod)["redis-url"] == b"cache:6380,ssl=true"
    prod.write("s.local.yaml", f"redisUrl: redis://:{MARK}@cache:6379\n")
    assert refuse(prod, "s.local.yaml") == (
        "redis-url is a URL, but Agent Smith reads HOST:PORT[,option=value]",
        "write redis:6379, or leave it out to have just that",
    )


# without the private key


def test_digests_are_private_ignored_and_say_nothing(pinned: WorkTree):
    seal(pinned, f"githubToken: {MARK}\n")
    assert stat.S_IMODE((pinned.root / DIGESTS).stat().st_mode) == 0o600
    assert pinned.git("check-ignore", DIGESTS).strip() == DIGESTS
    memory = json.loads(pinned.read(DIGESTS))
    assert sorted(memory["digests"]) == ["github-token", "redis-url"]
    assert MARK not in pinned.read(DIGESTS)


def test_digests_that_git_would_take_are_not_written(pinned: WorkTree):
    pinned.write(".gitignore", "*.local.yaml\n")
    ended = seal(pinned, TWO)
    assert ended.code == 0
    assert ended.lines[0] == (
        f"warning: {DIGESTS} would not be ignored by Git: add *.local.json to .gitignore"
    )
    assert not (pinned.root / DIGESTS).exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[]"])
def test_damaged_digests_cost_only_a_new_ciphertext(
    pinned: WorkTree, small_key: RSAPrivateKey, damage: bytes
):
    seal(pinned, TWO)
    pinned.write(DIGESTS, damage)
    assert seal(pinned, TWO).lines[0] == "sealed: github-token, jira-email"
    assert opened(pinned, small_key)["github-token"] == b"ghp"
    assert seal(pinned, TWO).lines[-1] == f"{SEALED} is up to date; nothing changed"


def test_ciphertext_of_a_colleague_is_not_taken_for_ours(
    pinned: WorkTree, small_key: RSAPrivateKey
):
    seal(pinned, TWO)
    mine = pinned.read(SEALED)
    (pinned.root / DIGESTS).rename(pinned.root / "away.local.json")
    seal(pinned, "githubToken: theirs\n")
    assert pinned.read(SEALED) != mine
    (pinned.root / "away.local.json").rename(pinned.root / DIGESTS)
    assert seal(pinned, TWO).lines[:2] == ["sealed: github-token", "unchanged: jira-email"]
    assert opened(pinned, small_key)["github-token"] == b"ghp"


def test_another_certificate_means_every_value_anew(
    pinned: WorkTree, tmp_path: Path, small_key: RSAPrivateKey
):
    seal(pinned, TWO)
    other = tmp_path / "other.pem"
    other.write_text(make_certificate(small_key))
    ended = seal(pinned, TWO, "--cert", str(other))
    assert ended.lines[:2] == [
        f"warning: --cert {other} is not the certificate in {CERTIFICATE};"
        " the cluster must hold its key",
        "sealed: github-token, jira-email",
    ]
    assert seal(pinned, TWO, "--cert", str(other)).lines[1] == "unchanged: github-token, jira-email"


def test_key_that_is_not_the_certificate_s_is_not_used(prod: WorkTree, small_key: RSAPrivateKey):
    prod.write(KEY, to_pem(small_key))
    seal(prod, TWO)
    assert (prod.root / DIGESTS).exists()
    assert seal(prod, TWO).lines[0] == "unchanged: github-token, jira-email"


def test_certificate_from_a_url(prod: WorkTree, small_key: RSAPrivateKey):
    with serve({"/c": (200, make_certificate(small_key).encode())}) as url:
        assert seal(prod, TWO, "--cert", f"{url}/c?t=t0ken").code == 0
        assert "t0ken" not in seal(prod, TWO, "--cert", f"{url}/none?t=t0ken").err
    assert opened(prod, small_key) == {"github-token": b"ghp", "jira-email": b"a@b.c", **REDIS}


# what is shown


def test_dry_run_shows_the_manifest_and_writes_nothing(prod: WorkTree):
    prod.write("s.local.yaml", f"githubToken: {MARK}\n")
    before = prod.snapshot()
    ended = prod.run("seal", "s.local.yaml", "--dry-run")
    assert (ended.code, ended.lines) == (
        0,
        ["sealed: github-token, redis-url", f"would be updated: {SEALED}"],
    )
    assert prod.snapshot() == before
    shown = read_yaml(ended.out)["spec"]["encryptedData"]
    key = parse_private_key(prod.read(KEY), source=KEY)
    assert open_sealed(key, shown["github-token"], LABEL) == MARK.encode()
    assert no_mark(ended)


def test_json_names_keys_and_holds_no_value(prod: WorkTree):
    seal(prod, "jiraToken: x\n")
    ended = seal(prod, f"githubToken: {MARK}\njiraToken: x\ngitlabToken:\n", "-o", "json")
    certificate = parse_certificate(prod.read(CERTIFICATE), source="x")
    assert ended.json() == {
        "environment": "prod",
        "file": SEALED,
        "action": "updated",
        "scope": "strict",
        "sealed": ["github-token"],
        "resealed": [],
        "unchanged": ["jira-token"],
        "kept": ["redis-url"],
        "removed": [],
        "leftOut": ["gitlab-token"],
        "ignored": 0,
        "dropped": {"labels": [], "annotations": []},
        "certificate": {
            "sha256": certificate.fingerprint,
            "notAfter": certificate.not_after.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "dryRun": False,
    }
    assert no_mark(ended)


# refusals


def test_what_can_not_be_parsed_leaks_nothing_and_leaves_the_old_file(prod: WorkTree):
    seal(prod, TWO)
    for text, message, hint in FAILURES:
        raw = text if isinstance(text, bytes) else text.encode()
        expected = f"standard input{message.removeprefix('f')}", hint
        assert refuse(prod, "-", stdin=raw) == expected
    for text, message, hint in FAILURES[::5]:
        prod.write("s.local.yaml", text)
        assert refuse(prod, "s.local.yaml") == (f"s.local.yaml{message.removeprefix('f')}", hint)


def test_file_that_git_sees_is_refused_before_it_is_read(prod: WorkTree, tmp_path: Path):
    text = f"githubToken: {MARK}\n"
    prod.write("plain.yaml", text)
    ignore = ("name it *.local.yaml, or add plain.yaml to .gitignore",)
    assert refuse(prod, "plain.yaml") == (
        "plain.yaml is not ignored by Git, so the next `git add` would commit its plaintext",
        *ignore,
    )
    prod.git("add", "plain.yaml")
    tracked = (
        "plain.yaml is tracked by Git, so its plaintext is or will be in the history",
        "`git rm --cached plain.yaml`, add it to .gitignore, and replace every secret in it"
        " that was ever pushed",
    )
    assert refuse(prod, "plain.yaml") == tracked
    (prod.root / "link.local.yaml").symlink_to("plain.yaml")
    assert refuse(prod, "link.local.yaml")[0] == tracked[0].replace("plain", "link.local", 1)
    other = make_tree(tmp_path / "other") / "secrets.yaml"
    other.write_text(text)
    assert refuse(prod, str(other))[0].startswith(f"{other} is not ignored by Git")


def test_what_is_no_file_of_secrets_is_refused(
    prod: WorkTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with (tmp_path / "large.yaml").open("wb") as stream:
        stream.truncate(2**30)
    (prod.root / "folder.local.yaml").mkdir()
    os.mkfifo(prod.root / "pipe.local.yaml")
    (prod.root / "loop.local.yaml").symlink_to("loop.local.yaml")
    monkeypatch.chdir(prod.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.local.yaml")
        cases = {
            "../large.yaml": "../large.yaml is larger than 1024 KiB",
            "folder.local.yaml": "folder.local.yaml is not a regular file",
            "environments/prod": "environments/prod is not a regular file",
            "pipe.local.yaml": "pipe.local.yaml is not a regular file",
            "/dev/null": "/dev/null is not a regular file",
            "loop.local.yaml": "loop.local.yaml: too many levels of symbolic links",
            "loop.local.yaml/x": "loop.local.yaml/x: too many levels of symbolic links",
            "none.local.yaml": "none.local.yaml: no such file or directory",
            "none/s.local.yaml": "none/s.local.yaml: no such file or directory",
            "s.local.yaml": "s.local.yaml: no such device or address",
        }
        for file, message in cases.items():
            assert refuse(prod, file)[0] == message


def test_secrets_larger_than_their_limit_on_standard_input(prod: WorkTree):
    raw = b"githubToken: " + MARK.encode() * 60_000
    assert refuse(prod, "-", stdin=raw)[0] == "standard input is larger than 1024 KiB"


def test_expired_certificate_is_not_sealed_for(
    pinned: WorkTree, tmp_path: Path, small_key: RSAPrivateKey
):
    end = datetime.now(UTC) - timedelta(days=1)
    old = tmp_path / "old.pem"
    old.write_text(make_certificate(small_key, not_after=end))
    pinned.write("s.local.yaml", f"githubToken: {MARK}\n")
    hint = "pin a current one: `bootstrap init ENV --from-cluster` or `--cert FILE`"
    assert refuse(pinned, "s.local.yaml", "--cert", str(old)) == (
        f"--cert {old} expired on {end:%Y-%m-%d}",
        hint,
    )
    pinned.write(CERTIFICATE, old.read_bytes())
    assert refuse(pinned, "s.local.yaml") == (f"{CERTIFICATE} expired on {end:%Y-%m-%d}", hint)


def test_missing_certificate(prod: WorkTree):
    (prod.root / CERTIFICATE).unlink()
    prod.write("s.local.yaml", f"githubToken: {MARK}\n")
    assert refuse(prod, "s.local.yaml") == (
        f"{CERTIFICATE} is missing, so there is no certificate to seal for",
        "restore it with `git checkout`, or run `bootstrap init prod`",
    )


def test_file_of_secrets_given_as_certificate_or_key_is_not_quoted(prod: WorkTree):
    text = f"githubToken: {MARK}\n"
    prod.write("s.local.yaml", text)
    assert refuse(prod, "s.local.yaml", "--cert", "s.local.yaml")[0] == (
        "--cert s.local.yaml holds no PEM certificate"
    )
    prod.write(KEY, text)
    assert refuse(prod, "s.local.yaml")[0] == f"{KEY} holds no usable private key"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("namespace: agentsmith-prod", "namespace: other",
         ": sealed for namespace other, but the environment's namespace is agentsmith-prod"),
        ("kind: SealedSecret", "kind: Secret", ": not a SealedSecret (bitnami.com/v1alpha1)"),
        ("spec:", "<<<<<<< HEAD\nspec:", ":8:1: not valid YAML"),
    ],
)  # fmt: skip
def test_sealed_file_that_is_not_ours_any_more_is_left_as_it_is(
    prod: WorkTree, old: str, new: str, message: str
):
    text = prod.read(SEALED)
    assert old in text
    prod.write(SEALED, text.replace(old, new, 1))
    prod.write("s.local.yaml", f"githubToken: {MARK}\n")
    assert refuse(prod, "s.local.yaml")[0] == f"{SEALED}{message}"


def test_bug_of_ours_shows_no_value(prod: WorkTree, monkeypatch: pytest.MonkeyPatch):
    def fail(*arguments, **options):
        raise RuntimeError(f"{arguments} {options} {MARK}")

    prod.write("s.local.yaml", f"githubToken: {MARK}\n")
    monkeypatch.setattr("bootstrap.commands.seal.seal.seal_value", fail)
    before = prod.snapshot()
    ended = prod.run("seal", "s.local.yaml")
    assert (ended.code, ended.lines[0]) == (3, "error: bootstrap has a bug (RuntimeError)")
    assert no_mark(ended)
    assert prod.snapshot() == before


# as processes


def test_as_a_process_from_standard_input_and_within_a_hook(
    prod: WorkTree, tmp_path: Path, small_key: RSAPrivateKey
):
    other = make_tree(tmp_path / "other")
    ended = prod.run_process(
        "seal", "-", stdin=f"githubToken: {MARK}\n".encode(), GIT_DIR=str(other / ".git")
    )
    assert (ended.code, ended.out, ended.lines[0]) == (0, "", "sealed: github-token, redis-url")
    assert no_mark(ended)
    assert opened(prod) == {"github-token": MARK.encode(), **REDIS}


def test_processes_that_seal_at_once_lose_nothing(pinned: WorkTree, small_key: RSAPrivateKey):
    keys = ["github-token", "gitlab-token", "jira-email", "jira-token", "openai-api-key"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bootstrap", "seal", "-"],
            cwd=pinned.root, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        for _ in keys
    ]  # fmt: skip
    for key, process in zip(keys, running, strict=True):
        assert process.stdin is not None
        process.stdin.write(f"{key}: value of {key}\n".encode())
        process.stdin.close()
    assert [process.wait() for process in running] == [0] * len(keys)
    expected = {key: f"value of {key}".encode() for key in keys}
    assert opened(pinned, small_key) == {**expected, **REDIS}
    remembered = json.loads(pinned.read(DIGESTS))["digests"]
    assert sorted(remembered) == sorted(expected | REDIS)
