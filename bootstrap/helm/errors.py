"""What Helm's refusals mean in the user's own files, on one line and without values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.argocd.platform_charts import PlatformChart, chart_path, other_ways
from bootstrap.errors import BootstrapError

_SCHEMA = "values don't meet the specifications of the schema"
_AT = re.compile(r"- at '(?P<at>[^']*)': (?P<what>.*)")
_OLD_AT = re.compile(r"- (?P<at>[\w.()-]+): (?P<what>.*)")
_FAILED = re.compile(r"execution error at \((?P<where>[^)]*)\): (?P<what>.*)", re.DOTALL)
_SEALED = re.compile(r"sealedSecret\.manifest(?: \(in Argo CD: [^)]*\))?")
_UNREACHED = re.compile(
    r"(?:cannot be reached: |on source: |^failed to fetch \S+ : )+"
    r"(?:failed to fetch \S+ : )?(?:[A-Z][a-z]+ \"[^\"]*\": )?(?P<why>.*)"
)
_NO_VERSION = re.compile(r"not found in \S+ repository|: not found$")
_SCHEMA_HINT = "mend it there; helm/agentsmith/values.yaml says what each value may be"
_PARAMETER = "sealedSecret.manifest"
_LONGEST = 600


def explain(stderr: str, source: HelmSource) -> BootstrapError:
    """Return the error for what Helm said about environment `source`."""
    text = stderr.strip()
    text = text[text.rfind("Error: ") :].removeprefix("Error: ").strip()
    text = text.removesuffix("Use --debug flag to render out invalid YAML").strip()
    values = source.value_files[-1] if source.value_files else source.chart
    if _SCHEMA in text:
        found = "; ".join(dict.fromkeys(_schema_errors(text)))
        return BootstrapError(f"{values}: {_one_line(found) or 'not as its schema'}", _SCHEMA_HINT)
    failed = _FAILED.search(text)
    if failed:
        what = _one_line(failed["what"])
        sealed = dict(source.file_parameters).get(_PARAMETER)
        if sealed and what.startswith(_PARAMETER):
            return BootstrapError(
                _SEALED.sub(sealed, what, count=1),
                f"restore it with `git checkout`, or seal again: `bootstrap seal FILE --env"
                f" {source.name}`",
            )
        return BootstrapError(f"{values}: {what}", "mend the values that it names")
    for path in (*source.value_files, *(path for _name, path in source.file_parameters)):
        if path in text:
            what = _after(text, path)
            return BootstrapError(f"{path}: {what}", "mend the file, or restore it with `git`")
    text = re.sub(r"\b[\w-]+/templates/", f"{source.chart}/templates/", text)
    return BootstrapError(
        f"{source.name} does not render: {_one_line(text) or 'helm gave no reason'}",
        f"mend the chart in {source.chart}, or what {values} makes it do",
    )


def explain_chart(stderr: str, chart: PlatformChart) -> BootstrapError:
    """Return the error for what Helm said about a chart of the platform."""
    text = _one_line(stderr.replace("Use --debug flag to render out invalid YAML", ""))
    text = text.removeprefix("Error: ")
    path = chart_path(chart.name)
    if not chart.folder and _NO_VERSION.search(text):
        return BootstrapError(
            f"chart {chart.name}: {chart.repo} has no version {chart.version} of it",
            f"write one that it has as targetRevision in {path}",
        )
    unreached = None if chart.folder else _UNREACHED.search(text)
    if unreached:
        return BootstrapError(
            f"chart {chart.name}: {chart.repo} can't be reached: {unreached['why']}",
            other_ways(chart),
        )
    return BootstrapError(f"chart {chart.name}: {text}", f"mend the values in {path}")


def _schema_errors(text: str) -> Iterator[str]:
    for line in text.splitlines():
        match = _AT.search(line) or _OLD_AT.search(line)
        if match is None:
            continue
        at = match["at"].strip("/").replace("/", ".").removeprefix("(root)")
        # a refused secret must not be quoted
        what = "not what the chart's schema allows" if at.startswith("secrets") else match["what"]
        yield f"{at}: {what}" if at else what


def _after(text: str, path: str) -> str:
    """Return the end of Helm's chain of reasons: what is wrong with the file."""
    if "no such file" in text:
        return "no such file"
    reason = text[text.rfind(path) + len(path) :].strip(" :")
    line = re.search(r"yaml: (?:line \d+: )?.*|line \d+.*", reason)
    return _one_line(line[0] if line else reason)


def _one_line(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST else f"{joined[:_LONGEST]} ..."
