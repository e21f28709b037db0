"""agentsmith.yml reaches the pod byte for byte, whatever it holds."""

from __future__ import annotations

import base64

import pytest

from tests.chart.render import CHART, Chart, dispatcher_pod, names, pick

CONTENTS = {
    "plain": b"projects: {}\n",
    "no line end": b"projects: {}",
    "many line ends": b"\n\nprojects: {}\n\n\n",
    "CRLF and CR": b"a: 1\r\nb: 2\rc: 3\r\n",
    "tabs and trailing blanks": b"\ta:\t1 \t\n  \n",
    "first line indented": b"    a: 1\n  b: 2\n",
    "template braces": b'a: {{ .Values.secrets.githubToken }} {{- fail "no" }} {{/*\n',
    "shell and quotes": b"a: \"$HOME\" 'it''s' `x` \\n \\\\ %s # c\n",
    "YAML marks": b"---\n...\n--- !!x\n&a *b | > %TAG\n",
    "markup": b'<a href="x">&amp;</a>\n',
    "Unicode": "ä \u4f60 \U0001f916 \u200b e\u0301\n".encode(),
    "byte order mark": b"\xef\xbb\xbfprojects: {}\n",
    "line ends of Unicode": "a\u0085b\u2028c\u2029d\ufeffe\n".encode(),
    "control characters": bytes(range(32)) + b"\x7f\n",
    "C1 control characters": "a\u0080\u009fb\n".encode(),
    "noncharacters": "a\ufffeb\uffffc\n".encode(),
    "replacement character": "a\ufffdb\n".encode(),
    "no UTF-8": b"caf\xe9 \xff\xfe\x00 \xc3(\n",
    "only blanks": b" \n",
    "long": b"key: value of some length\n" * 20_000,
}


def config(chart: Chart, content: bytes) -> bytes:
    made = pick(chart.objects(None, {"config.content": content}), "ConfigMap", "agentsmith-config")
    if "binaryData" in made:
        assert "data" not in made
        return base64.b64decode(made["binaryData"]["agentsmith.yml"], validate=True)
    data: str = made["data"]["agentsmith.yml"]
    return data.encode()


@pytest.mark.parametrize("name", CONTENTS)
def test_content_is_kept_byte_for_byte(chart: Chart, name: str) -> None:
    assert config(chart, CONTENTS[name]) == CONTENTS[name]


@pytest.mark.parametrize("name", ["no UTF-8", "line ends of Unicode", "control characters"])
def test_helm_3_keeps_it_too(chart: Chart, chart3: Chart, name: str) -> None:
    files = {"config.content": CONTENTS[name]}
    assert chart3.text(None, files) == chart.text(None, files)


# Kinds of content that server-side apply of Helm 4 and Argo CD would change or refuse as text.
AS_BYTES = {
    "line ends of Unicode",
    "control characters",
    "C1 control characters",
    "noncharacters",
    "replacement character",
    "no UTF-8",
}


def test_text_stays_readable_in_the_config_map_where_kubernetes_keeps_it(chart: Chart) -> None:
    found = set()
    for name, content in CONTENTS.items():
        objects = chart.objects(None, {"config.content": content})
        if "binaryData" in pick(objects, "ConfigMap", "agentsmith-config"):
            found.add(name)
    assert found == AS_BYTES


def test_empty_content_is_the_starting_file_of_the_chart(chart: Chart) -> None:
    assert config(chart, b"") == (CHART / "files" / "agentsmith.yml").read_bytes()


def test_an_existing_config_map_is_mounted_instead(chart: Chart) -> None:
    objects = chart.objects({"config": {"existingConfigMap": "shared"}})
    assert "agentsmith-config" not in {name for _, name in names(objects)}
    pod = dispatcher_pod(objects)
    assert pod["spec"]["volumes"][0] == {"name": "config", "configMap": {"name": "shared"}}
    assert "checksum/config" not in pod["metadata"]["annotations"]


def test_both_config_sources_are_refused(chart: Chart) -> None:
    refusal = chart.refusal({"config": {"content": "a: 1", "existingConfigMap": "shared"}})
    assert "config.content and config.existingConfigMap exclude each other" in refusal


def test_content_that_no_config_map_can_hold_is_refused(chart: Chart) -> None:
    refusal = chart.refusal(None, {"config.content": b"x" * 1_000_001})
    assert "config.content has 1000001 bytes, but a ConfigMap holds at most 1 MiB" in refusal
