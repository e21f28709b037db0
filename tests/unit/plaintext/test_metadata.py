from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from bootstrap.plaintext.layers import LARGEST
from bootstrap.plaintext.local_secrets import LocalValue
from bootstrap.plaintext.metadata import Entry, MetadataSearch, Plaintext, without_plaintext
from bootstrap.sealing.sealed_secret import SealedSecret

MARK = "MARKED-s3cret/value+1"
SHORT = "hunt22"
VALUES = [LocalValue("github-token", MARK.encode()), LocalValue("jira-token", SHORT.encode())]
APPLIED = "objectset.rio.cattle.io/applied"
SECRET = {"apiVersion": "v1", "data": {"github-token": "TUFSS0VE"}, "kind": "Secret"}


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def found(text: str, name: str = "example.com/note", values: list[LocalValue] | None = None) -> str:
    search = MetadataSearch(VALUES if values is None else values)
    return str(search.find(Entry("annotation", name, text)) or "nothing")


@pytest.mark.parametrize(
    "text",
    [
        MARK,
        f"was {MARK}, once",
        base64.b64encode(b"x" + MARK.encode()).decode(),
        quote(json.dumps(json.dumps({"a": MARK})), safe=""),
        packed(json.dumps({"data": {"a": base64.b64encode(MARK.encode()).decode()}})),
        base64.b64encode(packed(MARK).encode()).decode(),
        MARK.encode().hex(),
    ],
)
def test_a_known_value_is_found_in_any_disguise(text: str):
    said = "annotation example.com/note holds the value of github-token"
    assert found(text) == said
    assert MARK not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"a{SHORT}b", "annotation example.com/note holds the value of jira-token"),
        (packed(SHORT), "annotation example.com/note holds the value of jira-token"),
        ("hunt2", "nothing"),
        ("hunt 22", "nothing"),
    ],
)
def test_six_bytes_are_searched_and_fewer_are_not(text: str, said: str):
    assert found(text, values=[*VALUES, LocalValue("slack-bot-token", b"hunt2")]) == said


@pytest.mark.parametrize(
    ("name", "called"),
    [
        (MARK, "an annotation (its name is not shown)"),
        (f"example.com/{SHORT}", "an annotation (its name is not shown)"),
        (packed(MARK), "an annotation (its name is not shown)"),
        (f"example.com/{MARK.encode().hex()}", "an annotation (its name is not shown)"),
    ],
)
def test_a_name_that_holds_a_value_is_found_and_never_shown(name: str, called: str):
    said = found("true", name)
    assert said.startswith(f"{called} holds the value of ")
    assert name not in said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("team", "team"),
        ("objectset.rio.cattle.io/applied", "objectset.rio.cattle.io/applied"),
        ("cert-manager.io/issue-temporary-certificate",
         "cert-manager.io/issue-temporary-certificate"),
        ("reflector.v1.k8s.emberstack.com/x", "reflector.v1.k8s.emberstack.com/x"),
        ("not a name", None),
        ("", None),
        ("ghp_a1b2c3d4e5f6a7b8c9d0", None),
        ("example.com/q8Zx81LmPw02", None),
        ("-----BEGIN", None),
    ],
)  # fmt: skip
def test_a_name_is_shown_if_it_is_one(name: str, shown: str | None):
    assert MetadataSearch().shown(name) == shown


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (json.dumps(SECRET), "the data of a Secret"),
        (json.dumps(SECRET, indent=1), "the data of a Secret"),
        (json.dumps(json.dumps(SECRET)), "the data of a Secret"),
        (str(SECRET), "the data of a Secret"),
        (packed(json.dumps(SECRET)), "the data of a Secret"),
        (packed("kind: Secret\nstringData:\n  a: b\n"), "the data of a Secret"),
        (quote(json.dumps(SECRET)), "the data of a Secret"),
        ('{"githubToken":"abcd"}', "a value beside a known key"),
        (packed("GITHUB_TOKEN=abc123def\n"), "a value beside a known key"),
        ("jira-token: 'abc123def'", "a value beside a known key"),
        (packed("x ghp_MARKVALUE1234567890"), "a token, by its prefix"),
        (packed(f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n"), "a private key"),
    ],
)
@pytest.mark.parametrize("name", ["example.com/note", "argocd.argoproj.io/sync-options"])
def test_what_is_secret_by_its_form_is_found_without_any_value(name: str, text: str, what: str):
    assert found(text, name, []) == f"annotation {name} holds {what}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "true",
        "github-token,jira-token",
        "github-token: see the wiki",
        "GITHUB_TOKEN=${GITHUB_TOKEN}",
        '{"github-token": "${GITHUB_TOKEN}"}',
        '{"redis-url": "redis:6379"}',
        '{"kind":"Secret","metadata":{"name":"agentsmith-secrets"}}',
        '{"kind":"Secret","data":{}}',
        '{"kind":"ConfigMap","data":{"a":"b"}}',
        '{"kind":"SealedSecret","spec":{"encryptedData":{"github-token":"AgB' + "0" * 684 + '"}}}',
        "This Secret holds the tokens; data: see the guide",
        packed("nothing of the kind"),
        "https://git.example.com/team/agents?ref=main&path=a%2Fb",
    ],
)
def test_what_is_no_plaintext_is_not_found(text: str):
    assert found(text, values=[]) == "nothing"


def test_an_object_as_a_tool_applied_it_is_found_by_name_whatever_it_is_packed_in():
    said = " is the whole Secret, with its values, as a tool applied it"
    for name in (APPLIED, "example.com/last-applied-configuration"):
        assert found("packed in a way that nobody knows", name) == f"annotation {name}{said}"
        assert found("", name) == "nothing"
    outer = Entry("annotation", "example.com/last-applied", "x", of_secret=False)
    assert MetadataSearch().find(outer) is None


def test_what_unpacks_to_too_much_is_named_and_not_passed_over():
    bomb = base64.b64encode(gzip.compress(bytes(LARGEST + 1), mtime=0)).decode()
    assert found(bomb) == (
        "annotation example.com/note unpacks to more than 16 MiB: it was not searched"
    )


def test_only_what_holds_plaintext_is_taken_out():
    sealed = SealedSecret(
        "ns",
        metadata={"annotations": {"a": f"x {MARK}"}, "labels": {"b": "c"}},
        template={
            "immutable": True,
            "metadata": {
                "labels": {"team": "smith", "worse": MARK},
                "annotations": {APPLIED: packed(json.dumps(SECRET))},
            },
        },
    )
    cleaned, taken = without_plaintext(sealed, VALUES)
    assert cleaned == replace(
        sealed,
        metadata={"labels": {"b": "c"}},
        template={"immutable": True, "metadata": {"labels": {"team": "smith"}}},
    )
    assert taken == (
        Plaintext("annotation a", "holds the value of github-token", True),
        Plaintext("label worse", "holds the value of github-token", True),
        Plaintext(f"annotation {APPLIED}", "holds the data of a Secret", False),
    )
    assert without_plaintext(cleaned, VALUES) == (cleaned, ())
    alone = SealedSecret("ns", template={"metadata": {"annotations": {"a": MARK}}})
    assert without_plaintext(alone, VALUES)[0] == SealedSecret("ns")
    assert MARK not in repr(taken)
