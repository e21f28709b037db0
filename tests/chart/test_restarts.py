"""What restarts a pod and what does not: the pod template's bytes decide."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.chart.render import CHART, Chart, dispatcher_pod, sealed_secret

BASE: dict[str, Any] = {
    "image": {"dispatcher": "agentsmith-dispatcher:1"},
    "config": {"content": "a: 1\n"},
    "secrets": {"slackBotToken": "one"},
}


def template_text(text: str, path: str) -> str:
    """Return the bytes of the pod template that a template file printed."""
    document = text.split(f"# Source: agentsmith/templates/{path}\n")[1]
    document = document.split("\n---\n")[0].rstrip("\n")
    return document.partition("\n  template:\n")[2]


def redis(text: str) -> str:
    return template_text(text, "redis/deployment.yaml")


def dispatcher(text: str) -> str:
    return template_text(text, "dispatcher/deployment.yaml")


HARMLESS_TO_REDIS: dict[str, dict[str, Any]] = {
    "dispatcher tag": {"image": {"dispatcher": "agentsmith-dispatcher:2"}},
    "agent tag": {"image": {"agent": "agentsmith:2"}},
    "pull policy": {"image": {"pullPolicy": "Always"}},
    "config": {"config": {"content": "a: 2\n"}},
    "secret": {"secrets": {"slackBotToken": "two"}},
    "secret source": {"secrets": {"slackBotToken": ""}, "existingSecret": "elsewhere"},
    "rollout token": {"rolloutToken": "2"},
    "common labels": {"commonLabels": {"a": "b"}, "commonAnnotations": {"a": "b"}},
    "dispatcher": {"dispatcher": {"replicas": 3, "port": 9090, "podLabels": {"a": "b"}}},
    "network policy": {"networkPolicy": {"enabled": False}},
    "hooks": {"cleanup": {"enabled": False}, "tests": {"enabled": False}},
}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in change.items():
        known = result.get(key)
        both = isinstance(value, dict) and isinstance(known, dict)
        result[key] = merged(known, value) if both else value  # type: ignore[arg-type]
    return result


@pytest.fixture(scope="module")
def next_chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same chart under a later version and for a later application."""
    copy = tmp_path_factory.mktemp("next") / "agentsmith"
    shutil.copytree(CHART, copy)
    metadata = (copy / "Chart.yaml").read_text()
    changed = re.sub(r"(?m)^(version|appVersion):.*", r"\1: 9.8.7+build", metadata)
    assert changed.count("9.8.7") == 2
    (copy / "Chart.yaml").write_text(changed)
    return copy


@pytest.mark.parametrize("change", HARMLESS_TO_REDIS)
def test_redis_is_not_restarted(chart: Chart, change: str) -> None:
    before, after = chart.text(BASE), chart.text(merged(BASE, HARMLESS_TO_REDIS[change]))
    assert before != after
    assert redis(before) == redis(after) != ""


def test_nothing_is_restarted_by_a_new_chart_version(chart: Chart, next_chart: Path) -> None:
    before, after = chart.text(BASE), chart.text(BASE, chart=next_chart)
    assert "helm.sh/chart: agentsmith-9.8.7_build" in after
    assert redis(before) == redis(after) != ""
    assert dispatcher(before) == dispatcher(after) != ""


def test_selectors_do_not_move_with_the_chart_version(chart: Chart, next_chart: Path) -> None:
    def selectors(text: str) -> list[str]:
        return re.findall(r"\n  selector:\n(?: {4}.*\n)+", text)

    assert selectors(chart.text(BASE)) == selectors(chart.text(BASE, chart=next_chart)) != []


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"config": {"content": "a: 1\n\n"}}, {"checksum/config"}),
        ({"secrets": {"slackBotToken": "two"}}, {"checksum/secret"}),
        ({"secrets": {"githubToken": "new"}}, {"checksum/secret"}),
        ({"rolloutToken": "2"}, {"rollout-token"}),
        ({"commonLabels": {"a": "b"}, "commonAnnotations": {"a": "b"}}, set()),
        ({"dispatcher": {"replicas": 2}}, set()),
        ({"networkPolicy": {"enabled": False}}, set()),
    ],
    ids=["config", "secret", "new secret", "token", "common labels", "replicas", "policy"],
)
def test_the_dispatcher_rolls_exactly_for_what_it_reads(
    chart: Chart, change: dict[str, Any], changed: set[str]
) -> None:
    pods = [dispatcher_pod(chart.objects(v)) for v in (BASE, merged(BASE, change))]
    before, after = (pod["metadata"]["annotations"].items() for pod in pods)
    assert {key for key, _ in before ^ after} == changed
    assert pods[0]["spec"] == pods[1]["spec"]


def sealed(chart: Chart, manifest: str) -> str:
    annotations = dispatcher_pod(chart.objects({"sealedSecret": {"manifest": manifest}}))
    checksum: str = annotations["metadata"]["annotations"]["checksum/secret"]
    return checksum


def test_a_changed_ciphertext_rolls_the_dispatcher(chart: Chart) -> None:
    before = sealed(chart, sealed_secret(slack_bot_token="AgBx"))
    assert before != sealed(chart, sealed_secret(slack_bot_token="AgBy"))
    assert before != sealed(chart, sealed_secret(slack_bot_token="AgBx", jira_token="AgBz"))


def test_comments_and_layout_of_the_sealed_file_roll_nothing(chart: Chart) -> None:
    manifest = sealed_secret(slack_bot_token="AgBx", jira_token="AgBz")
    moved = sealed_secret(jira_token="'AgBz' # c", slack_bot_token='"AgBx"')
    assert sealed(chart, manifest) == sealed(chart, "---\n# Another comment\n" + moved)


def test_a_secret_from_elsewhere_has_no_checksum(chart: Chart) -> None:
    annotations = dispatcher_pod(chart.objects({"existingSecret": "elsewhere"}))["metadata"]
    assert "checksum/secret" not in annotations["annotations"]


def test_a_release_of_helm_has_the_pods_that_argo_cd_will_render(chart: Chart) -> None:
    """Handing over restarts nothing: equal templates, whatever the way to pass the same values."""
    manifest = sealed_secret(slack_bot_token="AgBx")
    by_helm = {
        "sealedSecret": {"manifest": manifest},
        "config": {"content": "a: 1\n"},
        "dispatcher": {"replicas": 2},
    }
    files = {"sealedSecret.manifest": manifest.encode(), "config.content": b"a: 1\n"}
    options = ("--include-crds", "--kube-version", "1.36.3", "--api-versions", "v1")
    by_argo_cd = chart.text({"dispatcher": {"replicas": 2}}, files, options=options)
    assert chart.text(by_helm, options=("--is-upgrade",)) == by_argo_cd
