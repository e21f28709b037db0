"""What a person reads when a cluster refuses, fails or is not there."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import ApiException
from urllib3.exceptions import MaxRetryError

from bootstrap.cluster.at_once import at_once
from bootstrap.cluster.connection import Connection
from bootstrap.errors import BootstrapError, UnavailableError
from tests.unit.cluster.api_server import ApiServer

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "one",
}


CONFLICT = json.dumps(
    {
        "message": 'conflict with "argocd": .spec',
        "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec"}]},
    }
)


@pytest.fixture
def connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection to a place where nobody listens."""
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    return Connection.open(None)


def answer(status: int, body: Any = None, reason: str = "") -> ApiException:
    error = ApiException(status=status, reason=reason)
    error.body = body
    return error


@pytest.mark.parametrize(
    ("raised", "message", "hint"),
    [
        (
            answer(401),
            "reading it: cluster one does not accept your credentials",
            "log in to the cluster again",
        ),
        (
            answer(403, json.dumps({"message": "secrets is\nforbidden"})),
            "reading it: forbidden: secrets is forbidden",
            "use a context whose user may do that",
        ),
        (
            answer(409, json.dumps({"message": "the object has been modified"})),
            "reading it: conflict: the object has been modified",
            "run this again",
        ),
        (
            answer(409, CONFLICT),
            'reading it: another manager owns the same fields: conflict with "argocd": .spec',
            "run this again",
        ),
        (
            answer(500, "not JSON", "Internal Server Error"),
            "reading it: the API server answered 500: Internal Server Error",
            "see whether the cluster is healthy, then run this again",
        ),
        (
            answer(503, json.dumps({"message": "x" * 1000})),
            f"reading it: the API server answered 503: {'x' * 256}",
            "see whether the cluster is healthy, then run this again",
        ),
        (
            MaxRetryError(None, "http://10.0.0.1", None),  # type: ignore[arg-type]
            "reading it: cluster one does not answer (MaxRetryError)",
            "check the cluster and your network: `kubectl version` must work",
        ),
        (
            TimeoutError(),
            "reading it: cluster one does not answer (TimeoutError)",
            "check the cluster and your network: `kubectl version` must work",
        ),
    ],
    ids=["401", "403", "modified", "fields", "500", "long", "nobody", "timeout"],
)
def test_an_error_of_the_cluster_says_what_was_tried_and_what_to_do(
    connection: Connection, raised: Exception, message: str, hint: str
) -> None:
    with pytest.raises(BootstrapError) as caught, connection.translated("reading it"):
        raise raised
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("raised", "passing"),
    [
        (TimeoutError(), True),
        (MaxRetryError(None, "http://10.0.0.1", None), True),  # type: ignore[arg-type]
        (answer(429), True),
        (answer(503), True),
        (answer(401), False),
        (answer(403), False),
        (answer(409), False),
        (answer(422), False),
    ],
    ids=["timeout", "nobody", "429", "503", "401", "403", "409", "422"],
)
def test_what_may_be_answered_later_is_told_from_what_is_refused(
    connection: Connection, raised: Exception, passing: bool
) -> None:
    with pytest.raises(BootstrapError) as caught, connection.translated("reading it"):
        raise raised
    assert isinstance(caught.value, UnavailableError) is passing


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (CONFLICT, "take that manager's change back, or run this with --force-conflicts"),
        ("{}", "run this again"),
    ],
    ids=["fields", "other"],
)
def test_forcing_is_advised_where_it_is_an_option_and_would_help(
    connection: Connection, body: str, hint: str
) -> None:
    with pytest.raises(BootstrapError) as caught, connection.translated("it", may_force=True):
        raise answer(409, body)
    assert caught.value.hint == hint


def test_what_is_not_there_is_none_where_it_may_be_and_a_refusal_where_it_must_not(
    served: tuple[ApiServer, Connection],
) -> None:
    _server, to = served

    assert to.get("/it") is None
    to.delete("/it")
    to.merge("/it", {}, missing_ok=True)
    for ask in (
        lambda: to.read("/it"),
        lambda: to.read_dated("/it"),
        lambda: to.read_text("/it"),
        lambda: to.items("/it"),
        lambda: to.create("/it", {}),
        lambda: to.merge("/it", {}),
        lambda: to.apply("/it", {}, force=True),
    ):
        with pytest.raises(ApiException) as caught:
            ask()
        assert caught.value.status == 404


def test_what_is_asked_for_and_sent_is_json_by_path(
    served: tuple[ApiServer, Connection],
) -> None:
    server, to = served
    server.answers["GET /all"] = (200, {"items": [{"kind": "It"}]})
    server.answers["GET /none"] = (200, {"items": None})
    for method in ("DELETE", "PATCH", "POST"):
        server.answers[f"{method} /it"] = (200, {"kind": "It"})

    assert to.items("/all", "a=b,c") == [{"kind": "It"}]
    assert to.items("/none") == []
    assert to.create("/it", {"a": 1}) == {"kind": "It"}
    to.merge("/it", {"a": None}, manager="me")
    to.delete("/it", {"preconditions": {}})
    found, date = to.read_dated("/all")

    assert (found, date is None) == ({"items": [{"kind": "It"}]}, False)
    assert server.queries == [
        {"labelSelector": "a=b,c"}, {}, {}, {"fieldManager": "me"}, {}, {},
    ]  # fmt: skip
    assert server.bodies == ["", "", '{"a": 1}', '{"a": null}', '{"preconditions": {}}', ""]
    assert server.types[3] == "application/merge-patch+json"


def test_a_context_that_is_not_there_is_named(connection: Connection) -> None:
    with pytest.raises(BootstrapError) as caught:
        Connection.open("two")
    assert (caught.value.message, caught.value.hint) == (
        "the kubeconfig has no context 'two'",
        "check --context and KUBECONFIG: `kubectl config get-contexts`",
    )


def test_without_a_kubeconfig_there_is_no_cluster_to_talk_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = str(tmp_path / "none")
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", missing)
    with pytest.raises(BootstrapError, match="no cluster to talk to: ") as caught:
        Connection.open(None)
    assert caught.value.hint == "check --context and KUBECONFIG: `kubectl config get-contexts`"


def test_what_is_applied_may_be_text_or_an_object_and_its_answer_is_read(
    served: tuple[ApiServer, Connection],
) -> None:
    server, to = served
    server.answers["PATCH /it"] = (200, {"kind": "It"})

    assert to.apply("/it", "kind: It\n", force=False, manager="me") == {"kind": "It"}
    assert to.apply("/it", {"kind": "It"}, force=True, dry_run=True) == {"kind": "It"}

    assert server.bodies == ["kind: It\n", '{"kind": "It"}']
    assert set(server.types) == {"application/apply-patch+yaml"}
    assert server.queries == [
        {"fieldManager": "me"},
        {"fieldManager": "agentsmith-bootstrap", "force": "true", "dryRun": "All"},
    ]


@pytest.mark.parametrize("status", [302, 403, 500])
def test_an_answer_that_is_none_is_the_clients_error(
    served: tuple[ApiServer, Connection], status: int
) -> None:
    server, to = served
    server.answers["GET /it"] = server.answers["PATCH /it"] = (status, {"message": "no"})

    for ask in (lambda: to.get("/it"), lambda: to.apply("/it", {}, force=True)):
        with pytest.raises(ApiException) as caught:
            ask()
        assert caught.value.status == status


def test_nobody_there_is_told_alike_whatever_was_asked(connection: Connection) -> None:
    messages = set()
    for ask in (
        lambda: connection.get("/it"),
        lambda: connection.apply("/it", {}, force=True),
        lambda: connection.items("/it"),
        lambda: connection.delete("/it"),
        lambda: connection.create("/it", {}),
    ):
        with pytest.raises(UnavailableError) as caught, connection.translated("reading it"):
            ask()
        messages.add(caught.value.message)
    assert messages == {"reading it: cluster one does not answer (MaxRetryError)"}


@pytest.mark.parametrize("text", ["\U0001f680 go", "a\x7fb\x85c\u2028\ufeff", "\ud83d", "ü\n"])
def test_any_text_is_applied_in_a_form_that_yaml_reads_as_json_does(
    served: tuple[ApiServer, Connection], text: str
) -> None:
    server, to = served
    server.answers["PATCH /it"] = (200, {})

    to.apply("/it", {"text": text}, force=True)

    (sent,) = server.bodies
    assert json.loads(sent) == {"text": text}
    # YAML knows no escape of half a letter, but that of a letter that is only half there
    assert "\\ud83d\\ude80" not in sent
    assert not re.search(r"[\x7f-\x9f\u2028\u2029\ufeff]", sent)


@pytest.mark.parametrize("body", ["<html>log in</html>", "", "[]", "null"])
def test_what_is_no_api_server_is_called_so(
    served: tuple[ApiServer, Connection], body: str
) -> None:
    server, to = served
    for method in ("GET", "PATCH", "POST"):
        server.answers[f"{method} /it"] = (200, body.encode())
    for ask in (
        lambda: to.get("/it"),
        lambda: to.read("/it"),
        lambda: to.items("/it"),
        lambda: to.create("/it", {}),
        lambda: to.apply("/it", {}, force=True),
    ):
        with pytest.raises(BootstrapError) as caught, to.translated("reading it"):
            ask()
        assert caught.value.message == "what answers for cluster test is no API server"


def test_a_new_token_is_asked_for_once_and_not_by_each_thread(
    served: tuple[ApiServer, Connection],
) -> None:
    server, to = served
    server.answers["GET /it"] = (200, {})
    at_once_here, most = [], []

    def plug_in(_settings: object) -> None:
        at_once_here.append(1)
        most.append(len(at_once_here))
        time.sleep(0.02)
        at_once_here.pop()

    to._client.configuration.api_key = {"authorization": "Bearer x"}
    to._client.configuration.refresh_api_key_hook = plug_in

    at_once([lambda: to.get("/it")] * 4)

    assert max(most) == 1
