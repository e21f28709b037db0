from __future__ import annotations

import pytest

from bootstrap.environments.repo_url import RemoteUrl, parse_remote_url, same_repository
from bootstrap.errors import BootstrapError

TOKEN = "ghp_s3cr3tT0ken"
LEFT_OUT = (
    "remote origin holds credentials; they were left out."
    " A private repository needs its own in Argo CD",
)


def alias(host: str) -> tuple[str, ...]:
    return (f"host {host!r} in remote origin looks like an alias of your SSH configuration",)


@pytest.mark.parametrize(
    ("raw", "url", "warnings"),
    [
        ("https://github.com/team/app.git", "https://github.com/team/app.git", ()),
        ("https://github.com/team/app", "https://github.com/team/app", ()),
        ("https://github.com/team/app/", "https://github.com/team/app", ()),
        ("  https://github.com/team/app.git\n", "https://github.com/team/app.git", ()),
        ("HTTPS://GitHub.com/Team/App.git", "https://github.com/Team/App.git", ()),
        ("http://git.local:3000/t/a.git", "http://git.local:3000/t/a.git", ()),
        ("https://[2001:db8::1]:8443/t/a.git", "https://[2001:db8::1]:8443/t/a.git", ()),
        (f"https://{TOKEN}@github.com/t/a.git", "https://github.com/t/a.git", LEFT_OUT),
        (f"https://me:{TOKEN}@github.com:443/t/a", "https://github.com:443/t/a", LEFT_OUT),
        (f"https://me:{TOKEN}@[::1]:8443/t/a", "https://[::1]:8443/t/a", LEFT_OUT),
        (f"https://me:p@ss{TOKEN}@github.com/t/a", "https://github.com/t/a", LEFT_OUT),
        (f"https://github.com/t/a?private_token={TOKEN}", "https://github.com/t/a", LEFT_OUT),
        (f"https://github.com/t/a#{TOKEN}", "https://github.com/t/a", LEFT_OUT),
        ("git@github.com:team/app.git", "git@github.com:team/app.git", ()),
        ("git@github.com:team/app", "git@github.com:team/app", ()),
        ("git@localhost:team/app", "git@localhost:team/app", ()),
        ("git@work:team/app.git", "git@work:team/app.git", alias("work")),
        ("ssh://git@github.com/team/app.git", "ssh://git@github.com/team/app.git", ()),
        ("ssh://git@github.com:2222/team/app.git", "ssh://git@github.com:2222/team/app.git", ()),
        ("ssh://git@[::1]:2222/app.git", "ssh://git@[::1]:2222/app.git", ()),
        ("ssh://git@work/team/app.git", "ssh://git@work/team/app.git", alias("work")),
        ("git+ssh://git@github.com/team/app", "ssh://git@github.com/team/app", ()),
        (f"ssh://git:{TOKEN}@github.com/t/a", "ssh://git@github.com/t/a", LEFT_OUT),
        (
            "file:///srv/git/app.git",
            "file:///srv/git/app.git",
            ("a file:// URL works only where Argo CD has it",),
        ),
    ],
)
def test_remote_becomes_what_argo_cd_clones(raw: str, url: str, warnings: tuple[str, ...]):
    assert parse_remote_url(raw, source="remote origin") == RemoteUrl(url, warnings)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("../app.git", "--repo-url is a path on this machine, which Argo CD can't clone"),
        ("/srv/git/app.git", "--repo-url is a path on this machine, which Argo CD can't clone"),
        (r"C:\git\app", "--repo-url is a path on this machine, which Argo CD can't clone"),
        ("C:/git/app", "--repo-url is a path on this machine, which Argo CD can't clone"),
        ("", "--repo-url is a path on this machine, which Argo CD can't clone"),
        ("git://github.com/t/a", "--repo-url has the scheme 'git', which Argo CD can't clone"),
        ("ftp://github.com/t/a", "--repo-url has the scheme 'ftp', which Argo CD can't clone"),
        (
            "github.com:t/a.git",
            "--repo-url names no SSH user, which Argo CD needs (such as git@HOST:...)",
        ),
        ("ssh://github.com/t/a.git", "--repo-url names no SSH user, which Argo CD needs"),
        ("https://github.com", "--repo-url names no host or no repository"),
        ("https:///t/a", "--repo-url names no host or no repository"),
        (f"https://me:{TOKEN}@/t/a", "--repo-url names no host or no repository"),
        (f"https://me:{TOKEN}@[::1/t/a", "--repo-url is not a valid URL"),
        (f"https://me:{TOKEN}@host:notaport/t/a", "--repo-url is not a valid URL"),
        (
            "git@[::1]:team/app.git",
            "--repo-url is neither a URL nor of the form USER@HOST:PATH",
        ),
        (
            f"oauth2:{TOKEN}@gitlab.com/t/a.git",
            "--repo-url names no SSH user, which Argo CD needs (such as git@HOST:...)",
        ),
    ],
)
def test_what_a_cluster_cannot_clone_is_refused_without_quoting_it(raw: str, message: str):
    with pytest.raises(BootstrapError) as caught:
        parse_remote_url(raw, source="--repo-url")
    assert (caught.value.message, caught.value.hint) == (
        message,
        "pass --repo-url with the URL that Argo CD reaches the repository at",
    )
    assert TOKEN not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("https://github.com/t/a.git", "https://github.com/t/a", True),
        ("https://github.com/t/a/", "git@github.com:T/A.git", True),
        ("ssh://git@github.com/t/a", "git@github.com:t/a", True),
        ("https://github.com/t/a", "https://github.com/t/b", False),
        ("https://github.com/t/a", "https://gitlab.com/t/a", False),
        ("https://github.com:8443/t/a", "https://github.com/t/a", False),
        ("https://github.com:443/t/a", "https://github.com/t/a", True),
        ("ssh://git@github.com:22/t/a", "git@github.com:t/a", True),
        ("ssh://git@git.example.com:2222/t/a", "https://git.example.com/t/a.git", True),
        ("ssh://git@git.example.com:2222/t/a", "ssh://git@git.example.com:2223/t/a", False),
        ("ssh://git@ssh.github.com:443/t/a.git", "https://github.com/t/a", True),
        ("ssh://git@altssh.gitlab.com:443/t/a.git", "git@gitlab.com:t/a", True),
        ("git@ssh.dev.azure.com:v3/o/p/r", "https://dev.azure.com/o/p/_git/r", True),
        ("https://o.visualstudio.com/p/_git/r", "https://dev.azure.com/o/p/_git/r", True),
        ("https://dev.azure.com/o/my%20p/_git/r", "https://dev.azure.com/o/my p/_git/r", True),
        ("https://dev.azure.com/o/p/_git/r", "https://dev.azure.com/o/q/_git/r", False),
        ("ssh://git@bit.example.com:7999/p/r.git", "https://bit.example.com/scm/p/r.git", True),
        ("https://bit.example.com/scm/p/r.git", "https://bit.example.com/scm/p/s.git", False),
        ("file:///srv/a.git", "file:///srv/b.git", False),
        ("https://[::1/t/a", "https://[::1/t/a", True),
        ("https://[::1/t/a", "https://[::1/t/b", False),
    ],
)
def test_one_repository_under_two_spellings(left: str, right: str, same: bool):
    assert same_repository(left, right) is same


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("https://gitlab.com/scm/a/b", "https://gitlab.com/a/b", False),
        ("https://gitlab.com/a/_git/b", "https://gitlab.com/a/b", False),
        ("git@ssh.dev.azure.com:v3/o/r/r", "https://dev.azure.com/o/_git/r", True),
        (
            "https://o.visualstudio.com/DefaultCollection/p/_git/r",
            "https://dev.azure.com/o/p/_git/r",
            True,
        ),
        ("https://o.visualstudio.com/_git/r", "https://dev.azure.com/o/r/_git/r", True),
        ("ssh://git@bb.example.com:7999/proj/r", "https://bb.example.com/bb/scm/proj/r", True),
        ("ssh://git@bb.example.com:7999/proj/r", "https://bb.example.com/scm/proj/r.git", True),
    ],
)
def test_what_a_provider_adds_to_https_is_left_out_against_ssh_alone(
    left: str, right: str, same: bool
):
    assert (same_repository(left, right), same_repository(right, left)) == (same, same)
