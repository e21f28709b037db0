from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.webhook import (
    Provider,
    WebhookSecret,
    describe_form,
    parse_given,
    parse_local,
    render_local,
)
from bootstrap.webhook_events import Push, build_event

SECRET = "a-secret-of-twenty-two"
PUSH = Push("https://git.example.com/team/agents.git", "main", "argocd/applications/x.yaml")


@pytest.mark.parametrize("provider", Provider)
def test_every_provider_has_its_keys_a_form_and_a_signed_event(provider: Provider):
    secret = WebhookSecret(provider, SECRET)

    headers, body = build_event(PUSH, secret)

    assert secret.values()
    assert all(key.startswith("webhook.") for key in secret.values())
    assert (
        "https://argocd/api/webhook"
        in describe_form(provider, "https://argocd/api/webhook").values()
    )
    assert SECRET not in repr(secret) + body.decode()
    assert "main" in body.decode()
    assert "https://git.example.com/team/agents" in body.decode()
    assert parse_local(render_local(secret), provider).text == SECRET  # type: ignore[union-attr]
    assert len(headers) >= 3


def test_githubs_event_is_signed_as_its_documentation_says():
    headers, body = build_event(PUSH, WebhookSecret(Provider.GITHUB, SECRET))

    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers == {
        "Content-Type": "application/json", "X-GitHub-Event": "push",
        "X-Hub-Signature-256": f"sha256={digest}",
    }  # fmt: skip
    assert json.loads(body) == {
        "ref": "refs/heads/main",
        "repository": {
            "html_url": "https://git.example.com/team/agents", "default_branch": "main",
        },
        "commits": [{"added": [], "modified": ["argocd/applications/x.yaml"], "removed": []}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "git@git.example.com:team/agents.git",
        "ssh://git@git.example.com:2222/team/agents.git",
        "https://git.example.com/team/agents",
    ],
)
def test_events_speak_of_the_page_of_a_repository_however_it_is_cloned(url: str):
    assert Push(url, "main", "x").web_url == "https://git.example.com/team/agents"


def test_a_secret_for_another_provider_is_not_taken():
    text = render_local(WebhookSecret(Provider.GITHUB, SECRET))

    assert parse_local(text, Provider.GITLAB) is None
    assert parse_local(None, Provider.GITHUB) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"short", b"", b"with a space in between", b"$argocd:webhook-secret", b"\xff" * 20,
        b"two-lines-of-text\nsecond",
    ],
)  # fmt: skip
def test_a_given_secret_that_is_none_is_refused_and_not_shown(raw: bytes):
    with pytest.raises(BootstrapError) as caught:
        parse_given(Provider.GITHUB, raw)

    assert "of ASCII without a space" in caught.value.message
    assert "$argocd" not in caught.value.message


def test_a_newline_of_the_pipe_is_not_part_of_the_secret():
    uuid = b"{7e1d0c4f-0000-4d2f-9f6c-3d7c01c1a111}"

    assert parse_given(Provider.BITBUCKET, uuid + b"\r\n").text == uuid.decode()
