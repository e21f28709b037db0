from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.errors import BootstrapError
from bootstrap.plaintext.input import parse_secrets
from bootstrap.plaintext.known_keys import SECRET_KEYS, variable_name

FORM = "write NAME=value; a value with a space or # in quotes, which end the line"
KNOWN = f"known keys: {', '.join(SECRET_KEYS)}"
MARK = "hunter2-MARKED-s3cr3t"


def values(text: str | bytes, dotenv: bool | None = None) -> dict[str, bytes]:
    raw = text.encode() if isinstance(text, str) else text
    return parse_secrets(raw, source="f", dotenv=dotenv).values


def failure(text: str | bytes, dotenv: bool | None = None) -> tuple[str, str]:
    raw = text.encode() if isinstance(text, str) else text
    with pytest.raises(BootstrapError) as caught:
        parse_secrets(raw, source="f", dotenv=dotenv)
    error: BaseException | None = caught.value
    assert error is not None
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return caught.value.message, caught.value.hint


BLOCK = "secrets:\n  githubToken: ghp\n  jiraEmail: a@b.c\n"
BARE = "githubToken: ghp\njiraEmail: a@b.c\n"
DOTENV = "GITHUB_TOKEN=ghp\nexport JIRA_EMAIL='a@b.c'\n"
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: agentsmith-secrets
data:
  github-token: {base64.b64encode(b"ghp").decode()}
  jira-email: {base64.b64encode(b"overridden").decode()}
stringData:
  jira-email: a@b.c
"""


@pytest.mark.parametrize(
    "text",
    [
        BLOCK,
        BARE,
        DOTENV,
        SECRET,
        "# words\n\n" + DOTENV,
        "image:\n  agent: x\n" + BLOCK,
        "---\n" + BARE + "...\n",
        '{"github-token": "ghp", "jira-email": "a@b.c"}',
        "github-token: ghp\nJIRA_EMAIL: a@b.c\n",
    ],
    ids=range(9),
)
@pytest.mark.parametrize("form", ["as it is", "CRLF", "BOM", "no last newline"])
def test_each_form_gives_the_same_secrets(text: str, form: str):
    match form:
        case "CRLF":
            text = text.replace("\n", "\r\n")
        case "BOM":
            text = "\ufeff" + text
        case "no last newline":
            text = text.rstrip("\n")
    assert values(text) == {"github-token": b"ghp", "jira-email": b"a@b.c"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0123", "0123"),
        ("yes", "yes"),
        ("1e3", "1e3"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("true", "true"),
        ("1.50", "1.50"),
        (".inf", ".inf"),
        ("'null'", "null"),
        ('"~"', "~"),
        ("!!str 0123", "0123"),
        ("<<", "<<"),
        ("=", "="),
        ("p#ss", "p#ss"),
        ("p # a comment", "p"),
        ("'p # no comment'", "p # no comment"),
        ('"a\\nb\\u00e9"', "a\nbé"),
        ("🔑 schlüssel", "🔑 schlüssel"),
        ('" padded "', " padded "),
        ("|\n  -----BEGIN-----\n  abc\n  -----END-----\n", "-----BEGIN-----\nabc\n-----END-----\n"),
        ("|-\n  a\n  b\n", "a\nb"),
        ("|+\n  a\n", "a\n\n"),
        (">\n  a\n  b\n", "a b\n"),
    ],
)
def test_yaml_value_is_the_text_as_written(written: str, value: str):
    assert values(f"jira-token: {written}\n") == {"jira-token": value.encode()}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("abc", "abc"),
        ("0123", "0123"),
        ("a=b==", "a=b=="),
        ("abc # a comment", "abc"),
        ("abc#no-comment", "abc#no-comment"),
        ('"a\\nb"', "a\nb"),
        ("'a\\nb'", "a\\nb"),
        ('"a\nb"', "a\nb"),
        ("$HOME/${HOME}", "$HOME/${HOME}"),
        ("🔑", "🔑"),
        ("'{\"a\": 1}'", '{"a": 1}'),
    ],
)
def test_dotenv_value_is_the_text_as_written(written: str, value: str):
    assert values(f"JIRA_TOKEN={written}\n") == {"jira-token": value.encode()}


def test_pem_key_of_many_lines_keeps_its_last_newline():
    pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    block = "jira-token: |\n" + "".join(f"  {line}\n" for line in pem.splitlines())
    assert values(block) == values(f'JIRA_TOKEN="{pem}"') == {"jira-token": pem.encode()}


def test_64_kib_value_is_taken_whole():
    value = "aB3/" * 16384
    assert values(f"jira-token: {value}") == values(f"JIRA_TOKEN={value}")
    assert values(f"jira-token: {value}") == {"jira-token": value.encode()}


def test_anchor_and_alias_are_followed():
    text = f"jira-token: &token {MARK}\ngithub-token: *token\n"
    assert values(text) == {"jira-token": MARK.encode(), "github-token": MARK.encode()}


@pytest.mark.parametrize(
    "text",
    ["jira-token:\ngithub-token: x", "jira-token: ''\ngithub-token: x",
     "jira-token: null\ngithub-token: x", "jira-token: ~\ngithub-token: x",
     "JIRA_TOKEN=\nGITHUB_TOKEN=x", 'JIRA_TOKEN=""\nGITHUB_TOKEN=x'],
)  # fmt: skip
def test_empty_value_is_left_out_and_named(text: str):
    parsed = parse_secrets(text.encode(), source="f")
    assert (parsed.values, parsed.empty) == ({"github-token": b"x"}, ("jira-token",))


@pytest.mark.parametrize("text", ["secrets:\n", "secrets: {}\n", "{}\n", "kind: Secret\ndata:\n"])
def test_mapping_without_a_key_holds_nothing(text: str):
    assert values(text) == {}


def test_other_values_of_the_chart_are_counted():
    text = "image: {}\nredis-ur: x\nsecrets:\n  githubToken: x\n"
    assert parse_secrets(text.encode(), source="f").ignored == 2


def test_secret_manifest_may_hold_bytes_that_are_no_text():
    encoded = base64.b64encode(b"\xff\xfe").decode()
    assert values(f"kind: Secret\ndata:\n  jira-token: {encoded}\n") == {"jira-token": b"\xff\xfe"}


NOT_MAPPING = (
    "f: holds no mapping of secrets",
    "write `secrets:` with one `name: value` line per secret below it",
)
NOT_YAML = "mend the line; quote a value that holds ': ', ' #' or starts with a special character"
LAUGHS = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(20)
)
# every way that parsing fails, with MARK where a value may stand
FAILURES: list[tuple[str | bytes, str, str]] = [
    ("", *NOT_MAPPING),
    ("# only words\n", *NOT_MAPPING),
    (MARK, *NOT_MAPPING),
    (f"- {MARK}\n", *NOT_MAPPING),
    (f"githubToken: '{MARK}\n", "f:2:1: not valid YAML", NOT_YAML),
    (f"githubToken: [{MARK}\n", "f:2:1: not valid YAML", NOT_YAML),
    (f"githubToken: a: {MARK}\n", "f:1:15: not valid YAML", NOT_YAML),
    (f"githubToken: @{MARK}\n", "f:1:14: not valid YAML", NOT_YAML),
    (f"githubToken: *{MARK}\n", "f:1:14: not valid YAML", NOT_YAML),
    (f"githubToken: %{MARK}\n", "f:1:14: not valid YAML", NOT_YAML),
    (f"githubToken: {MARK}\n\tjiraToken: x\n", "f:2:1: not valid YAML", NOT_YAML),
    (f"githubToken: \x07{MARK}\n", "f: not valid YAML", "mend the file"),
    ("githubToken: " + "[" * 700, "f: not valid YAML", "mend the file"),
    (
        f"a: {MARK}\n---\nb: {MARK}\n",
        "f: more than one YAML document",
        "keep one document per file",
    ),
    (
        f"githubToken: {MARK}\ngithubToken: {MARK}\n",
        "f: line 2: githubToken is here already, at line 1",
        "keep one of the two lines",
    ),
    (
        f"githubToken: a\n{MARK}: x\n{MARK}: y\n",
        "f: line 3: a key is here already, at line 2",
        "keep one of the two lines",
    ),
    (
        f"githubToken: {MARK}\ngithub-token: {MARK}\n",
        "f: line 2: github-token is here already, at line 1",
        KNOWN,
    ),
    (
        f"GITHUB_TOKEN={MARK}\n\n# words\nGITHUB_TOKEN={MARK}\n",
        "f: line 4: github-token is here already, at line 1",
        KNOWN,
    ),
    (
        f"githubtoken: {MARK}\n",
        "f: line 1: unknown key 'githubtoken'; did you mean 'githubToken'?",
        KNOWN,
    ),
    (
        f"secrets:\n  openAiApiKey: {MARK}\n  jiraMail: {MARK}\n",
        "f: line 2: unknown key 'openAiApiKey'; did you mean 'openaiApiKey'?;"
        " line 3: unknown key 'jiraMail'; did you mean 'jiraEmail'?",
        KNOWN,
    ),
    (
        f"GH_TOKEN={MARK}\nDATABASE_URL={MARK}\n",
        "f: line 1: unknown key 'GH_TOKEN'; did you mean 'GITHUB_TOKEN'?;"
        " line 2: unknown key 'DATABASE_URL'",
        KNOWN,
    ),
    (
        f"kind: Secret\nstringData:\n  githubToke: {MARK}\n",
        "f: line 3: unknown key 'githubToke'; did you mean 'github-token'?",
        KNOWN,
    ),
    (f"{MARK}: githubToken\n", "f: line 1: unknown key (not shown)", KNOWN),
    (f"GITHUB_TOKEN=x\n{MARK}\n", "f: line 2: not of the form NAME=value", FORM),
    (f"GITHUB_TOKEN='{MARK}\n", "f: line 1: the quote is not closed", FORM),
    (
        f'GITHUB_TOKEN=x\n\n# y\nexport JIRA_TOKEN = "{MARK}\\"\n',
        "f: line 4: the quote is not closed",
        FORM,
    ),
    (
        f'GITHUB_TOKEN="{MARK}\nJIRA_TOKEN="{MARK}"\n',
        "f: line 1: the quote is not closed",
        FORM,
    ),
    (f'GITHUB_TOKEN="a"{MARK}\n', "f: line 1: there is more after the closing quote", FORM),
    (
        f"GH_TOKEN={MARK}\nJIRA_TOKEN='{MARK}\n",
        "f: line 2: the quote is not closed; line 1: unknown key 'GH_TOKEN'; did you mean"
        " 'GITHUB_TOKEN'?",
        KNOWN,
    ),
    (f"A B={MARK}\n".replace("A B", "GITHUB_TOKEN=x\nA B"), "f: line 2: not of the form NAME=value",
     FORM),
    (
        f"secrets: {MARK}\n",
        "f: line 1: `secrets` is not a mapping",
        "write one `name: value` line per secret below it",
    ),
    (
        f"githubToken: {MARK}\nsecrets:\n  jiraToken: x\n",
        "f: githubToken beside the `secrets:` block",
        "move every secret into the block, or take the line `secrets:` out",
    ),
    (
        f"githubToken:\n  nested: {MARK}\n",
        "f: line 2: the value is not text",
        "write one `name: value` line per secret, with no nested mapping or list",
    ),
    (
        f"githubToken: [{MARK}]\n",
        "f: line 1: the value is not text",
        "write one `name: value` line per secret, with no nested mapping or list",
    ),
    (LAUGHS + f"z: {MARK}\n", "f: line 1: the value is not text",
     "write one `name: value` line per secret, with no nested mapping or list"),
    (
        f"base: &base\n  githubToken: {MARK}\nsecrets:\n  <<: *base\n",
        "f: line 4: a key that is not plain text",
        "write each key out",
    ),
    (
        f"? [{MARK}]\n: x\n",
        "f: line 1: a key that is not plain text",
        "write each key out",
    ),
    (
        f"githubToken: !!binary {MARK}\n",
        "f: line 1: the value has a tag of its own, so it is not plain text",
        "take the tag (!...) out and write the value itself",
    ),
    (
        f"githubToken: !vault |\n  {MARK}\n",
        "f: line 1: the value has a tag of its own, so it is not plain text",
        "take the tag (!...) out and write the value itself",
    ),
    (
        f"githubToken: !!null {MARK}\n",
        "f: line 1: the value has a tag of its own, so it is not plain text",
        "take the tag (!...) out and write the value itself",
    ),
    (
        f'githubToken: "{MARK}\\ud800"\n',
        "f:1:38: not valid YAML",
        "mend the line; quote a value that holds ': ', ' #' or starts with a special character",
    ),
    (
        f"x: 1\ny: {MARK}\0\n",
        "f: line 2 holds a NUL byte, which no environment variable can carry",
        "save the file as UTF-8 text",
    ),
    (f'githubToken: "{MARK}\\0"\n', "f: line 1: github-token holds a NUL byte", KNOWN),
    (
        f"x: 1\ny: {MARK}".encode() + b"\xff\n",
        "f: line 2 is not UTF-8",
        "save the file as UTF-8",
    ),
    (f"x: {MARK}\n".encode("utf-16"), "f: line 1 is not UTF-8", "save the file as UTF-8"),
    (
        f"kind: ConfigMap\ndata:\n  githubToken: {MARK}\n",
        "f: a manifest, but its kind is not Secret",
        "give a v1 Secret, a `secrets:` block or a .env",
    ),
    (
        f"kind: Secret\nmetadata:\n  name: {MARK}\n",
        "f: metadata.name is not agentsmith-secrets, the Secret that Agent Smith reads",
        "set metadata.name to agentsmith-secrets, or give only the mapping under stringData",
    ),
    (
        f"kind: Secret\ndata:\n  github-token: {MARK}\n",
        "f: line 3: not base64",
        "values under `data` are base64; put plain text under `stringData`",
    ),
    (
        f"kind: Secret\ndata:\n  github-token: ü{MARK}\n",
        "f: line 3: not base64",
        "values under `data` are base64; put plain text under `stringData`",
    ),
    (
        f"kind: Secret\ndata: {MARK}\n",
        "f: line 2: `data` is not a mapping",
        "write one `name: value` line per secret below it",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), FAILURES, ids=range(len(FAILURES)))
def test_what_can_not_be_parsed_is_refused_with_its_place_and_never_its_value(
    text: str | bytes, message: str, hint: str
):
    assert failure(text) == (message, hint)
    assert MARK not in message + hint


def test_name_of_the_file_decides_that_it_is_a_dotenv():
    assert failure(f"jiraToken: {MARK}\n", dotenv=True) == (
        "f: line 1: not of the form NAME=value",
        FORM,
    )
    assert values("jira-token: A=B\n") == {"jira-token": b"A=B"}


def test_what_is_parsed_shows_no_value():
    assert MARK not in repr(parse_secrets(f"jiraToken: {MARK}".encode(), source="f"))


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="'"), min_size=1)


@settings(max_examples=settings.default.max_examples // 4)
@given(st.dictionaries(st.sampled_from(SECRET_KEYS), TEXT, min_size=1))
def test_any_text_in_single_quotes_comes_through_yaml_and_dotenv(given_values: dict[str, str]):
    expected = {key: value.encode() for key, value in given_values.items()}
    yaml = "".join(f"{key}: '{value}'\n" for key, value in given_values.items())
    assert values(yaml) == expected
    dotenv = "".join(f"{variable_name(key)}='{v}'\n" for key, v in given_values.items())
    if not any("\\" in value for value in given_values.values()):
        assert values(dotenv) == expected


@settings(max_examples=settings.default.max_examples // 4)
@given(
    st.binary(max_size=60)
    | st.text("aG-_:=\n\t '\"[]{}&*!|>#%@`~0\\\0", max_size=60).map(str.encode)
)
def test_any_bytes_are_secrets_or_one_clear_error(raw: bytes):
    for dotenv in (None, True):
        try:
            parse_secrets(raw, source="f", dotenv=dotenv)
        except BootstrapError as error:
            assert error.message.startswith("f")
