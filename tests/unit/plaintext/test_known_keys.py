from __future__ import annotations

import pytest

from bootstrap.plaintext.known_keys import (
    SECRET_KEYS,
    chart_name,
    find_key,
    may_be_shown,
    nearest_key,
    variable_name,
)

SPELLINGS = {
    "anthropic-api-key": ("anthropicApiKey", "ANTHROPIC_API_KEY"),
    "azure-devops-token": ("azureDevOpsToken", "AZURE_DEVOPS_TOKEN"),
    "gemini-api-key": ("geminiApiKey", "GEMINI_API_KEY"),
    "github-token": ("githubToken", "GITHUB_TOKEN"),
    "gitlab-token": ("gitlabToken", "GITLAB_TOKEN"),
    "jira-email": ("jiraEmail", "JIRA_EMAIL"),
    "jira-token": ("jiraToken", "JIRA_TOKEN"),
    "openai-api-key": ("openaiApiKey", "OPENAI_API_KEY"),
    "redis-url": ("redisUrl", "REDIS_URL"),
    "slack-bot-token": ("slackBotToken", "SLACK_BOT_TOKEN"),
    "slack-signing-secret": ("slackSigningSecret", "SLACK_SIGNING_SECRET"),
}


def test_each_key_has_three_spellings_and_each_finds_it():
    assert {key: (chart_name(key), variable_name(key)) for key in SECRET_KEYS} == SPELLINGS
    for key, (chart, variable) in SPELLINGS.items():
        assert (find_key(key), find_key(chart), find_key(variable)) == (key, key, key)


@pytest.mark.parametrize("written", ["", "github", "GithubToken", "github_token", "githubtoken"])
def test_another_spelling_is_not_taken(written: str):
    assert find_key(written) is None


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("githubtoken", "github-token"),
        ("github_token", "github-token"),
        ("GH_TOKEN", "github-token"),
        ("azureDevopsToken", "azure-devops-token"),
        ("antropicApiKey", "anthropic-api-key"),
        ("OPENAI_KEY", "openai-api-key"),
        ("redis-ur", "redis-url"),
        ("zzz", None),
        ("", None),
    ],
)
def test_nearest_known_key(written: str, near: str | None):
    assert nearest_key(written) == near


@pytest.mark.parametrize(
    "written", ["githubtoken", "antropicApiKey", "OPENAI_KEY", "DATABASE_URL", "SENTRY_DSN"]
)
def test_a_name_may_be_shown(written: str):
    assert may_be_shown(written)


@pytest.mark.parametrize(
    "written",
    [
        "ghp_0123456789abcdef",
        "sk-ant-api03-abc",
        "xoxb-1-2-abc",
        "correcthorsebatterystaple",
        "correct-horse-battery-staple",
        "kQzRAbCd",
        "QUJDREVG",
        "hunter two",
        "gïthub-token",
        "A" * 41,
        "github-token\n",
        "",
    ],
)
def test_what_may_be_a_value_is_not_shown(written: str):
    assert not may_be_shown(written)
