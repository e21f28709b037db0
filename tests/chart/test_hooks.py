"""The pre-delete hook and the helm test."""

from __future__ import annotations

from tests.chart.render import CHART, NAMESPACE, Chart, names, pick

LIFE = "before-hook-creation,hook-succeeded"


def test_the_dispatcher_stops_before_agent_jobs_are_ended(chart: Chart) -> None:
    job = pick(chart.objects(), "Job", "agentsmith-cleanup")
    assert job["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-delete",
        "helm.sh/hook-delete-policy": LIFE,
    }
    spec = job["spec"]["template"]["spec"]
    steps = [*spec["initContainers"], *spec["containers"]]
    assert [step["args"] for step in steps] == [
        [
            *("delete", "deployment/agentsmith-dispatcher", f"--namespace={NAMESPACE}"),
            *("--ignore-not-found", "--cascade=foreground", "--timeout=90s"),
        ],
        [
            *("delete", "jobs", f"--namespace={NAMESPACE}", "--selector=app=agentsmith,job-id"),
            *("--ignore-not-found", "--cascade=foreground", "--timeout=60s"),
        ],
    ]
    assert not [step for step in steps if "command" in step], "the image has no shell"


def test_the_hook_is_bounded_and_retried(chart: Chart) -> None:
    spec = pick(chart.objects(), "Job", "agentsmith-cleanup")["spec"]
    limits = {k: v for k, v in spec.items() if k != "template"}
    assert limits == {
        "activeDeadlineSeconds": 240,
        "backoffLimit": 4,
        "ttlSecondsAfterFinished": 600,
    }


def test_the_hook_does_not_end_itself(chart: Chart) -> None:
    job = pick(chart.objects(), "Job", "agentsmith-cleanup")
    for labels in (job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]):
        assert "app" not in labels
        assert "job-id" not in labels


def test_the_hook_has_the_rights_for_its_steps_only(chart: Chart) -> None:
    objects = chart.objects(CHART / "ci" / "job-namespace-values.yaml")
    verbs = ["delete", "get", "list", "watch"]
    assert pick(objects, "Role", "agentsmith-cleanup")["rules"] == [
        {
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "resourceNames": ["agentsmith-dispatcher"],
            "verbs": verbs,
        }
    ]
    jobs = pick(objects, "Role", "agentsmith-cleanup-jobs")
    assert jobs["metadata"]["namespace"] == "agentsmith-jobs"
    assert jobs["rules"] == [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": verbs}]


def test_the_rights_of_the_hook_are_ordinary_objects(chart: Chart) -> None:
    hooks = {
        (o["kind"], o["metadata"]["name"])
        for o in chart.objects()
        if "helm.sh/hook" in o["metadata"].get("annotations", {})
    }
    assert hooks == {("Job", "agentsmith-cleanup"), ("Pod", "agentsmith-test")}


def test_no_object_has_a_hook_annotation_of_argo_cd(chart: Chart) -> None:
    assert "argocd.argoproj.io/hook" not in chart.text(CHART / "ci" / "full-values.yaml")


def test_the_hook_can_be_off(chart: Chart) -> None:
    gone = names(chart.objects()) - names(chart.objects({"cleanup": {"enabled": False}}))
    assert gone == {
        ("Job", "agentsmith-cleanup"),
        ("Role", "agentsmith-cleanup"),
        ("Role", "agentsmith-cleanup-jobs"),
        ("RoleBinding", "agentsmith-cleanup"),
        ("RoleBinding", "agentsmith-cleanup-jobs"),
        ("ServiceAccount", "agentsmith-cleanup"),
    }


def test_without_jobs_the_hook_only_stops_the_dispatcher(chart: Chart) -> None:
    job = pick(chart.objects(CHART / "ci" / "docker-values.yaml"), "Job", "agentsmith-cleanup")
    spec = job["spec"]["template"]["spec"]
    assert "initContainers" not in spec
    assert [c["name"] for c in spec["containers"]] == ["stop-dispatcher"]


def test_the_helm_test_asks_dispatcher_and_redis(chart: Chart) -> None:
    pod = pick(chart.objects(), "Pod", "agentsmith-test")
    assert pod["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": LIFE,
    }
    assert {c["name"]: c["command"] for c in pod["spec"]["containers"]} == {
        "health": [
            *("wget", "-q", "-O", "-", "-T", "10", "http://agentsmith-dispatcher:80/health"),
        ],
        "redis": ["redis-cli", "-h", "redis", "-p", "6379", "ping"],
    }


def test_the_helm_test_goes_where_it_may_run(chart: Chart) -> None:
    spec = pick(chart.objects(CHART / "ci" / "full-values.yaml"), "Pod", "agentsmith-test")["spec"]
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert spec["tolerations"] == [{"key": "dedicated", "operator": "Exists"}]


def test_the_helm_test_waits_for_the_key_that_agents_need(chart: Chart) -> None:
    pod = pick(chart.objects({"existingSecret": "elsewhere"}), "Pod", "agentsmith-test")
    reference = {"name": "elsewhere", "key": "redis-url", "optional": False}
    assert pod["spec"]["containers"][0]["env"] == [
        {"name": "REDIS_URL", "valueFrom": {"secretKeyRef": reference}}
    ]
    assert pod["spec"]["activeDeadlineSeconds"] == 120
