from __future__ import annotations

import pytest

from bootstrap.environments.environment import Environment, parse_destination
from bootstrap.environments.scaffold import starting_config, starting_values
from bootstrap.plaintext.written import find_written

VALUES = "environments/prod/values.yaml"
CONFIG = "environments/prod/agentsmith.yml"
PROD = Environment("prod", "agentsmith-prod", "https://x/y.git", "main", parse_destination(None))


def found(text: str, path: str = VALUES) -> list[tuple[int, str]]:
    return list(find_written(path, text.encode()))


def written(line: int, name: str) -> list[tuple[int, str]]:
    return [(line, f"{name} is written out in the `secrets:` block")]


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("a: 1\nsecrets:\n  githubToken: ghp_MARKVALUE1234567890\n", 3, "githubToken"),
        ("secrets: {jiraEmail: a@b.c}", 1, "jiraEmail"),
        ("secrets:\n  # mine\n  slackBotToken: |\n    secret\n", 3, "slackBotToken"),
        ('"secrets":\r\n  "githubToken": "x"\r\n', 2, "githubToken"),
        ("\ufeffsecrets:\n  jiraToken: 12345\n", 2, "jiraToken"),
        ("secrets:\n  jiraToken: ''\n  s3cr3tT0ken: x\n", 3, "a value"),
        ("secrets: ghp\n", 1, "a value"),
        ("x: &a {jiraToken: t}\nsecrets:\n  <<: *a\n", 1, "jiraToken"),
        ("a: 1\n---\nsecrets:\n  jiraToken: t\n", 4, "jiraToken"),
        ("<<<<<<< HEAD\nsecrets:\n=======\n>>>>>>> x\n  jiraToken: t # c\n", 5, "jiraToken"),
        ("secrets:\n\tjiraToken: 't'\nb: [\n", 2, "jiraToken"),
    ],
)
def test_a_value_in_the_secrets_block_is_found(text: str, line: int, name: str):
    assert found(text) == written(line, name)


@pytest.mark.parametrize("path", ["environments/a/values-eu.yaml", "environments/a/b/values.yml"])
def test_every_file_of_values_below_environments_is_looked_at(path: str):
    assert found("secrets:\n  jiraToken: t\n", path) == written(2, "jiraToken")
    assert found("secrets:\n  jiraToken: t\n", f"docs/{path}") == []


@pytest.mark.parametrize("literal", ["t", "'t'", "${NOT CLOSED", "x-${JIRA_TOKEN}", "$JIRA_TOKEN"])
def test_a_literal_where_a_reference_belongs_is_found(literal: str):
    text = starting_config()
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "jira_token" in row)

    assert found(text.replace("${JIRA_TOKEN}", literal), CONFIG) == written(line, "jira_token")


@pytest.mark.parametrize(
    "token",
    [
        "ghp_MARKVALUE1234567890", "github_pat_11ABCDEFG0abcdefghij_klm",
        "glpat-abcdefghij1234567890", "sk-ant-api03-abcdefghijkl", "xoxb-123456789012-abcdefgh",
        "xapp-1-A0123456789-abc",
    ],
)  # fmt: skip
def test_a_token_is_known_by_its_prefix_anywhere_below_environments(token: str):
    text = f"# one\nname: '{token}'\n"

    for path in (VALUES, CONFIG, "environments/prod/notes.md", "environments/README.md"):
        assert found(text, path) == [(2, "a token, by its prefix")]
    assert found(text, "docs/notes.md") == []


@pytest.mark.parametrize(
    "text",
    [
        "secrets: {}\n", "secrets:\n",
        "secrets:\n  githubToken: ''\n  jiraToken:\n  jiraEmail: ~\n",
        "secrets:\n  githubToken: sample-github-token\n", "# secrets:\n#  githubToken: x\n",
        "a:\n  secrets:\n    mounted: yes\n", "secrets:\n  githubToken: ${GITHUB_TOKEN}\nx: [\n",
        "note: write ghp_your-token-here-and-no-other\nb: glpat-xxxxxxxxxxxxxxxxxxxx\n",
        "c: xghp_MARKVALUE1234567890\nd: sk-ant-replace-me\n", "existingSecret: my-secrets\n",
        "[1]\n", "", starting_values(PROD), starting_config(),
        starting_config().replace("\n", "\r\n"), starting_config().rstrip(),
    ],
)  # fmt: skip
def test_what_is_no_secret_is_fine(text: str):
    assert found(text) == []
    assert found(text, CONFIG) == []
