"""Finding the controller by whatever it is called, and what its answers mean."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bootstrap.cluster import controller as sealing
from bootstrap.cluster.controller import ControllerName, SealingController, ServiceRef
from bootstrap.errors import BootstrapError
from bootstrap.upstream import INSTALL_SEALED_SECRETS

CHART = {"app.kubernetes.io/name": "sealed-secrets"}
MANIFESTS = {"name": "sealed-secrets-controller"}
PROXY = "/api/v1/namespaces/kube-system/services/http%3Asealed-secrets-controller%3A/proxy"
METRICS = {**CHART, "app.kubernetes.io/component": "metrics"}


def service(
    namespace: str, name: str, labels: Mapping[str, str], ports: Sequence[str | None] = ("http",)
) -> Any:
    return {
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"ports": [{"name": port} if port else {"port": 1} for port in ports]},
    }


class FakeApi:
    """The connection to a cluster with these Services, whose controller answers with `answers`."""

    def __init__(self, *services: Any, answers: Sequence[tuple[int, bytes]] = ()) -> None:
        self.services, self.answers = services, list(answers)
        self.context, self.asked = "test", []

    def translated(self, _step: str) -> Any:
        return contextlib.nullcontext()

    def items(self, path: str, selector: str) -> list[Any]:
        assert path == "/api/v1/services"
        key, _, value = selector.partition("=")
        return [item for item in self.services if item["metadata"]["labels"].get(key) == value]

    def get(self, path: str) -> Any:
        for item in self.services:
            place = "/api/v1/namespaces/{namespace}/services/{name}"
            if path == place.format(**item["metadata"]):
                return item
        return None

    def post(self, path: str, _body: object) -> tuple[int, bytes]:
        self.asked.append(path)
        return self.answers.pop(0)


def find(*services: Any, asked: ControllerName = sealing.ANY_CONTROLLER) -> ServiceRef:
    return SealingController(FakeApi(*services), asked).find_service()  # type: ignore[arg-type]


def failure(*services: Any, asked: ControllerName = sealing.ANY_CONTROLLER) -> tuple[str, str]:
    with pytest.raises(BootstrapError) as raised:
        find(*services, asked=asked)
    return raised.value.message, raised.value.hint


OTHERS = [
    service("web", "shop", {"app": "shop"}),
    service("security", "sealed-secrets-metrics", METRICS, ["metrics"]),
    service("security", "headless", CHART, []),
]
OF_CHART = service("security", "my-release-sealed-secrets", CHART)
OF_MANIFESTS = service("kube-system", "sealed-secrets-controller", MANIFESTS, [None])


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (OF_CHART, ServiceRef("security", "my-release-sealed-secrets", "http")),
        (OF_MANIFESTS, ServiceRef("kube-system", "sealed-secrets-controller", "")),
        (service("a", "b", {**CHART, **MANIFESTS}), ServiceRef("a", "b", "http")),
    ],
    ids=["chart", "manifests", "both labels"],
)
def test_it_is_found_by_its_labels_in_any_namespace_whatever_its_name(
    there: Any, found: ServiceRef
) -> None:
    assert find(*OTHERS, there) == found


def test_of_two_the_one_that_is_asked_for_is_taken() -> None:
    both = (OF_CHART, OF_MANIFESTS, *OTHERS)
    assert failure(*both) == (
        "more than one sealed-secrets controller: kube-system/sealed-secrets-controller,"
        " security/my-release-sealed-secrets",
        "say which with --controller-namespace and --controller-name",
    )
    chosen = ServiceRef("security", "my-release-sealed-secrets", "http")
    assert find(*both, asked=ControllerName("security")) == chosen
    assert find(*both, asked=ControllerName(name="my-release-sealed-secrets")) == chosen


def test_both_names_need_no_label() -> None:
    plain = service("tools", "unsealer", {}, ["web"])
    assert find(plain, asked=ControllerName("tools", "unsealer")) == ServiceRef(
        "tools", "unsealer", "web"
    )
    assert failure(plain, asked=ControllerName("tools", "x")) == (
        "cluster test has no Service tools/x",
        "see `kubectl get services --all-namespaces`, or leave both options out",
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (sealing.ANY_CONTROLLER, "no sealed-secrets controller in cluster test"),
        (
            ControllerName("web"),
            "no sealed-secrets controller in namespace web of cluster test",
        ),
        (ControllerName(name="x"), "no sealed-secrets controller called x in cluster test"),
    ],
    ids=["none", "in namespace", "by name"],
)
def test_where_there_is_none_it_says_how_to_install_it(asked: ControllerName, said: str) -> None:
    message, hint = failure(*OTHERS, asked=asked)
    assert message == said
    assert hint == f"install it: `{INSTALL_SEALED_SECRETS}`"


def controller(monkeypatch: pytest.MonkeyPatch, *answers: tuple[int, bytes]) -> Any:
    monkeypatch.setattr(sealing.time, "sleep", lambda _seconds: None)
    api = FakeApi(OF_MANIFESTS, answers=answers)
    return api, SealingController(api)  # type: ignore[arg-type]


def test_verify_says_yes_or_no_and_is_asked_again_where_it_was_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, asked = controller(monkeypatch, (429, b""), (200, b""), (409, b""))
    located = asked.locate()
    assert (located.verify({}), located.verify({})) == (True, False)
    path = f"{PROXY}/v1/verify"
    assert api.asked == [path] * 3
    assert located.name == "controller kube-system/sealed-secrets-controller"


@pytest.mark.parametrize("status", [403, 503])
def test_no_verdict_is_an_error_and_not_a_no(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    _api, asked = controller(monkeypatch, (status, b"marked"))
    with pytest.raises(BootstrapError, match=f"answered {status} when asked to verify") as raised:
        asked.locate().verify({})
    assert "marked" not in raised.value.message + raised.value.hint


def test_a_request_to_seal_again_that_came_too_early_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, asked = controller(monkeypatch, (429, b""), (429, b""), (200, b"{}"))
    assert asked.rotate({}) == b"{}"
    path = f"{PROXY}/v1/rotate"
    assert api.asked == [path] * 3


def test_a_controller_that_is_always_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    api, asked = controller(monkeypatch, *[(429, b"")] * 9)
    with pytest.raises(BootstrapError, match="answered 429 when asked to verify"):
        asked.locate().verify({})
    assert len(api.asked) == 5


def test_what_the_controller_seals_again_is_passed_on_and_its_errors_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _api, asked = controller(monkeypatch, (200, b"{}"), (500, b"marked"), (403, b"marked"))
    assert asked.rotate({}) == b"{}"
    for said in ("it has no key that opens them", "answered 403 when asked to seal again"):
        with pytest.raises(BootstrapError, match=said) as raised:
            asked.rotate({})
        assert "marked" not in raised.value.message + raised.value.hint
