"""Argo CD's own Secret and the repositories' Secrets, at the edge to the API server."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from bootstrap.argocd.known_repositories import KnownRepository
from bootstrap.cluster.connection import Connection
from bootstrap.cluster.secrets import ArgoCDSecrets
from bootstrap.errors import BootstrapError
from tests.unit.cluster.api_server import ApiServer


class FakeConnection:
    """A connection whose API has one Secret, or none, and lists by label."""

    def __init__(self, data: dict[str, str] | None, **lists: list[Any]) -> None:
        self.data, self.lists = data, lists

    @contextlib.contextmanager
    def translated(self, _step: str) -> Iterator[None]:
        yield

    def get(self, path: str) -> Any:
        assert path == "/api/v1/namespaces/argocd/secrets/argocd-secret"
        return None if self.data is None else {"metadata": {}, "data": self.data}

    def items(self, path: str, selector: str) -> Any:
        label, _equals, kind = selector.partition("=")
        assert path == "/api/v1/namespaces/argocd/secrets"
        assert label == "argocd.argoproj.io/secret-type"
        return self.lists[kind.replace("-", "_")]


def secrets(data: dict[str, str] | None = None, **lists: list[Any]) -> ArgoCDSecrets:
    return ArgoCDSecrets(cast(Connection, FakeConnection(data, **lists)))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_without_argocds_secret_it_may_not_have_started() -> None:
    with pytest.raises(BootstrapError) as raised:
        secrets(None).compare({"webhook.github.secret": "s"})

    assert (raised.value.message, raised.value.hint) == (
        "there is no Secret argocd/argocd-secret",
        "Argo CD makes it at its start: is it running?",
    )


@pytest.mark.parametrize(
    ("data", "same"),
    [
        ({}, None),
        ({"webhook.github.secret": ""}, None),
        ({"webhook.github.secret": encoded("mine")}, True),
        ({"webhook.github.secret": encoded("theirs")}, False),
    ],
    ids=["empty", "blank", "same", "another"],
)
def test_what_argocd_expects_is_compared_and_not_shown(
    data: dict[str, str], same: bool | None
) -> None:
    assert secrets(data).compare({"webhook.github.secret": "mine"}) is same


def test_repositories_and_templates_are_told_apart_and_their_credentials_left_there() -> None:
    def secret(name: str, **fields: str) -> Any:
        data = {key: encoded(text) for key, text in fields.items()}
        return {"metadata": {"name": name}, "data": data}

    edge = secrets(
        repository=[
            secret("one", url="https://a/b", project="p", password="s", username=""),
            secret("open", url="https://a/c", useAzureWorkloadIdentity="false"),
        ],
        repo_creds=[secret("all", url="https://a/", password="s")],
    )

    assert edge.read_repositories() == [
        KnownRepository("one", "https://a/b", "p", frozenset({"url", "project", "password"})),
        KnownRepository("open", "https://a/c", "", frozenset({"url"})),
    ]
    assert edge.read_templates() == [
        KnownRepository("all", "https://a/", "", frozenset({"url", "password"}))
    ]


def test_a_secret_is_applied_by_force_and_told_from_one_that_was_the_same(
    served: tuple[ApiServer, Connection],
) -> None:
    server, connection = served
    place = "/api/v1/namespaces/argocd/secrets/it"
    secret = {"metadata": {"name": "it"}}
    edge = ArgoCDSecrets(connection)

    def apply(before: str | None, after: str) -> str:
        for method, version in (("GET", before), ("PATCH", after)):
            server.answers.pop(f"{method} {place}", None)
            if version is not None:
                server.answers[f"{method} {place}"] = (
                    200,
                    {"metadata": {"resourceVersion": version}},
                )
        return edge.apply(secret)

    assert [apply(None, "1"), apply("1", "1"), apply("1", "2")] == [
        "created", "unchanged", "configured",
    ]  # fmt: skip
    assert server.queries[-1] == {"fieldManager": "agentsmith-bootstrap", "force": "true"}
