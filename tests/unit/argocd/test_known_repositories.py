"""With which credentials Argo CD reads a repository, and that no URL shows any."""

from __future__ import annotations

import pytest

from bootstrap.argocd.credentials import CredentialKind
from bootstrap.argocd.known_repositories import (
    KnownRepository,
    find_reading,
    kind_of,
    shown_url,
    spelt_by_argocd,
)

URL = "https://git.example.com/team/agents.git"
TOKEN = "glpat-T0ken/of@mine"
WITH_PASSWORD = frozenset({"url", "username", "password"})


def known(secret: str, url: str = URL, project: str = "", *fields: str) -> KnownRepository:
    return KnownRepository(secret, url, project, frozenset(fields) or WITH_PASSWORD)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type", "url", "project"}, None),
        ({"url", "username", "password"}, CredentialKind.HTTPS),
        ({"url", "username"}, CredentialKind.HTTPS),
        ({"url", "bearerToken"}, CredentialKind.BEARER),
        ({"url", "sshPrivateKey"}, CredentialKind.SSH),
        ({"url", "password", "sshPrivateKey"}, CredentialKind.HTTPS),
        (
            {"url", "githubAppID", "githubAppInstallationID", "githubAppPrivateKey"},
            CredentialKind.GITHUB_APP,
        ),
        ({"url", "tlsClientCertData", "tlsClientCertKey"}, CredentialKind.CLIENT_CERTIFICATE),
        ({"url", "gcpServiceAccountKey"}, CredentialKind.GOOGLE_CLOUD),
        ({"url", "useAzureWorkloadIdentity"}, CredentialKind.AZURE),
    ],
)
def test_the_names_of_the_fields_tell_the_kind(fields: set[str], kind: CredentialKind | None):
    assert kind_of(fields) is kind


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (URL, "https://git.example.com/Team/Agents", True),
        (URL, " https://git.example.com/team/agents\n", True),
        (URL, "git@git.example.com:team/agents.git", False),
        (URL, "https://dev@git.example.com/team/agents.git", False),
        ("https://dev@git.example.com:8443/t", "https://dev@git.example.com/8443/t", False),
        ("git@git.example.com:t/a.git", "ssh://git@git.example.com/t/a", True),
        ("git@git.example.com:t/a.git", "ssh://git@git.example.com:2222/t/a", False),
    ],
)
def test_spellings_that_argocd_takes_for_one(left: str, right: str, same: bool):
    assert (spelt_by_argocd(left) == spelt_by_argocd(right)) is same


def test_a_projects_own_credentials_come_before_those_for_all():
    both = [known("all"), known("theirs", URL, "team-a"), known("own", URL, "agentsmith")]

    found = [find_reading(URL, name, both, []) for name in ("agentsmith", "other")]

    assert [item and item.secret for item in found] == ["own", "all"]
    assert find_reading(URL, "agentsmith", both[1:2], []) is None


def test_a_template_is_for_what_has_no_credentials_and_the_longest_counts():
    templates = [
        known("none", ""), known("host", "https://git.example.com/"),
        known("team", "https://git.example.com/team"), known("else", "https://git.example.com/o"),
        known("bare", "https://git.example.com/team/agents", "", "url"),
    ]  # fmt: skip
    bare = known("bare", URL, "agentsmith", "url")

    found = [find_reading(URL, "agentsmith", own, templates) for own in ([], [bare], [known("x")])]

    assert [item and item.secret for item in found] == ["team", "team", "x"]
    assert find_reading(URL, "agentsmith", [bare], []) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, URL),
        ("", ""),
        ("git@git.example.com:team/agents.git", "git@git.example.com:team/agents.git"),
        ("ssh://git@git.example.com:2222/t/a", "ssh://git@git.example.com:2222/t/a"),
        ("registry.example.com:5000/charts", "registry.example.com:5000/charts"),
        ("https://git.example.com:8443/t/a", "https://git.example.com:8443/t/a"),
        ("https://git.example.com/t@v1/a", "https://***@v1/a"),
        ("https://dev@git.example.com/t/a", "https://***@git.example.com/t/a"),
        (f"https://dev:{TOKEN}@git.example.com/t/a", "https://***@git.example.com/t/a"),
        (f"https://{TOKEN}@git.example.com/t/a", "https://***@git.example.com/t/a"),
        (f"HTTPS://dev:{TOKEN}?#x@git.example.com/t", "https://***"),
        (f"oci://dev:{TOKEN}@git.example.com/t", "oci://***@git.example.com/t"),
        (f"ssh://git:{TOKEN}@git.example.com/t/a", "ssh://***@git.example.com/t/a"),
        ("ssh://ghp_T0kenofmine@github.com/t/a", "ssh://***@github.com/t/a"),
        (f"oauth2:{TOKEN}@git.example.com/t/a", "***@git.example.com/t/a"),
        (f"dev:{TOKEN}://@git.example.com/t/a", "***@git.example.com/t/a"),
        ("https://git.example.com/t/a?token=T0ken", "https://git.example.com/t/a?***"),
        ("https://git.example.com/t/a#T0ken", "https://git.example.com/t/a?***"),
        (f"https://git.example.com/t/a?token={TOKEN}", "https://***"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str):
    assert shown_url(url) == shown
    assert "T0ken" not in repr(known("one", url))
