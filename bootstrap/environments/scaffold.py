"""The files that a new environment starts with; from then on they are the human's."""

from __future__ import annotations

from bootstrap.environments.environment import Environment


def starting_values(environment: Environment) -> str:
    """Return the first environments/ENV/values.yaml."""
    return f"""\
# What {environment.name} overrides of the chart's values. Yours to edit: bootstrap keeps every
# comment and blank line. Everything not set here has its default: helm/agentsmith/values.yaml
# Never put a secret here: `bootstrap seal` is for those.

image:
  # Whole references, tag or digest. Pin them: a tag that never changes never rolls out.
  agent: agentsmith:latest
  dispatcher: agentsmith-dispatcher:latest
  # Always | IfNotPresent | Never
  pullPolicy: IfNotPresent

dispatcher:
  # Two or more survive the loss of a node; updates drop no request with one either.
  replicas: 1

# Slack must reach the dispatcher at https://HOST/slack/events and /slack/interact.
ingress:
  enabled: false
  # host: agentsmith.example.com
  # tls: true
"""


def starting_config() -> str:
    """Return the first environments/ENV/agentsmith.yml.

    It names no environment: `bootstrap promote --config` copies it from one to another.
    """
    return """\
# Agent Smith's configuration. Yours to edit; a push rolls it out.
# Names in ${...} are filled in from the sealed secrets: never write a secret here.

projects:
  example:
    source:
      type: GitHub
      url: https://github.com/example/example
      auth: token
    tickets:
      type: GitHub
      url: https://github.com/example/example
      auth: token
    agent:
      type: Claude
      model: claude-sonnet-4-20250514
    pipeline: fix-bug

secrets:
  anthropic_api_key: ${ANTHROPIC_API_KEY}
  openai_api_key: ${OPENAI_API_KEY}
  gemini_api_key: ${GEMINI_API_KEY}
  github_token: ${GITHUB_TOKEN}
  azure_devops_token: ${AZURE_DEVOPS_TOKEN}
  gitlab_token: ${GITLAB_TOKEN}
  jira_token: ${JIRA_TOKEN}
  jira_email: ${JIRA_EMAIL}
"""
