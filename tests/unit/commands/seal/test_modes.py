"""Scopes, single values, taking values out, every environment at once, Secret manifests."""

from __future__ import annotations

import base64
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.sealing.certificate import parse_private_key
from bootstrap.sealing.crypto import SCOPE_ANNOTATIONS, Scope, encryption_label
from tests.support.reading import read_documents, read_yaml
from tests.unit.commands.seal.test_seal import (
    REDIS,
    SEALED,
    TWO,
    encrypted,
    no_mark,
    refuse,
    refuse_command,
    seal,
)
from tests.unit.independent import open_sealed
from tests.unit.plaintext.test_input import MARK
from tests.unit.work_tree import Ended, WorkTree

VALUES = {"github-token": b"ghp", "jira-email": b"a@b.c", **REDIS}


def opened(
    tree: WorkTree, scope: Scope, key: RSAPrivateKey | None = None, env: str = "prod"
) -> dict[str, bytes]:
    """Return every sealed value, opened by the independent reader under the label of `scope`."""
    path = f"environments/{env}/sealing-key.local.pem"
    private_key = key or parse_private_key(tree.read(path), source=path)
    label = encryption_label(scope, namespace=f"agentsmith-{env}", name="agentsmith-secrets")
    found = encrypted(tree, f"environments/{env}/sealed-secret.yaml")
    return {name: open_sealed(private_key, text, label) for name, text in found.items()}


def manifest(tree: WorkTree) -> dict:
    return read_yaml(tree.read(SEALED))


# scopes


@pytest.mark.parametrize("kind", ["prod", "pinned"])
@pytest.mark.parametrize("scope", Scope)
def test_scope_is_in_the_label_and_in_both_annotations_and_stays(
    kind: str, scope: Scope, small_key: RSAPrivateKey, request: pytest.FixtureRequest
):
    tree: WorkTree = request.getfixturevalue(kind)
    key = small_key if kind == "pinned" else None
    assert seal(tree, TWO, "--scope", scope.value).code == 0
    assert opened(tree, scope, key) == VALUES
    document = manifest(tree)
    annotation = SCOPE_ANNOTATIONS.get(scope)
    for metadata in (document["metadata"], document["spec"]["template"]["metadata"]):
        assert metadata.get("annotations") == ({annotation: "true"} if annotation else None)
    before = tree.snapshot()
    for arguments in (("s.local.yaml",), ("s.local.yaml", "--scope", scope.value)):
        assert tree.run("seal", *arguments).lines[-1] == f"{SEALED} is up to date; nothing changed"
    assert tree.snapshot() == before
    assert tree.run("secrets", "set", "jiraToken", stdin=b"new\n").code == 0
    assert opened(tree, scope, key) == {**VALUES, "jira-token": b"new"}


def test_another_scope_seals_every_value_again_where_the_key_is_here(prod: WorkTree):
    seal(prod, TWO)
    before = encrypted(prod)
    ended = prod.run("secrets", "rescope", "cluster-wide", "-o", "json")
    assert (ended.json()["resealed"], ended.json()["kept"]) == (sorted(VALUES), [])
    assert opened(prod, Scope.CLUSTER_WIDE) == VALUES
    assert not set(before.values()) & set(encrypted(prod).values())
    ended = seal(prod, "jiraToken: new\n", "--scope", "strict")
    assert ended.lines[:2] == [
        "sealed: jira-token",
        "sealed again, now strict: github-token, jira-email, redis-url",
    ]
    assert opened(prod, Scope.STRICT) == {**VALUES, "jira-token": b"new"}
    assert "annotations" not in manifest(prod)["metadata"]


def test_another_scope_without_the_key_needs_every_value(
    pinned: WorkTree, small_key: RSAPrivateKey
):
    seal(pinned, TWO)
    assert refuse_command(pinned, "secrets", "rescope", "namespace-wide") == (
        "the scope can't become namespace-wide: no private key here opens github-token, jira-email",
        "give these values too (`bootstrap seal FILE --scope`), or take them out first:"
        " `bootstrap secrets remove github-token`",
    )
    pinned.write("s.local.yaml", "githubToken: ghp\n")
    message = refuse(pinned, "s.local.yaml", "--scope", "namespace-wide")[0]
    assert message.endswith("no private key here opens jira-email")
    ended = seal(pinned, TWO, "--scope", "namespace-wide")
    assert ended.lines[:2] == [
        "sealed: github-token, jira-email",
        "sealed again, now namespace-wide: redis-url",
    ]
    assert opened(pinned, Scope.NAMESPACE_WIDE, small_key) == VALUES
    assert seal(pinned, TWO, "--scope", "strict").code == 0, "redis-url is remembered as well"
    assert opened(pinned, Scope.STRICT, small_key) == VALUES


# single values


@pytest.mark.parametrize("spelling", ["github-token", "githubToken", "GITHUB_TOKEN"])
def test_single_value_from_a_pipe_in_any_spelling(prod: WorkTree, spelling: str):
    ended = prod.run("secrets", "set", spelling, stdin=f"{MARK}\n".encode())
    assert ended.lines[0] == "sealed: github-token, redis-url"
    assert no_mark(ended)
    assert opened(prod, Scope.STRICT) == {"github-token": MARK.encode(), **REDIS}


@pytest.mark.parametrize("kind", ["prod", "pinned"])
def test_single_value_leaves_the_others_and_itself_where_nothing_changed(
    kind: str, request: pytest.FixtureRequest
):
    tree: WorkTree = request.getfixturevalue(kind)
    seal(tree, TWO)
    before = tree.snapshot()
    ended = tree.run("secrets", "set", "github-token", stdin=b"ghp")
    assert ended.lines[:2] == ["unchanged: github-token", "kept as it was: jira-email, redis-url"]
    assert tree.snapshot() == before


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"x", b"x"),
        (b"x\n", b"x"),
        (b"x\r\n", b"x"),
        (b" x \n", b" x "),
        (b"x\n\n", b"x\n\n"),
        (b"-----BEGIN-----\na\n-----END-----\n", b"-----BEGIN-----\na\n-----END-----\n"),
        (b"-----BEGIN-----\r\na\r\n", b"-----BEGIN-----\r\na\r\n"),
        ("schlüssel 🔑\n".encode(), "schlüssel 🔑".encode()),
        (b"\xff\xfe\x01", b"\xff\xfe\x01"),
        (b"x" * 65536 + b"\n", b"x" * 65536),
        (b"secrets: {a: b}\n", b"secrets: {a: b}"),
    ],
    ids=range(11),
)
def test_single_value_is_the_bytes_that_came(prod: WorkTree, raw: bytes, value: bytes):
    assert prod.run("secrets", "set", "github-token", stdin=raw).code == 0
    assert opened(prod, Scope.STRICT)["github-token"] == value


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the value of github-token is empty"),
        (b"\n", "the value of github-token is empty"),
        (MARK.encode("utf-16"), "the value of github-token holds a NUL byte, which no environment"
         " variable can carry"),
        (b"x" * (2**20 + 1), "standard input is larger than 1024 KiB"),
    ],
    ids=range(4),
)  # fmt: skip
def test_single_value_that_can_not_be_one_is_refused(prod: WorkTree, raw: bytes, message: str):
    seal(prod, TWO)
    assert refuse_command(prod, "secrets", "set", "github-token", stdin=raw)[0] == message


def test_single_value_of_no_known_key(prod: WorkTree):
    assert refuse_command(prod, "secrets", "set", "githubToke", code=2) == (
        "KEY: Agent Smith reads no key 'githubToke'",
        "did you mean github-token?",
    )
    assert refuse_command(prod, "secrets", "set", MARK, code=2)[0] == (
        "KEY: Agent Smith reads no key that (not shown)"
    )


def test_single_value_is_typed_at_a_prompt_that_shows_nothing(prod: WorkTree):
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - another process
        os.chdir(prod.root)
        words = [sys.executable, "-m", "bootstrap", "secrets", "set", "jira-token"]
        os.execv(sys.executable, words)
    shown = b""
    while b"(not shown): " not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, f"{MARK}\n".encode())
    try:
        while chunk := os.read(terminal, 1024):
            shown += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    assert MARK.encode() not in shown
    assert opened(prod, Scope.STRICT)["jira-token"] == MARK.encode()


# taking out


def test_what_is_taken_out_is_gone_and_the_rest_keeps_its_bytes(prod: WorkTree):
    seal(prod, TWO)
    before = encrypted(prod)
    ended = prod.run("secrets", "remove", "githubToken", "jira-token", "-o", "json")
    assert (ended.json()["removed"], ended.json()["kept"]) == (
        ["github-token"],
        ["jira-email", "redis-url"],
    )
    assert encrypted(prod) == {key: before[key] for key in ("jira-email", "redis-url")}
    again = prod.run("secrets", "remove", "githubToken")
    assert again.lines[-1] == f"{SEALED} is up to date; nothing changed"
    assert refuse_command(prod, "secrets", "remove", "githubTokn", code=2)[1] == (
        "did you mean github-token?"
    )


def test_key_that_only_others_know_can_be_taken_out(prod: WorkTree):
    seal(prod, TWO)
    prod.write(SEALED, prod.read(SEALED).replace("    github-token:", "    custom.key:"))
    assert prod.run("secrets", "remove", "custom.key").code == 0
    assert sorted(encrypted(prod)) == ["jira-email", "redis-url"]


# every environment


@pytest.fixture
def fleet(prod: WorkTree, certificate_file: Path) -> WorkTree:
    """Three environments, one of them without a private key, each with its secrets."""
    assert prod.run("init", "staging").code == 0
    assert prod.run("init", "eu", "--cert", str(certificate_file)).code == 0
    for name in ("prod", "staging", "eu"):
        prod.write(f"environments/{name}/secrets.local.yaml", f"githubToken: of-{name}\n")
    return prod


def test_all_seals_every_environment_and_then_changes_nothing(
    fleet: WorkTree, small_key: RSAPrivateKey
):
    ended = fleet.run("seal", "--all")
    assert ended.lines == [
        *(
            f"updated: environments/{name}/sealed-secret.yaml (2 sealed)"
            for name in ("eu", "prod", "staging")
        ),
        "next: git add environments && git commit && git push",
    ]
    for name, key in (("prod", None), ("staging", None), ("eu", small_key)):
        expected = {"github-token": f"of-{name}".encode(), **REDIS}
        assert opened(fleet, Scope.STRICT, key, name) == expected
    before = fleet.snapshot()
    done = fleet.run("seal", "--all", "-o", "json")
    assert [item["action"] for item in done.json()["environments"]] == ["unchanged"] * 3
    assert fleet.snapshot() == before


def test_all_into_another_scope_is_all_or_none(fleet: WorkTree):
    assert fleet.run("secrets", "set", "jira-token", "--env", "eu", stdin=b"x").code == 0
    assert refuse(fleet, "--all", "--scope", "namespace-wide")[0] == (
        "the scope can't become namespace-wide: no private key here opens jira-token"
    )
    (fleet.root / "environments/eu/secrets.local.yaml").unlink()
    assert fleet.run("seal", "--all", "--scope", "namespace-wide").code == 0
    for name in ("prod", "staging"):
        values = opened(fleet, Scope.NAMESPACE_WIDE, env=name)
        assert values == {"github-token": f"of-{name}".encode(), **REDIS}


def test_all_shows_every_mistake_and_writes_nothing(fleet: WorkTree):
    fleet.write("environments/eu/secrets.local.yaml", f"githubTokn: {MARK}\n")
    fleet.write("environments/staging/secrets.local.yaml", f"githubToken: [{MARK}]\n")
    message = refuse(fleet, "--all")[0]
    assert message == (
        "nothing is sealed: environments/eu/secrets.local.yaml: line 1: unknown key 'githubTokn';"
        " did you mean 'githubToken'?; environments/staging/secrets.local.yaml: line 1: the value"
        " is not text"
    )


def test_all_refuses_what_git_would_see_and_folders_that_are_no_environment(fleet: WorkTree):
    fleet.git("add", "--force", "environments/eu/secrets.local.yaml")
    message, hint = refuse(fleet, "--all")
    assert message == (
        "environments/eu/secrets.local.yaml is tracked by Git, so its plaintext is or will be in"
        " the history"
    )
    assert hint.startswith("`git rm --cached")
    fleet.git("rm", "--quiet", "--cached", "environments/eu/secrets.local.yaml")
    fleet.write(".gitignore", "*.local.pem\n*.local.json\n")
    assert refuse(fleet, "--all")[0].count("is not ignored by Git") == 3
    fleet.write(".gitignore", "*.local.*\n")
    fleet.write("environments/us/secrets.local.yaml", TWO)
    assert refuse(fleet, "--all", code=2)[0] == "no environment 'us'; there are: eu, prod, staging"


def test_all_looks_at_what_a_link_leads_to(fleet: WorkTree, tmp_path: Path):
    link = fleet.root / "environments/eu/secrets.local.yaml"
    link.unlink()
    link.symlink_to(fleet.write("plain.yaml", f"githubToken: {MARK}\n"))
    assert refuse(fleet, "--all")[0].startswith("environments/eu/secrets.local.yaml is not ignored")
    link.unlink()
    (tmp_path / "vault.yaml").write_text("githubToken: from-vault\n")
    link.symlink_to(tmp_path / "vault.yaml")
    assert fleet.run("seal", "--all").code == 0


def test_all_looks_into_a_repository_within_the_repository(fleet: WorkTree):
    inner = fleet.root / "environments/eu"
    subprocess.run(["git", "init", "--quiet", "--template=", str(inner)], check=True)
    assert refuse(fleet, "--all")[0].startswith("environments/eu/secrets.local.yaml is not ignored")


def test_all_without_a_single_file(prod: WorkTree):
    assert refuse(prod, "--all", code=2) == (
        "there is no environments/*/secrets.local.yaml",
        "write one, or give FILE and --env",
    )


def test_all_in_a_dry_run_shows_every_manifest_and_writes_none(fleet: WorkTree):
    before = fleet.snapshot()
    ended = fleet.run("seal", "--all", "--dry-run")
    shown = read_documents(ended.out)
    assert [item["metadata"]["namespace"] for item in shown] == [
        "agentsmith-eu",
        "agentsmith-prod",
        "agentsmith-staging",
    ]
    assert fleet.snapshot() == before


# Secret manifests


SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: agentsmith-secrets
  namespace: agentsmith-prod
  uid: 0f1e
  resourceVersion: "12"
  creationTimestamp: "2026-01-01T00:00:00Z"
  managedFields: [{{manager: kubectl, fieldsV1: {{}}}}]
  ownerReferences: [{{kind: X}}]
  labels: {{app.kubernetes.io/component: dispatcher, team: smith}}
  annotations:
    example.com/owner: us
    reloader.stakater.com/match: "true"
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"stringData":{{"github-token":"{MARK}"}}}}
    meta.helm.sh/release-name: old
    sealedsecrets.bitnami.com/namespace-wide: "true"
type: example.com/type
immutable: true
stringData:
  github-token: {MARK}
"""


def test_secret_manifest_keeps_what_is_acted_on_and_names_the_rest(
    prod: WorkTree,
):
    prod.write(
        SEALED,
        prod.read(SEALED).replace(
            "    type: Opaque", "      labels:\n        tier: one\n    type: Opaque"
        ),
    )
    ended = seal(prod, SECRET)
    assert (ended.code, no_mark(ended)) == (0, True)
    assert [line for line in ended.lines if line.startswith("dropped")] == [
        "dropped, as no controller is known to act on it: label team; annotation example.com/owner"
        " (--keep-label NAME or --keep-annotation NAME keeps it)",
        "dropped, as it belongs to the live Secret: annotations"
        " kubectl.kubernetes.io/last-applied-configuration, meta.helm.sh/release-name",
    ]
    document = manifest(prod)
    scope = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    assert document["metadata"] == {
        "name": "agentsmith-secrets",
        "namespace": "agentsmith-prod",
        "annotations": scope,
    }
    assert document["spec"]["template"] == {
        "metadata": {
            "name": "agentsmith-secrets",
            "namespace": "agentsmith-prod",
            "labels": {"tier": "one", "app.kubernetes.io/component": "dispatcher"},
            "annotations": {"reloader.stakater.com/match": "true", **scope},
        },
        "type": "example.com/type",
        "immutable": True,
    }
    assert MARK not in prod.read(SEALED)
    assert opened(prod, Scope.NAMESPACE_WIDE)["github-token"] == MARK.encode()
    before = prod.snapshot()
    assert seal(prod, SECRET).lines[-1] == f"{SEALED} is up to date; nothing changed"
    assert prod.read(SEALED).encode() == before[SEALED][2]


@pytest.mark.parametrize("form", [MARK, base64.b64encode(MARK.encode()).decode()])
@pytest.mark.parametrize("place", ["labels", "annotations"])
def test_label_or_annotation_that_holds_a_value_is_refused(prod: WorkTree, form: str, place: str):
    prod.write(
        "s.local.yaml",
        f"kind: Secret\nmetadata:\n  {place}:\n    app.kubernetes.io/note: was {form}\n"
        f"stringData:\n  github-token: {MARK}\n",
    )
    assert refuse(prod, "s.local.yaml") == (
        f"s.local.yaml: {place[:-1]} app.kubernetes.io/note holds the value of github-token, and"
        " would be committed",
        "take it out of the manifest's metadata",
    )


# usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to seal"),
        (["--env", "prod"], "nothing to seal"),
        (["s.local.yaml", "--all"], "--all does not go with FILE"),
        (["--all", "--env", "prod"], "--all does not go with --env"),
        (["-", "--cert", "x", "--from-cluster"], "--cert and --from-cluster exclude each other"),
        (["-", "--context", "x"], "--context is used only with --from-cluster"),
        (["-", "--controller-name", "x"], "--controller-name is used only with --from-cluster"),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else "",
)
def test_options_that_make_no_sense_together_are_wrong_usage(
    prod: WorkTree, arguments: list[str], message: str
):
    assert refuse(prod, *arguments, code=2)[0] == message


@pytest.mark.parametrize("words", [("set", "jira-token"), ("rescope", "strict")], ids=" ".join)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cert", "x", "--from-cluster"], "--cert and --from-cluster exclude each other"),
        (["--context", "x"], "--context is used only with --from-cluster"),
    ],
    ids=" ".join,
)
def test_single_values_and_scopes_take_a_certificate_as_files_do(
    prod: WorkTree, words: tuple[str, str], options: list[str], message: str
):
    assert refuse_command(prod, "secrets", *words, *options, code=2)[0] == message


def test_scope_alone_is_refused_with_the_command_that_seals_again(prod: WorkTree):
    assert refuse(prod, "--scope", "strict", code=2) == (
        "nothing to seal",
        "give FILE or --all; to seal what is there again: `bootstrap secrets rescope`",
    )


def test_which_environment_is_asked_where_there_are_several(prod: WorkTree):
    assert prod.run("init", "staging").code == 0
    several = "which environment? there are: prod, staging"
    assert refuse_command(prod, "secrets", "check", code=2) == (several, "name one of them")
    assert refuse_command(prod, "secrets", "remove", "jira-token", code=2) == (
        several, "say it with --env NAME",
    )  # fmt: skip


def test_init_takes_the_same_options_for_the_controller(tree: WorkTree):
    ended: Ended = tree.run("init", "prod", "--controller-namespace", "x")
    assert (ended.code, ended.lines[0]) == (
        2,
        "error: --controller-namespace is used only with --from-cluster",
    )


def test_secret_manifest_of_another_namespace_is_refused(prod: WorkTree):
    before = prod.read("environments/prod/sealed-secret.yaml")
    manifest = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: agentsmith-secrets\n"
        "  namespace: agentsmith-staging\nstringData:\n  jira-token: of-staging\n"
    )

    ended = prod.run("seal", "-", stdin=manifest.encode())

    assert (ended.code, ended.lines) == (
        1,
        [
            "error: metadata.namespace is not agentsmith-prod, that of environment prod",
            "  fix: choose the right environment with --env, or take metadata.namespace out",
        ],
    )
    assert prod.read("environments/prod/sealed-secret.yaml") == before
