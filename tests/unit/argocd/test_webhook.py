from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest

from bootstrap.argocd.webhook import (
    WebhookSecret,
    describe_form,
    parse_given,
    parse_local,
    render_local,
    webhook_url,
)
from bootstrap.argocd.webhook_events import build_event
from bootstrap.argocd.webhook_providers import PROVIDERS, Provider
from bootstrap.argocd.webhook_push import Push
from bootstrap.errors import BootstrapError, UsageError

SECRET = "a-secret-of-twenty-two"
PUSH = Push("https://git.example.com/team/agents.git", "main", "argocd/applications/x.yaml")


def test_there_is_a_row_for_every_provider_and_none_besides():
    assert set(PROVIDERS) == set(Provider)


@pytest.mark.parametrize("provider", Provider)
def test_an_event_is_said_to_carry_the_secret_where_it_does(provider: Provider):
    headers, _body = build_event(PUSH, WebhookSecret(provider, SECRET))

    shown = "".join(headers.values())
    encoded = base64.b64encode(f"agentsmith:{SECRET}".encode()).decode()
    assert (SECRET in shown or encoded in shown) is PROVIDERS[provider].sends_secret


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
    assert parse_local(render_local(None, secret), provider).text == SECRET  # type: ignore[union-attr]
    assert len(headers) >= 3


def test_no_two_providers_keep_their_secret_in_one_key():
    kept = [key for row in PROVIDERS.values() for key in row.keys]
    assert len(set(kept)) == len(kept)


def test_the_guide_names_every_provider():
    guide = (Path(__file__).parents[3] / "docs/guides/repositories.md").read_text()
    listed = re.search(r"Providers:\s([a-z,\s-]+)\.", guide)
    assert listed is not None
    assert re.split(r",\s+", listed[1]) == list(Provider)


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
    text = render_local(None, WebhookSecret(Provider.BITBUCKET_SERVER, SECRET))

    assert parse_local(text, Provider.GITLAB) is None
    assert parse_local(text, Provider.BITBUCKET) is None
    assert parse_local(None, Provider.GITHUB) is None


def test_each_provider_keeps_its_line_and_one_is_replaced_in_its_own():
    text = "# mine\nOTHER=kept"
    for secret in (
        WebhookSecret(Provider.BITBUCKET, "first-of-bitbucket"),
        WebhookSecret(Provider.BITBUCKET_SERVER, "of-a-server-of-it"),
        WebhookSecret(Provider.BITBUCKET, "second-of-bitbucket"),
    ):
        text = render_local(text, secret)

    assert text == (
        "# mine\nOTHER=kept\nWEBHOOK_SECRET_BITBUCKET_SERVER=of-a-server-of-it\n"
        "WEBHOOK_SECRET_BITBUCKET=second-of-bitbucket\n"
    )


@pytest.mark.parametrize(
    "base",
    [
        "https://argocd",
        "https://argocd/",
        "https://argocd/api/webhook",
        "https://argocd/api/webhook/",
    ],
)
def test_the_place_of_events_is_named_once(base: str):
    assert webhook_url(base) == "https://argocd/api/webhook"


@pytest.mark.parametrize(
    "base",
    [
        "argocd.example.com", "ftp://argocd", "https://", "http://[::1", "https://argocd:port",
        "https://me:secret@argocd", "https://argocd/?a=b", "https://argocd#a", "https://argo cd",
        "",
    ],
)  # fmt: skip
def test_what_is_no_url_of_a_server_is_refused_and_not_shown(base: str):
    with pytest.raises(UsageError) as caught:
        webhook_url(base)

    assert caught.value.message == (
        "the URL of Argo CD's server is not http(s)://HOST[:PORT][/PATH]"
    )


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
