"""`bootstrap webhook` at a fake cluster and a fake Argo CD server."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import pytest

from bootstrap.argocd.webhook import WebhookSecret
from bootstrap.argocd.webhook_providers import Provider
from bootstrap.cluster import Cluster
from bootstrap.commands.argocd.webhook import WebhookResult, choose_secret, find_secret, set_webhook
from bootstrap.commands.argocd.webhook_probe import Probe
from bootstrap.errors import BootstrapError, UsageError
from bootstrap.files.repository import Repository
from bootstrap.git import Git
from tests.unit.commands.watch.test_wait_loop import FakeTime, Log
from tests.unit.work_tree import ORIGIN, WorkTree

FILE = "webhook.local.env"
GOOD = WebhookSecret(Provider.GITHUB, "a-secret-of-twenty-two")


class FakeArgoCD:
    """Argo CD's Secret and its root Application, which `answer` may refresh."""

    def __init__(self, present: Mapping[str, str] | None = None) -> None:
        self.held = dict(present or {})
        self.users: dict[str, list[str]] = {}
        self.refreshes = 0
        self.secrets = self.argocd = self
        self.root = True
        self.url: str | None = "https://argocd.example.com/"
        self.others: dict[str, Any] = {}

    def compare(self, values: Mapping[str, str]) -> bool | None:
        if not any(key in self.held for key in values):
            return None
        return all(self.held.get(key) == text for key, text in values.items())

    def read_users(self, key: str) -> list[str]:
        return sorted(self.users.get(key, []))

    def set_values(self, values: Mapping[str, str], users: Collection[str]) -> None:
        self.held.update(values)
        self.users |= {key: list(users) for key in values}

    def read_argocd_url(self) -> str | None:
        return self.url

    def read_applications(self) -> dict[str, Any]:
        if not self.root:
            return dict(self.others)
        source = {"repoURL": ORIGIN, "targetRevision": "main"}
        status = {"reconciledAt": f"2026-01-01T00:00:{self.refreshes:02}Z"}
        return {"agentsmith-root": {"spec": {"source": source}, "status": status}} | self.others


def put(
    tree: WorkTree,
    fake: FakeArgoCD,
    *,
    provider: Provider = Provider.GITHUB,
    url: str | None = None,
    given: bytes | None = None,
    replace: bool = False,
) -> WebhookResult:
    repository = Repository(tree.root)
    secret = choose_secret(provider, given, repository, new=replace)
    return set_webhook(
        secret, url, replace=replace, repository=repository, git=Git(tree.root),
        cluster=cast(Cluster, fake),
    )  # fmt: skip


def test_a_made_secret_is_kept_for_its_owner_alone_and_given_to_argocd(tree: WorkTree):
    fake = FakeArgoCD({"admin.password": "kept"})

    result = put(tree, fake)
    again = put(tree, fake)

    text = fake.held["webhook.github.secret"]
    assert len(text) >= 40
    assert f"WEBHOOK_SECRET_GITHUB={text}\n" in tree.read(FILE)
    assert stat.S_IMODE((tree.root / FILE).stat().st_mode) == 0o600
    assert (result.action, again.action) == ("created", "unchanged")
    assert result.url == "https://argocd.example.com/api/webhook"
    assert fake.held == {"admin.password": "kept", "webhook.github.secret": text}
    assert text not in repr(result) + str(result.form)
    assert tree.git("status", "--porcelain") == ""


def test_each_provider_has_a_secret_of_its_own(tree: WorkTree):
    fake = FakeArgoCD()

    for provider in (Provider.GITHUB, Provider.GITLAB):
        put(tree, fake, provider=provider)
    again = put(tree, fake)

    repository = Repository(tree.root)
    kept = [find_secret(item, None, repository).text for item in (Provider.GITHUB, Provider.GITLAB)]
    assert again.action == "unchanged"
    assert again.form["Secret"] == f"WEBHOOK_SECRET_GITHUB of {FILE}"
    assert fake.held == {"webhook.github.secret": kept[0], "webhook.gitlab.secret": kept[1]}
    assert stat.S_IMODE((tree.root / FILE).stat().st_mode) == 0o600


def test_only_one_command_writes_at_a_time(tree: WorkTree, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bootstrap.files.repository._LOCK_SECONDS", 0.0)
    fake = FakeArgoCD()

    with Repository(tree.root).lock(), pytest.raises(BootstrapError, match="another bootstrap"):
        put(tree, fake)

    assert (fake.held, (tree.root / FILE).exists()) == ({}, False)


def test_a_url_is_checked_before_anything_is_set(tree: WorkTree):
    fake = FakeArgoCD()

    with pytest.raises(UsageError):
        put(tree, fake, url="argocd.example.com")
    nothing = dict(fake.held), (tree.root / FILE).exists()
    result = put(tree, fake, url="https://other.example.com/api/webhook")

    assert nothing == ({}, False)
    assert result.url == "https://other.example.com/api/webhook"
    assert result.url in result.form.values()


def test_a_secret_of_somebody_else_is_replaced_only_when_told_to(tree: WorkTree):
    fake = FakeArgoCD({"webhook.github.secret": "of-somebody-else"})

    with pytest.raises(BootstrapError) as caught:
        put(tree, fake)
    untouched = dict(fake.held), (tree.root / FILE).exists()
    result = put(tree, fake, replace=True)

    assert caught.value.message == (
        "Argo CD expects another secret of github already (webhook.github.secret)"
    )
    assert untouched == ({"webhook.github.secret": "of-somebody-else"}, False)
    assert result.action == "replaced"
    assert fake.held["webhook.github.secret"] in tree.read(FILE)


def shared_with(fake: FakeArgoCD, *repositories: str) -> None:
    """As if these repositories had set the secret that Argo CD holds."""
    fake.held["webhook.github.secret"] = "theirs-of-team-a"
    fake.users["webhook.github.secret"] = list(repositories)


def test_a_secret_that_another_repository_uses_is_not_replaced(prod: WorkTree):
    fake, theirs = FakeArgoCD(), "https://git.example.com/team-a/agents.git"
    shared_with(fake, theirs, ORIGIN)

    with pytest.raises(BootstrapError) as caught:
        put(prod, fake, replace=True)

    assert caught.value.message == (
        f"Argo CD's secret of github is also that of {theirs}, whose pushes it would no longer"
        f" believe; this repository is {ORIGIN}"
    )
    assert (fake.held["webhook.github.secret"], (prod.root / FILE).exists()) == (
        "theirs-of-team-a",
        False,
    )


def test_a_secret_that_an_older_root_may_use_is_not_replaced(prod: WorkTree):
    theirs = "https://git.example.com/team-a/agents.git"
    fake = FakeArgoCD({"webhook.github.secret": "theirs"})
    fake.others = {
        "team-a-root": {"spec": {"source": {"repoURL": theirs, "path": "argocd/applications"}}}
    }

    with pytest.raises(BootstrapError, match=theirs):
        put(prod, fake, replace=True)

    assert fake.held == {"webhook.github.secret": "theirs"}


def test_a_secret_that_is_shared_on_purpose_names_both(prod: WorkTree):
    fake, theirs = FakeArgoCD(), "https://git.example.com/team-a/agents.git"
    shared_with(fake, theirs)

    shared = put(prod, fake, given=b"theirs-of-team-a")
    again = put(prod, fake, given=b"theirs-of-team-a")

    assert (shared.action, again.action) == ("unchanged", "unchanged")
    assert fake.users == {"webhook.github.secret": sorted([theirs, ORIGIN])}


def test_a_given_secret_is_taken_as_it_is(tree: WorkTree):
    fake = FakeArgoCD()

    put(tree, fake, given=b"made-by-another-tool\n")

    assert fake.held == {"webhook.github.secret": "made-by-another-tool"}


def test_a_file_that_git_would_see_is_not_written(tree: WorkTree):
    tree.write(".gitignore", "")
    fake = FakeArgoCD()

    with pytest.raises(BootstrapError) as caught:
        put(tree, fake)

    assert caught.value.message == (
        f"{FILE} would not be ignored by Git, and it is to keep a secret"
    )
    assert caught.value.hint == "add the line *.local.env to .gitignore, then run this again"
    assert (fake.held, (tree.root / FILE).exists()) == ({}, False)


def test_bitbucket_makes_its_own_and_a_test_needs_one(tree: WorkTree):
    repository = Repository(tree.root)

    with pytest.raises(UsageError) as made:
        choose_secret(Provider.BITBUCKET, None, repository, new=False)
    with pytest.raises(UsageError) as none:
        find_secret(Provider.GITHUB, None, repository)

    assert "create the webhook there first" in made.value.hint
    assert none.value.message == f"{FILE} keeps no secret of github"


def probe(answer: Callable[[str], int | None], fake: FakeArgoCD, seconds: float = 20) -> float:
    """Test the webhook of a server that answers by the signature."""
    good = _signature()
    posted: list[str] = []

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
        assert url == "https://argocd/api/webhook"
        assert GOOD.text not in str(headers)
        posted.append("right" if headers["X-Hub-Signature-256"] == good(body) else "wrong")
        return answer(posted[-1])

    return Probe("https://argocd/", "agentsmith-root", seconds, post, FakeTime(), Log()).run(
        GOOD, cast(Cluster, fake)
    )


def _signature() -> Callable[[bytes], str]:
    import hashlib
    import hmac

    return lambda body: "sha256=" + hmac.new(GOOD.text.encode(), body, hashlib.sha256).hexdigest()


def test_a_right_event_is_seen_to_refresh_after_a_wrong_one_is_refused():
    fake = FakeArgoCD()
    said: list[str] = []

    def answer(kind: str) -> int | None:
        said.append(kind)
        if len(said) == 1:
            return None  # the server restarts for its new secret
        if kind == "wrong":
            return 400
        fake.refreshes += 1
        return 200

    assert probe(answer, fake) < 5
    assert said == ["wrong", "wrong", "right"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"wrong": 200, "right": 200}, "Argo CD takes an event with a wrong secret: anybody could"),
        ({"wrong": 400, "right": 400}, "Argo CD refuses the event (status 400): it expects anoth"),
        ({"wrong": None, "right": None}, "https://argocd/api/webhook: nobody answers, so Argo CD"),
        ({"wrong": 404, "right": 404}, "https://argocd/api/webhook: the answer is 404, so Argo"),
        ({"wrong": 400, "right": 200}, f"Argo CD took the event, but did not look at {ORIGIN}"),
    ],
)
def test_what_does_not_work_is_named_in_time(answers: dict[str, int | None], message: str):
    with pytest.raises(BootstrapError) as caught:
        probe(answers.__getitem__, FakeArgoCD())

    assert caught.value.message.startswith(message)


def test_there_must_be_something_to_refresh():
    fake = FakeArgoCD()
    fake.root = False

    with pytest.raises(BootstrapError) as caught:
        probe(lambda _kind: 200, fake)

    assert caught.value.hint == "run `bootstrap up` first"


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:8080", False),
        ("https://argocd.example.com", False),
        ("http://localhost.example.com", True),
        ("http://127.0.0.1.example.com", True),
        ("http://argocd", True),
    ],
)
def test_a_secret_that_is_sent_openly_is_warned_of(url: str, warned: bool):
    fake, log = FakeArgoCD(), Log()

    def post(_url: str, headers: Mapping[str, str], _body: bytes) -> int | None:
        if GOOD.text not in str(headers):
            return 400
        fake.refreshes += 1
        return 200

    secret = WebhookSecret(Provider.GITLAB, GOOD.text)
    Probe(url, "agentsmith-root", 20, post, FakeTime(), log).run(secret, cast(Cluster, fake))

    assert any("sends the secret itself" in line for line in log.lines) is warned


def test_a_test_needs_a_url(tree: WorkTree, monkeypatch: pytest.MonkeyPatch):
    fake = FakeArgoCD()
    fake.url = None
    monkeypatch.setattr(Cluster, "connect", lambda *_where: fake)

    done = tree.run(
        "webhook", "test", "--provider", "github", "--secret-stdin", stdin=GOOD.text.encode()
    )

    assert (done.code, done.lines) == (
        2, ["error: Argo CD does not tell its URL (argocd-cm)", "  fix: give it with --url"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["test"], f"{FILE} keeps no secret of github"),
        (["test", "--timeout", "soon"], "--timeout 'soon' is no duration"),
        (
            ["test", "--url", "argocd"],
            "the URL of Argo CD's server is not http(s)://HOST[:PORT][/PATH]",
        ),
        (
            ["set", "--url", "argocd"],
            "the URL of Argo CD's server is not http(s)://HOST[:PORT][/PATH]",
        ),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, tree: WorkTree):
    done = tree.run("webhook", *arguments, "--provider", "github")

    assert (done.code, done.lines[0]) == (2, f"error: {message}")
