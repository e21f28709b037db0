"""Examples in the guides work, and the list of kinds is complete."""

from __future__ import annotations

import re

from tests.chart.render import CHART, CI_VALUES, NAMESPACE, Chart, pick
from tests.support.reading import read_yaml

DOCS = CHART.parents[1] / "docs"
KEYS = {
    "anthropic-api-key",
    "openai-api-key",
    "gemini-api-key",
    "github-token",
    "azure-devops-token",
    "gitlab-token",
    "jira-token",
    "jira-email",
    "slack-bot-token",
    "slack-signing-secret",
}


def test_the_external_secrets_example_makes_what_the_pods_read(chart: Chart) -> None:
    guide = (DOCS / "guides" / "helm-production.md").read_text()
    (example,) = re.findall(r"<!-- tested: external secrets -->\n```yaml\n(.*?)```", guide, re.S)
    values = read_yaml(example)
    external = pick(chart.objects(values), "ExternalSecret", "agentsmith-secrets")
    assert external["metadata"]["namespace"] == NAMESPACE
    spec = external["spec"]
    assert spec["target"]["name"] == values["existingSecret"]
    assert spec["target"]["template"]["mergePolicy"] == "Merge"
    assert spec["target"]["template"]["data"] == {"redis-url": "redis:6379"}
    fetched = {entry["secretKey"] for entry in spec["data"]}
    assert {"slack-bot-token", "slack-signing-secret"} < fetched <= KEYS


def test_the_list_of_kinds_is_complete(chart: Chart) -> None:
    listed = set()
    for line in (DOCS / "chart-kinds.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")][1:-1]
        if len(cells) == 4 and cells[2].strip("*") in {"namespace", "cluster"}:
            listed.add((cells[0].replace("(core)", ""), cells[1]))
    rendered = set()
    for path in CI_VALUES:
        for o in chart.objects(path):
            group, _, _ = o["apiVersion"].rpartition("/")
            rendered.add((group, o["kind"]))
    assert listed == rendered


def test_links_between_the_documents_lead_somewhere() -> None:
    ours = [CHART / "README.md", *DOCS.glob("chart*.md"), *(DOCS / "guides").glob("helm-*.md")]
    for path in ours:
        for link in re.findall(r"\]\((?!https?:)([^)#]*)", path.read_text()):
            assert not link or (path.parent / link).exists(), f"{path.name}: {link}"
