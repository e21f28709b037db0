from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.errors import BootstrapError
from bootstrap.plaintext.known_keys import SECRET_KEYS
from bootstrap.sealing.crypto import Scope, seal_value
from bootstrap.sealing.sealed_secret import (
    Merge,
    SealedSecret,
    merge_values,
    parse_sealed_secret,
    render_sealed_secret,
)
from tests.support.reading import read_yaml
from tests.unit.golden import check_golden
from tests.unit.independent import open_sealed

PATH = "environments/prod/sealed-secret.yaml"
HINT = "restore it with `git checkout`, or delete it, run `bootstrap init` and seal again"
FULL = SealedSecret("agents", {"github-token": "AgBB", "anthropic-api-key": "AgAA"})


def parse(text: str, namespace: str = "agents") -> SealedSecret:
    return parse_sealed_secret(text, path=PATH, namespace=namespace)


def test_empty_one_is_exactly_this():
    check_golden("sealed-secret-empty.yaml", render_sealed_secret(SealedSecret("a"), PATH).content)


@pytest.mark.parametrize("scope", Scope)
def test_full_one_is_exactly_this_and_is_read_back(scope: Scope):
    sealed = SealedSecret("agents", FULL.encrypted, scope=scope)
    manifest = render_sealed_secret(sealed, PATH)
    check_golden(f"sealed-secret-{scope}.yaml", manifest.content)
    assert (manifest.path, parse(manifest.content)) == (PATH, sealed)


def test_what_kubeseal_writes_is_read():
    text = """\
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  creationTimestamp: null
  name: agentsmith-secrets
  namespace: agents
spec:
  encryptedData:
    github-token: AgBB
  template:
    metadata:
      creationTimestamp: null
      name: agentsmith-secrets
      namespace: agents
"""
    assert parse(text) == SealedSecret("agents", {"github-token": "AgBB"})


def test_cluster_wide_wins_over_namespace_wide_as_in_the_controller():
    text = render_sealed_secret(SealedSecret("agents", scope=Scope.NAMESPACE_WIDE), PATH).content
    both = text.replace(
        "  annotations:\n",
        "  annotations:\n    sealedsecrets.bitnami.com/cluster-wide: 'true'\n",
        1,
    )
    assert both != text
    assert parse(both).scope is Scope.CLUSTER_WIDE


GOOD = render_sealed_secret(FULL, PATH).content


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: SealedSecret", "kind: Secret", "not a SealedSecret (bitnami.com/v1alpha1)"),
        ("bitnami.com/v1alpha1", "v1", "not a SealedSecret (bitnami.com/v1alpha1)"),
        ("  name: agentsmith-secrets", "  name: x", "metadata.name is not agentsmith-secrets"),
        (": AgBB", ": '!'", "spec.encryptedData.github-token is not a sealed value"),
        (": AgBB", ": ''", "spec.encryptedData.github-token is not a sealed value"),
        (": AgBB", ": 12", "spec.encryptedData.github-token is not a sealed value"),
        (": AgBB", ": [a]", "spec.encryptedData.github-token is not a sealed value"),
        (": AgBB", ": ünï", "spec.encryptedData.github-token is not a sealed value"),
    ],
)
def test_another_manifest_or_a_broken_value_is_refused(old: str, new: str, message: str):
    assert old in GOOD
    with pytest.raises(BootstrapError) as caught:
        parse(GOOD.replace(old, new, 1))
    assert (caught.value.message, caught.value.hint) == (f"{PATH}: {message}", HINT)


def test_one_sealed_for_another_namespace_is_refused():
    with pytest.raises(BootstrapError) as caught:
        parse(GOOD, namespace="other")
    assert caught.value.message == (
        f"{PATH}: sealed for namespace agents, but the environment's namespace is other"
    )
    assert caught.value.hint == (
        "run `bootstrap init` with --namespace as it was; or delete the file, run"
        " `bootstrap init` and seal every value again"
    )


def test_merge_seals_what_is_new_and_changed_and_keeps_the_rest():
    existing = SealedSecret("a", {"jira-email": "AA==", "jira-token": "AB==", "redis-url": "AC=="})
    merge = merge_values(
        existing,
        {"jira-token": b"new", "redis-url": b"same", "github-token": b"first"},
        seal=lambda value: b"sealed " + value,
        is_unchanged=lambda key, ciphertext, value: (
            (key, ciphertext, value) == ("redis-url", "AC==", b"same")
        ),
    )
    assert merge == Merge(
        result=SealedSecret(
            "a",
            {
                "jira-email": "AA==",
                "jira-token": base64.b64encode(b"sealed new").decode(),
                "redis-url": "AC==",
                "github-token": base64.b64encode(b"sealed first").decode(),
            },
        ),
        sealed=("github-token", "jira-token"),
        unchanged=("redis-url",),
        kept=("jira-email",),
    )
    assert existing.encrypted["jira-token"] == "AB=="


VALUE = st.binary(max_size=300) | st.text(max_size=100).map(str.encode)
LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=63)


ANY = given(
    scope=st.sampled_from(Scope),
    values=st.dictionaries(st.sampled_from(SECRET_KEYS), VALUE, min_size=1, max_size=3),
    namespace=LABEL,
    name=LABEL,
)


@ANY
def test_what_a_file_holds_is_opened_by_an_independent_reader_that_reads_only_the_file(
    tiny_key: RSAPrivateKey, scope: Scope, values: dict[str, bytes], namespace: str, name: str
):
    check_opened(tiny_key, scope, values, namespace, name)


@pytest.mark.slow
@settings(max_examples=max(2000, settings.default.max_examples))
@ANY
def test_two_thousand_files_are_opened_by_an_independent_reader(
    tiny_key: RSAPrivateKey, scope: Scope, values: dict[str, bytes], namespace: str, name: str
):
    check_opened(tiny_key, scope, values, namespace, name)


def check_opened(
    tiny_key: RSAPrivateKey, scope: Scope, values: dict[str, bytes], namespace: str, name: str
):
    empty = SealedSecret(namespace, name=name, scope=scope)
    merged = merge_values(
        empty,
        values,
        seal=lambda value: seal_value(tiny_key.public_key(), value, empty.label),
        is_unchanged=lambda *_given: False,
    )
    document = read_yaml(render_sealed_secret(merged.result, PATH).content)
    metadata = document["metadata"]
    annotations = metadata.get("annotations", {})
    found = Scope.STRICT
    if annotations:
        ((annotation, said),) = annotations.items()
        prefix, _, scope_name = annotation.partition("/")
        assert (prefix, said) == ("sealedsecrets.bitnami.com", "true")
        found = Scope(scope_name)
    assert document["spec"]["template"]["metadata"] == metadata
    label = {
        Scope.STRICT: f"{metadata['namespace']}/{metadata['name']}",
        Scope.NAMESPACE_WIDE: metadata["namespace"],
        Scope.CLUSTER_WIDE: "",
    }[found].encode()
    opened = {
        key: open_sealed(tiny_key, text, label)
        for key, text in document["spec"]["encryptedData"].items()
    }
    assert opened == values
    assert (found, metadata["namespace"], metadata["name"]) == (scope, namespace, name)
