"""Many environments in one run of Helm give, byte for byte, what Helm gives for each alone."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.errors import BootstrapError
from bootstrap.helm import Helm, Result
from bootstrap.helm.fleet.chart import FleetChart
from bootstrap.sealing.sealed_secret import SealedSecret
from tests.chart.render import CI_VALUES
from tests.support.fleet import CHART, add_chart, add_environment, sealed_values

VALUES = {
    "plain": "image:\n  dispatcher: team/dispatcher:v2\n",
    "empty": "# nothing\n",
    "deep": """\
dispatcher:
    replicas: 3
    resources:
        limits:
            cpu: 2
""",
    "types": """\
dispatcher:
  replicas: 2
  podAnnotations:
    a: '1'
    b: "yes"
rolloutToken: 'no'
""",
    "lists": """\
global:
  imagePullSecrets:
  - one
  - two
  imageRegistry: registry.example.com:5000
""",
    "flow": 'image:\n  pullSecrets: [a, "b"]\ncommonLabels: {}\n',
    "block": """\
dispatcher:
  extraEnv:
    - name: A
      value: |
        one
          two

        three
""",
    "text": """\
commonAnnotations:
  note: "several
    lines # and no comment"
  other: >-
    folded
    text
""",
    "unicode": "commonAnnotations:\n  note: über ☃\n",
    "null": "dispatcher:\n  resources:\n    limits: null\n",
    "nothing": "dispatcher:\n  resources:\n    limits:\n",
    "tilde": "dispatcher:\n  podSecurityContext: ~\n",
    "flow-null": "dispatcher: {resources: {limits: null}, replicas: 2}\n",
    "anchor": "commonLabels: &l {a: b}\ndispatcher:\n  podLabels: *l\n",
    "document": "---\ndispatcher:\n  replicas: 2\n",
    "windows": "dispatcher:\r\n  replicas: 2\r\n",
    "template": """\
extraObjects:
  - |
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: more
    data:
      where: {{ .Release.Namespace }} {{ .Template.Name }}
""",
    "objects": """\
extraObjects:
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: more
    data:
      a: b
""",
    "no-hook": "cleanup:\n  enabled: false\n",
    "pdb": "dispatcher:\n  replicas: 2\n  podDisruptionBudget:\n    enabled: true\n",
    "ingress": "ingress:\n  enabled: true\n  host: a.example.com\n  tls: false\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add_chart(tmp_path)
    return tmp_path


@pytest.fixture(params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest, helm3: Path, helm4: Path) -> Helm:
    return Helm(str({"helm3": helm3, "helm4": helm4}[request.param]))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The environments that were rendered alone."""
    alone: list[str] = []
    render = Helm.render

    def count(self: Helm, root: Path, source: HelmSource) -> str:
        alone.append(source.name)
        return render(self, root, source)

    monkeypatch.setattr(Helm, "render", count)
    return alone


def test_every_kind_of_values_gives_what_helm_gives_alone(root: Path, helm: Helm) -> None:
    sources = [add_environment(root, name, values=text) for name, text in VALUES.items()]

    assert _show(helm.render_all(root, sources)) == _show(_one_by_one(helm, root, sources))


def test_random_fleets_give_what_helm_gives_alone(root: Path, helm: Helm) -> None:
    sources = list(_random_fleet(root, 24))

    assert _show(helm.render_all(root, sources)) == _show(_one_by_one(helm, root, sources))


def test_values_of_the_charts_own_tests_give_what_helm_gives_alone(root: Path, helm: Helm) -> None:
    empty = "# none\n"
    sources = [
        add_environment(root, f"ci{number}", values=file.read_text(), config=empty, sealed=empty)
        for number, file in enumerate(CI_VALUES)
    ]

    assert _show(helm.render_all(root, sources)) == _show(_one_by_one(helm, root, sources))


def test_plain_environments_share_runs_and_the_rest_is_rendered_alone(
    root: Path, helm: Helm, runs: list[str]
) -> None:
    names = [*(f"env{number}" for number in range(8)), "null", "windows"]
    sources = [add_environment(root, name, values=VALUES.get(name)) for name in names]

    results = helm.render_all(root, sources)

    # env0 proves that the fast way is the same
    assert set(runs) == {"env0", "null", "windows"}
    assert all(isinstance(result, str) for result in results)


def test_one_broken_environment_has_its_error_and_the_others_their_manifests(
    root: Path, helm: Helm
) -> None:
    sources = [add_environment(root, f"env{number}") for number in range(5)]
    sources.append(add_environment(root, "broken", values="dispatcher:\n  replicass: 2\n"))

    *good, broken = helm.render_all(root, sources)

    assert good == _one_by_one(helm, root, sources[:-1])
    assert isinstance(broken, BootstrapError)
    assert broken.message.startswith("environments/broken/values.yaml: dispatcher")
    assert "replicass" in broken.message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("templates/who.yaml", "# {{ .Template.Name }}\n"),
        ("templates/many.yaml", '{{- define "agentsmith.config" -}}other{{- end -}}\n'),
        ("templates/change.yaml", '{{- $_ := set $ "shared" "x" -}}\n'),
        ("crds/thing.yaml", "kind: CustomResourceDefinition\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
    ],
)
def test_a_chart_that_sees_where_it_is_gives_what_helm_gives_alone(
    root: Path, helm: Helm, path: str, text: str
) -> None:
    (root / CHART / path).parent.mkdir(parents=True, exist_ok=True)
    (root / CHART / path).write_text(text)
    sources = [add_environment(root, f"env{number}") for number in range(5)]

    assert FleetChart.read(root / CHART) is None
    assert _show(helm.render_all(root, sources)) == _show(_one_by_one(helm, root, sources))


def test_files_that_the_chart_ignores_are_not_part_of_it(
    root: Path, helm: Helm, runs: list[str]
) -> None:
    chart = root / CHART
    for path in ("templates/a.yaml.bak", "templates/.hidden.yaml", "values.prod.yaml", "x.pem"):
        (chart / path).write_text("{{ nothing }} plaintext\n")
    sources = [add_environment(root, f"env{number}") for number in range(5)]

    results = helm.render_all(root, sources)

    assert set(runs) == {"env4"}, "only the one that is held against the run of all"
    assert _show(results) == _show(_one_by_one(helm, root, sources))
    read = FleetChart.read(chart)
    assert read is not None
    assert b"plaintext" not in b"".join([*read.files.values(), *read.templates.values()])


@pytest.mark.parametrize("rule", ["!keep.yaml", "/templates/x.yaml", "a/b", "[ab].yaml"])
def test_rules_that_are_more_than_names_are_left_to_helm(root: Path, rule: str) -> None:
    (root / CHART / ".helmignore").write_text(f"{rule}\n")

    assert FleetChart.read(root / CHART) is None


def test_a_chart_that_is_found_to_differ_is_rendered_one_by_one(
    root: Path, helm: Helm, runs: list[str]
) -> None:
    template = root / CHART / "templates/configmap.yaml"
    template.write_text(template.read_text() + '# {{ omit . "Values" | keys | sortAlpha }}\n')
    sources = [add_environment(root, f"env{number}") for number in range(5)]

    results = helm.render_all(root, sources)

    assert set(runs) == {source.name for source in sources}
    assert _show(results) == _show(_one_by_one(helm, root, sources))


def test_the_proof_is_made_with_one_of_those_it_is_for(
    root: Path, helm: Helm, runs: list[str]
) -> None:
    template = root / CHART / "templates/configmap.yaml"
    template.write_text(template.read_text() + '# {{ omit . "Values" | keys | sortAlpha }}\n')
    sources = [add_environment(root, f"env{number}") for number in range(5)]
    sources.append(add_environment(root, "null", values=VALUES["null"]))

    results = helm.render_all(root, sources)

    assert set(runs) == {source.name for source in sources}
    assert _show(results) == _show(_one_by_one(helm, root, sources))


def test_a_run_of_many_that_takes_too_long_is_made_one_by_one(
    root: Path, helm: Helm, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [add_environment(root, f"env{number}") for number in range(5)]
    wanted = _one_by_one(helm, root, sources)

    def too_long(*_arguments: object) -> None:
        raise BootstrapError("helm gave no result in 120 s", "")

    monkeypatch.setattr("bootstrap.helm.run_helm", too_long)

    assert helm.render_all(root, sources) == wanted


def test_a_chart_that_can_not_be_read_is_left_to_helm(
    root: Path, helm: Helm, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [add_environment(root, f"env{number}") for number in range(5)]
    wanted = _one_by_one(helm, root, sources)

    def refused(_folder: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(FleetChart, "read", refused)

    assert helm.render_all(root, sources) == wanted


def test_no_file_stays_behind(
    root: Path,
    helm: Helm,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    helm.render_all(root, [add_environment(root, f"env{number}") for number in range(5)])

    assert list(folder.iterdir()) == []


def _one_by_one(helm: Helm, root: Path, sources: list[HelmSource]) -> list[Result]:
    def result(source: HelmSource) -> Result:
        try:
            return helm.render(root, source)
        except BootstrapError as error:
            return error

    return [result(source) for source in sources]


def _show(results: list[Result]) -> list[str]:
    return [
        f"{item.message}\n{item.hint}" if isinstance(item, BootstrapError) else item
        for item in results
    ]


def _random_fleet(root: Path, size: int) -> Iterator[HelmSource]:
    choose = random.Random(6)
    pieces: list[Callable[[], str]] = [
        lambda: f"image:\n  dispatcher: d:{choose.randrange(99)}\n",
        lambda: f"rolloutToken: t{choose.randrange(99)}\n",
        lambda: f"commonLabels:\n  team: '{choose.randrange(99)}'\n",
        lambda: f"redis:\n  maxMemory: {choose.randrange(1, 9)}mb\n",
        lambda: f"networkPolicy:\n  enabled: {choose.choice(['true', 'false'])}\n",
        lambda: "cleanup:\n  enabled: false\n",
        lambda: "spawner:\n  jobResources:\n    limits:\n      cpu: null\n",
        lambda: "spawner:\n  type: docker\n",
    ]
    for number in range(size):
        name = f"env{number}"
        values = "".join(piece() for piece in choose.sample(pieces[:6], choose.randrange(7)))
        values += choose.choice(["", "", choose.choice(pieces[6:])()])
        namespace = f"team-{choose.randrange(999)}-{number}"
        sealed = SealedSecret(namespace, sealed_values(name) if choose.random() < 0.8 else {})
        lines = itertools.repeat("x: y # \u00e4\n", choose.randrange(9))
        yield add_environment(
            root, name, values=values, config=f"projects:\n  p: 1\n{''.join(lines)}",
            sealed=sealed, namespace=namespace,
        )  # fmt: skip


def test_helm_that_is_not_there_is_an_error_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BOOTSTRAP_HELM", raising=False)

    with pytest.raises(BootstrapError, match="helm is not on PATH") as caught:
        Helm.find()
    assert "https://helm.sh/docs/intro/install" in caught.value.hint

    monkeypatch.setenv("BOOTSTRAP_HELM", "/no/such/helm")
    with pytest.raises(BootstrapError, match="BOOTSTRAP_HELM names '/no/such/helm'"):
        Helm.find()


def test_helm_named_by_the_variable_is_taken(
    monkeypatch: pytest.MonkeyPatch, helm3: Path, tmp_path: Path
) -> None:
    shutil.copy(helm3, tmp_path / "my-helm")
    monkeypatch.setenv("BOOTSTRAP_HELM", str(tmp_path / "my-helm"))

    assert Helm.find().program == str(tmp_path / "my-helm")
