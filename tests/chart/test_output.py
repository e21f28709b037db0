"""One chart for Helm 3, Helm 4 and Argo CD: the same bytes from all, every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chart.render import CHART, CI_VALUES, NAMESPACE, Chart, names, pick, run

ARGO_CD = (
    *("--include-crds", "--kube-version", "1.36.3"),
    *("--api-versions", "bitnami.com/v1alpha1", "--api-versions", "monitoring.coreos.com/v1"),
)


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_helm_3_and_helm_4_print_the_same_bytes(chart: Chart, chart3: Chart, values: Path) -> None:
    assert chart.text(values) == chart3.text(values)


def test_there_are_enough_values_files_to_compare() -> None:
    assert len(CI_VALUES) >= 6


@pytest.mark.parametrize("name", ["full", "inline", "sealed"])
def test_a_second_render_prints_the_same_bytes(chart: Chart, name: str) -> None:
    values = CHART / "ci" / f"{name}-values.yaml"
    assert chart.text(values) == chart.text(values, fresh=True)


@pytest.mark.parametrize(
    "options", [("--is-upgrade",), ARGO_CD, ("--kube-version", "1.30.0")], ids=lambda o: o[0]
)
def test_how_the_chart_is_rendered_does_not_change_its_output(
    chart: Chart, options: tuple[str, ...]
) -> None:
    values = CHART / "ci" / "full-values.yaml"
    assert chart.text(values, options=options) == chart.text(values)


def test_an_older_kubernetes_is_refused(chart: Chart) -> None:
    refusal = chart.refusal(options=("--kube-version", "1.29.9"))
    assert "chart requires kubeVersion: >=1.30.0-0" in refusal


def test_a_vendor_build_of_kubernetes_is_accepted(chart: Chart) -> None:
    assert chart.text(options=("--kube-version", "v1.30.4-gke.100")) == chart.text()


def test_guards_speak_before_a_template_stumbles(either: Chart) -> None:
    refusal = either.refusal({"tests": None, "redis": None})
    assert "(agentsmith/templates/values/guards.yaml:" in refusal


def test_lint_finds_nothing(either: Chart) -> None:
    options = [f"--values={path}" for path in CI_VALUES if path.stem == "full-values"]
    for more in ([], options):
        assert "0 chart(s) failed" in run(either.helm, "lint", "--strict", CHART, *more)


def test_templates_use_nothing_that_differs_between_renders() -> None:
    forbidden = ("lookup", "rand", "now", "uuidv4", "genCA", "genSelf", "genSigned", "htpasswd")
    for path in sorted((CHART / "templates").rglob("*.*")):
        words = path.read_text().replace("(", " ").replace("|", " ").split()
        assert not [w for w in words if w.startswith(forbidden)], path.name


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_every_object_says_where_it_belongs(chart: Chart, values: Path) -> None:
    objects = chart.objects(values)
    for o in objects:
        expected = {
            "Namespace": None,
        }.get(o["kind"], NAMESPACE)
        if "job-namespace" in values.name and o["metadata"]["name"] in {
            "agentsmith-job-manager",
            "agentsmith-cleanup-jobs",
            "agentsmith-jobs",
        }:
            expected = "agentsmith-jobs"
        assert o["metadata"].get("namespace") == expected, names([o])
        if o["metadata"]["name"] != "more":
            assert o["metadata"]["labels"]["app.kubernetes.io/instance"] == "agentsmith"
    assert len(names(objects)) == len(objects), "an object comes twice"


def test_a_default_render_has_exactly_these_objects(chart: Chart) -> None:
    assert names(chart.objects()) == {
        ("ConfigMap", "agentsmith-config"),
        ("Deployment", "agentsmith-dispatcher"),
        ("Deployment", "redis"),
        ("Job", "agentsmith-cleanup"),
        ("NetworkPolicy", "agentsmith-dispatcher"),
        ("NetworkPolicy", "agentsmith-jobs"),
        ("NetworkPolicy", "redis"),
        ("Pod", "agentsmith-test"),
        ("Role", "agentsmith-cleanup"),
        ("Role", "agentsmith-cleanup-jobs"),
        ("Role", "agentsmith-job-manager"),
        ("RoleBinding", "agentsmith-cleanup"),
        ("RoleBinding", "agentsmith-cleanup-jobs"),
        ("RoleBinding", "agentsmith-job-manager"),
        ("Secret", "agentsmith-secrets"),
        ("Service", "agentsmith-dispatcher"),
        ("Service", "redis"),
        ("ServiceAccount", "agentsmith-cleanup"),
        ("ServiceAccount", "agentsmith-dispatcher"),
        ("ServiceAccount", "redis"),
    }


def test_optional_objects_come_with_their_values(chart: Chart) -> None:
    default = names(chart.objects())
    assert names(chart.objects(CHART / "ci" / "ingress-values.yaml")) - default == {
        ("HTTPRoute", "agentsmith-dispatcher"),
        ("Ingress", "agentsmith-dispatcher"),
        ("PodDisruptionBudget", "agentsmith-dispatcher"),
    }
    assert names(chart.objects(CHART / "ci" / "docker-values.yaml")) == {
        ("ConfigMap", "agentsmith-config"),
        ("Deployment", "agentsmith-dispatcher"),
        ("Job", "agentsmith-cleanup"),
        ("Role", "agentsmith-cleanup"),
        ("RoleBinding", "agentsmith-cleanup"),
        ("Secret", "agentsmith-secrets"),
        ("Service", "agentsmith-dispatcher"),
        ("ServiceAccount", "agentsmith-cleanup"),
        ("ServiceAccount", "agentsmith-dispatcher"),
    }


def test_extra_objects_are_templates(chart: Chart) -> None:
    more = pick(chart.objects(CHART / "ci" / "full-values.yaml"), "ConfigMap", "more")
    assert more["data"] == {"release": "agentsmith"}


def test_extra_objects_may_be_text(chart: Chart) -> None:
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n"
    two = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "two"}}
    objects = chart.objects({"extraObjects": [one, two]})
    assert {("ConfigMap", "one"), ("ConfigMap", "two")} <= names(objects)


def test_several_extra_objects_are_the_same_from_both_but_for_an_empty_line(
    chart: Chart, chart3: Chart
) -> None:
    """Helm 3 cuts the line end before the `---` of a template, Helm 4 keeps it: no way around."""
    extra = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": n}} for n in "abc"]
    lines3, lines4 = (c.text({"extraObjects": extra}).splitlines() for c in (chart3, chart))
    assert list(filter(None, lines4)) == list(filter(None, lines3))
    assert lines4.count("") - lines3.count("") == 2
    assert chart.text({"extraObjects": extra[:1]}) == chart3.text({"extraObjects": extra[:1]})


def test_a_namespace_of_the_chart_outlives_the_release(chart: Chart) -> None:
    namespace = pick(chart.objects(CHART / "ci" / "full-values.yaml"), "Namespace", NAMESPACE)
    assert namespace["metadata"]["annotations"] == {
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "argocd.argoproj.io/sync-wave": "-2",
        "example.com/owner": "platform",
        "helm.sh/resource-policy": "keep",
    }
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"


def test_a_release_name_that_looks_like_a_number_stays_text(chart: Chart) -> None:
    text = run(chart.helm, "template", "123", CHART, "--namespace", "456")
    assert 'app.kubernetes.io/instance: "123"' in text
    assert "app.kubernetes.io/instance: 123" not in text
    assert "namespace: 456" not in text
