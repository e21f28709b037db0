"""Both ways with upstream's own kubeseal: it opens what we seal, and we read what it seals."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.sealing.certificate import parse_private_key
from bootstrap.sealing.crypto import Scope, encryption_label
from tests.support.reading import read_yaml
from tests.unit.certificates import to_pem
from tests.unit.independent import open_sealed
from tests.unit.work_tree import WorkTree

SEALED = "environments/prod/sealed-secret.yaml"
KEY = "environments/prod/sealing-key.local.pem"
CERTIFICATE = "environments/prod/sealing-cert.pem"
VALUES = {
    "github-token": b"ghp_x",
    "gitlab-token": "schlüssel 🔑".encode(),
    "jira-token": b"-----BEGIN-----\nabc\n-----END-----\n",
    "openai-api-key": b"x" * 65536,
    "slack-bot-token": bytes(range(1, 256)),
}


def run(kubeseal: Path, *arguments: str | Path, stdin: str = "") -> str:
    done = subprocess.run(
        [kubeseal, *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def secret(values: dict[str, bytes]) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "agentsmith-secrets", "namespace": "agentsmith-prod"},
            "data": {key: base64.b64encode(value).decode() for key, value in values.items()},
        }
    )


def recover(kubeseal: Path, tree: WorkTree, key: Path) -> dict[str, bytes]:
    """Return the values of our sealed file as kubeseal opens them."""
    text = run(
        kubeseal, "--recovery-unseal", "--recovery-private-key", key, stdin=tree.read(SEALED)
    )
    document = json.loads(text)
    assert document["metadata"]["name"] == "agentsmith-secrets"
    assert document["metadata"]["namespace"] == "agentsmith-prod"
    return {name: base64.b64decode(value) for name, value in document["data"].items()}


@pytest.mark.parametrize("kind", ["prod", "pinned"])
def test_kubeseal_opens_what_we_seal(
    kubeseal: Path,
    kind: str,
    small_key: RSAPrivateKey,
    tmp_path: Path,
    request: pytest.FixtureRequest,
):
    tree: WorkTree = request.getfixturevalue(kind)
    assert tree.run("seal", "-", stdin=secret(VALUES).encode()).code == 0
    key = tree.root / KEY
    if kind == "pinned":
        key = tmp_path / "controller.key"
        key.write_text(to_pem(small_key))
    assert recover(kubeseal, tree, key) == {**VALUES, "redis-url": b"redis:6379"}


@pytest.mark.parametrize("scope", Scope)
def test_kubeseal_opens_what_we_seal_in_each_scope(kubeseal: Path, prod: WorkTree, scope: Scope):
    assert prod.run("seal", "-", "--scope", scope.value, stdin=secret(VALUES).encode()).code == 0
    assert recover(kubeseal, prod, prod.root / KEY) == {**VALUES, "redis-url": b"redis:6379"}


@pytest.mark.parametrize("scope", Scope)
def test_what_kubeseal_seals_and_merges_in_each_scope_is_checked_and_moved(
    kubeseal: Path, prod: WorkTree, scope: Scope
):
    options = ("--cert", prod.root / CERTIFICATE, "--format", "yaml", "--scope", scope.value)
    prod.write(SEALED, run(kubeseal, *options, stdin=secret(VALUES)))
    merged = secret({"jira-email": b"theirs"})
    run(kubeseal, *options, "--merge-into", prod.root / SEALED, stdin=merged)
    checked = prod.run("secrets", "check", "prod", "-o", "json").json()
    assert (checked["ok"], checked["scope"]) == (True, scope.value)
    assert {item["state"] for item in checked["values"]} == {"ok"}
    assert prod.run("secrets", "set", "anthropic-api-key", stdin=b"ours").code == 0
    expected = {
        **VALUES,
        "jira-email": b"theirs",
        "anthropic-api-key": b"ours",
        "redis-url": b"redis:6379",
    }
    assert recover(kubeseal, prod, prod.root / KEY) == expected
    other = Scope.STRICT if scope is not Scope.STRICT else Scope.CLUSTER_WIDE
    assert prod.run("secrets", "rescope", other.value).code == 0
    assert recover(kubeseal, prod, prod.root / KEY) == expected


@pytest.mark.parametrize("scope", Scope)
def test_what_kubeseal_seals_in_each_scope_and_raw_is_rotated(
    kubeseal: Path, prod: WorkTree, scope: Scope
):
    options = ("--cert", prod.root / CERTIFICATE, "--scope", scope.value)
    theirs = run(kubeseal, *options, "--format", "yaml", stdin=secret(VALUES))
    raw = run(
        kubeseal, *options, "--raw", "--name", "agentsmith-secrets",
        "--namespace", "agentsmith-prod", "--from-file", prod.write("v.local.yaml", "raw\n"),
    ).strip()  # fmt: skip
    prod.write(SEALED, theirs.replace("encryptedData:", f"encryptedData:\n    jira-email: {raw}"))
    assert prod.run("secrets", "check", "prod").code == 0
    before = read_yaml(prod.read(SEALED))["spec"]["encryptedData"]
    ended = prod.run("keys", "rotate", "prod", "-o", "json").json()
    assert ended["resealed"] == sorted([*VALUES, "jira-email"])
    after = read_yaml(prod.read(SEALED))["spec"]["encryptedData"]
    assert not set(before.values()) & set(after.values())
    assert recover(kubeseal, prod, prod.root / KEY) == {**VALUES, "jira-email": b"raw\n"}
    checked = prod.run("secrets", "check", "prod", "-o", "json").json()
    assert (checked["ok"], checked["scope"]) == (True, scope.value)


def test_we_read_and_merge_what_kubeseal_sealed(kubeseal: Path, prod: WorkTree):
    certificate = prod.root / CERTIFICATE
    theirs = run(kubeseal, "--cert", certificate, "--format", "yaml", stdin=secret(VALUES))
    prod.write(SEALED, theirs)
    before = read_yaml(theirs)["spec"]["encryptedData"]
    ended = prod.run("seal", "-", stdin=b"githubToken: ghp_x\njiraEmail: new\n")
    assert ended.lines[:3] == [
        "sealed: jira-email, redis-url",
        "unchanged: github-token",
        "kept as it was: gitlab-token, jira-token, openai-api-key, slack-bot-token",
    ]
    after = read_yaml(prod.read(SEALED))["spec"]["encryptedData"]
    assert {name: after[name] for name in before} == before
    assert recover(kubeseal, prod, prod.root / KEY) == {
        **VALUES,
        "jira-email": b"new",
        "redis-url": b"redis:6379",
    }


def test_kubeseal_merges_into_our_file_and_we_go_on_with_it(kubeseal: Path, prod: WorkTree):
    assert prod.run("seal", "-", stdin=b"githubToken: ours\n").code == 0
    arguments = ("--cert", prod.root / CERTIFICATE, "--format", "yaml", "--merge-into")
    run(kubeseal, *arguments, prod.root / SEALED, stdin=secret({"jira-email": b"theirs"}))
    ended = prod.run("seal", "-", stdin=b"githubToken: ours\njiraEmail: theirs\n")
    assert ended.lines[:2] == ["unchanged: github-token, jira-email", "kept as it was: redis-url"]
    assert recover(kubeseal, prod, prod.root / KEY) == {
        "github-token": b"ours",
        "jira-email": b"theirs",
        "redis-url": b"redis:6379",
    }


@pytest.mark.parametrize("scope", Scope)
def test_what_kubeseal_seals_raw_is_opened_by_the_independent_reader(
    kubeseal: Path, prod: WorkTree, scope: Scope
):
    file = prod.write("v.local.yaml", "hunter2\n")
    text = run(
        kubeseal, "--raw", "--cert", prod.root / CERTIFICATE, "--scope", scope.value,
        "--name", "agentsmith-secrets", "--namespace", "agentsmith-prod", "--from-file", file,
    )  # fmt: skip
    label = encryption_label(scope, namespace="agentsmith-prod", name="agentsmith-secrets")
    key = parse_private_key(prod.read(KEY), source=KEY)
    assert open_sealed(key, text.strip(), label) == b"hunter2\n"


def test_metadata_that_kubeseal_wrote_outlives_our_merge(kubeseal: Path, prod: WorkTree):
    """Labels and annotations of the Secret to be made are somebody's, and not ours to drop."""
    document = json.loads(secret({"jira-email": b"theirs"}))
    document["type"] = "example.com/type"
    document["immutable"] = True
    document["metadata"]["labels"] = {"team": "no"}
    document["metadata"]["annotations"] = {"example.com/owner": "us"}
    theirs = run(
        kubeseal, "--cert", prod.root / CERTIFICATE, "--format", "yaml", "--scope",
        "namespace-wide", stdin=json.dumps(document),
    )  # fmt: skip
    prod.write(SEALED, theirs)
    assert prod.run("seal", "-", stdin=b"githubToken: ours\n").code == 0
    before, after = (read_yaml(text) for text in (theirs, prod.read(SEALED)))
    assert after["metadata"] == _without_nulls(before["metadata"])
    template = before["spec"]["template"]
    assert after["spec"]["template"] == {
        **template,
        "metadata": _without_nulls(template["metadata"]),
    }
    assert recover(kubeseal, prod, prod.root / KEY)["jira-email"] == b"theirs"


def test_kubeseal_opens_what_we_keep_of_a_secret_from_a_cluster(kubeseal: Path, prod: WorkTree):
    document = json.loads(secret({"github-token": b"ghp_MARKED"}))
    applied = base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()
    document["metadata"]["labels"] = {"app.kubernetes.io/name": "agentsmith", "team": "a"}
    document["metadata"]["annotations"] = {
        "argocd.argoproj.io/sync-wave": "1",
        "objectset.rio.cattle.io/applied": applied,
        "example.com/owner": "us",
    }
    keep = ("--keep-annotation", "example.com/owner")
    assert prod.run("seal", "-", *keep, stdin=json.dumps(document).encode()).code == 0
    text = run(
        kubeseal, "--recovery-unseal", "--recovery-private-key", prod.root / KEY,
        stdin=prod.read(SEALED),
    )  # fmt: skip
    recovered = json.loads(text)
    owner = recovered["metadata"].pop("ownerReferences")
    assert [item["kind"] for item in owner] == ["SealedSecret"]
    assert _without_nulls(recovered["metadata"]) == {
        "name": "agentsmith-secrets",
        "namespace": "agentsmith-prod",
        "labels": {"app.kubernetes.io/name": "agentsmith"},
        "annotations": {"argocd.argoproj.io/sync-wave": "1", "example.com/owner": "us"},
    }
    assert recovered["data"]["github-token"] == document["data"]["github-token"]


def _without_nulls(metadata: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in metadata.items() if value is not None}
