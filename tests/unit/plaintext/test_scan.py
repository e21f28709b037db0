from __future__ import annotations

import base64
import json
import textwrap
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bootstrap.plaintext.local_secrets import LocalValue, collect_values
from bootstrap.plaintext.scan import Scanner, find_by_looks

MARK = "MARKED-s3cret/value+1"


def named(text: str, *, dotenv: bool = False) -> dict[str, bytes]:
    values = collect_values(text.encode(), source="f", dotenv=dotenv)
    return {item.name: item.value for item in values}


def lines(value: bytes, content: bytes) -> list[int]:
    return [item.line for item in Scanner([LocalValue("x of f", value)]).find_values("p", content)]


# what is looked for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("secrets:\n  githubToken: ghp-1\n", {"github-token of f": b"ghp-1"}),
        ("githubToken: ghp-1\nredisUrl: redis:6379\n", {"github-token of f": b"ghp-1"}),
        ("secrets: {somethingElse: ghp-1}\n", {"a value of f": b"ghp-1"}),
        ("image: public-name\nredis: {password: hunter22}\n", {"a value of f": b"hunter22"}),
        ("githubToken: abc\n", {}),
        ("url: https://me:hunter2@example.com\n",
         {"url of f": b"https://me:hunter2@example.com"}),
        ("a: &a {token: ghp-1}\nb: *a\nc: [*a, *a]\n", {"token of f": b"ghp-1"}),
        ("githubToken: 0123\n", {"github-token of f": b"0123"}),
        ("githubToken: [broken\njiraToken: 'ghp-1'\n",
         {"github-token of f": b"[broken", "jira-token of f": b"ghp-1"}),
    ],
)  # fmt: skip
def test_secrets_of_a_yaml_file_are_known(text: str, expected: dict[str, bytes]):
    assert named(text) == expected


def test_secrets_of_a_dotenv_are_known_and_what_is_public_is_not():
    text = "IMAGE=public\nexport GITHUB_TOKEN='ghp-1'\nMY_PASSWORD=\"a b c d\"\nREDIS_URL=redis:1\n"
    assert set(named(text, dotenv=True).values()) == {b"ghp-1", b"a b c d"}
    assert named('A="open\nGITHUB_TOKEN=ghp-1\n', dotenv=True) == {"github-token of f": b"ghp-1"}


def test_data_of_a_secret_is_known_decoded_too():
    encoded = base64.b64encode(MARK.encode()).decode()
    text = f"kind: Secret\ndata:\n  github-token: {encoded}\n"
    found = collect_values(text.encode(), source="f", dotenv=False)
    assert {item.value for item in found} == {encoded.encode(), MARK.encode()}


def test_a_name_that_may_be_a_secret_itself_is_not_shown():
    assert list(named(f"secrets:\n  {MARK}: {MARK}\n")) == ["a value of f"]


# in which disguise it is found


DISGUISES = {
    "plain": lambda v: v,
    "json": lambda v: json.dumps(v.decode()).encode(),
    "percent": lambda v: quote(v, safe="").encode(),
    "base64": base64.b64encode,
    "base64 after one": lambda v: base64.b64encode(b"x" + v),
    "base64 after two": lambda v: base64.b64encode(b"xy" + v + b"z"),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(b"x" + v),
    "wrapped base64": lambda v: textwrap.indent(
        base64.encodebytes(b"before, " + v + b" and after" * 9).decode(), "    "
    ).encode(),
}


@pytest.mark.parametrize("disguise", DISGUISES)
@given(
    value=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs"]),
                  min_size=8, max_size=80),
    before=st.binary(max_size=60),
    after=st.binary(max_size=60),
)  # fmt: skip
def test_a_secret_is_found_in_every_disguise(
    disguise: str, value: str, before: bytes, after: bytes
):
    hidden = DISGUISES[disguise](value.encode())
    content = before + b"\n" + hidden + b"\n" + after
    (line,) = {*lines(value.encode(), content)} if value.encode() not in before else (None,)
    assume(line is not None)
    assert line <= before.count(b"\n") + 1 + hidden.count(b"\n") + 1


def test_the_line_is_named():
    content = b"a: 1\nb:\n  - c\nd: '" + MARK.encode() + b"'\n"
    assert lines(MARK.encode(), content) == [4]
    pem = b"LINE-ONE-of-it\nLINE-TWO-of-it\n"
    assert lines(pem, b"key: |\n  LINE-ONE-of-it\n  LINE-TWO-of-it\n") == [2]


@pytest.mark.parametrize("content", [b"password: hunt2", b"x='hunt2'", b"k: aHVudDI=", b"hunt2\n"])
def test_a_short_secret_is_found_as_a_word(content: bytes):
    assert lines(b"hunt2", content) == [1]


@pytest.mark.parametrize("content", [b"shunt22", b"hunt2er", b"", b"hun t2"])
def test_a_short_secret_is_not_found_inside_of_words(content: bytes):
    assert lines(b"hunt2", content) == []


def test_findings_hold_no_value():
    scanner = Scanner(collect_values(f"githubToken: {MARK}".encode(), source="f", dotenv=False))
    found = list(scanner.find_values("p", f"x {MARK}".encode()))
    assert [item.what for item in found] == ["the value of github-token of f"]
    assert MARK not in repr(found) + repr(scanner)


# what is secret by its looks

BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n"
KEYS = [
    f"-----BEGIN PRIVATE KEY-----\n{BODY}",
    f"# note\n-----BEGIN RSA PRIVATE KEY-----\r\nDEK-Info: x\r\n\r\n{BODY}",
    f'{{"key": "-----BEGIN OPENSSH PRIVATE KEY-----\\n{BODY}"}}',
    "tls.key: " + base64.b64encode(f"-----BEGIN PRIVATE KEY-----\n{BODY}".encode()).decode(),
    "tls.key: " + base64.b64encode(f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}".encode()).decode(),
    "tls.key: " + base64.b64encode(f"-----BEGIN EC PRIVATE KEY-----\n{BODY}".encode()).decode(),
    "tls.key: "
    + base64.b64encode(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}".encode()).decode(),
    "AGE-SECRET-KEY-1" + "Q" * 58,
]


@pytest.mark.parametrize("text", KEYS)
def test_a_private_key_is_found_anywhere(text: str):
    (found,) = find_by_looks("any.txt", b"first\n" + text.encode())
    assert found.what == "a private key"
    assert found.line == (3 if text.startswith("#") else 2)


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN PRIVATE KEY-----", "`-----BEGIN PRIVATE KEY-----` starts it and words follow",
     f"-----BEGIN CERTIFICATE-----\n{BODY}", f"-----BEGIN PUBLIC KEY-----\n{BODY}"],
)  # fmt: skip
def test_talk_of_keys_and_public_ones_are_fine(text: str):
    assert list(find_by_looks("any.md", text.encode())) == []


SECRETS = {
    "data": "apiVersion: v1\nkind: Secret\ndata: {a: Yg==}\n",
    "stringData": "kind: Secret\nmetadata: {name: x}\nstringData:\n  a: b\n",
    "second document": "kind: Pod\n---\nkind: 'Secret'\nstringData: {a: b}\n",
    "list": "kind: List\nitems:\n  - kind: Secret\n    data: {a: Yg==}\n",
    "template": "kind: Secret\n{{ if .x }}\nstringData:\n  a: written-out\n{{ end }}\n",
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_that_is_not_sealed_is_found(case: str):
    text = SECRETS[case]
    (found,) = find_by_looks("x.yaml", text.encode())
    assert found.what == "a Secret that is not sealed"
    number = next(i for i, line in enumerate(text.splitlines(), 1) if "Secret" in line)
    assert found.line == number


def test_a_secret_in_json_is_found():
    text = json.dumps({"kind": "Secret", "data": {"a": "Yg=="}}, indent=1)
    assert [item.line for item in find_by_looks("x.json", text.encode())] == [2]
    assert [
        item.line for item in find_by_looks("x.json", json.dumps(json.loads(text)).encode())
    ] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "kind: SealedSecret\nspec: {encryptedData: {a: Ag==}}\n",
        "kind: Secret\nmetadata: {name: x}\n",
        "kind: Secret\ndata: {}\n",
        "kind: Secret\nstringData:\n  a: ''\n",
        "kind: Secret\ndata:\n  {{- range $k, $v := .x }}\n  {{ $k }}: {{ $v }}\n  {{- end }}\n",
        "kind: Secret\nstringData:\n  password: {{ .Values.password | quote }}\n",
        'kind: Secret\nstringData:\n  password: "{{ .Values.password }}"\n',
        "kind: ExternalSecret\ndata: [{secretKey: a}]\n",
        "ref: {kind: Secret, name: x}\ndata: {a: b}\n",
    ],
)
def test_what_is_sealed_empty_or_rendered_later_is_fine(text: str):
    assert list(find_by_looks("x.yaml", text.encode())) == []


@pytest.mark.parametrize("filling", [b"a:  ", b"a: b ", b"aa: \n", b"a: \\n "])
def test_what_looks_like_endless_headers_of_a_key_takes_no_time(filling: bytes):
    # one reading of each text: a second one for each header would take years
    content = b"-----BEGIN PRIVATE KEY-----\n" + filling * 20_000

    assert list(find_by_looks("notes.txt", content)) == []


def test_a_key_with_headers_is_found_wherever_it_is_written():
    body = b"A" * 64
    headers = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0011\n\n"
    key = b"-----BEGIN RSA PRIVATE KEY-----\n" + headers + body
    indented = b"    " + key.replace(b"\n", b"\n    ")
    escaped = b'"' + key.replace(b"\n", b"\\n") + b'"'

    found = [list(find_by_looks("notes.txt", text)) for text in (key, indented, escaped)]

    assert [[item.what for item in items] for items in found] == [["a private key"]] * 3
