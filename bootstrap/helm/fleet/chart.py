"""Many environments in one run of Helm, which takes five times as long to start as to render.

A chart is made that holds the user's chart once and, for each environment, a small template for
each of its templates, which includes that one with the environment's values, release and
namespace. Helm merges, checks, renders, splits and sorts as ever; only the paths in the `# Source`
lines tell whose a manifest is, and are put right here.

What can't be proven to be the same this way is refused (`None`), and rendered one by one.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bootstrap.argocd.helm_source import HelmSource
from bootstrap.helm.fleet.helmignore import ignored_by
from bootstrap.helm.fleet.values import nest

_VALUES_CHART = "bootstrap-fleet-values"
_LAST = "bootstrap-fleet-last.yaml"
# what sees in which chart or template it is, or changes what all templates share
_REFUSED = re.compile(
    r"\.(?:Template|Subcharts)\b|\.Chart\.(?:Dependencies|IsRoot)\b|\blookup\b|\bset [$.] "
)
_DEFINE = re.compile(r"\{\{-?\s*(?:define|block)\s+\"([^\"]+)\"")
_SOURCE = re.compile(r"^---\n# Source: ", re.M)


@dataclass(frozen=True, slots=True)
class FleetChart:
    """The parts of the user's chart that every batch is made of."""

    name: str
    metadata: str
    values: bytes
    schema: bytes | None
    templates: Mapping[str, bytes]
    """Path below templates/ to content."""
    files: Mapping[str, bytes]
    """What else the chart holds."""

    @classmethod
    def read(cls, folder: Path) -> FleetChart | None:
        """Read the chart in `folder`; None if it can't be rendered for many at a time."""
        rules = folder / ".helmignore"
        is_ignored = ignored_by(rules.read_text(errors="replace") if rules.is_file() else "")
        found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
        if is_ignored is None or any(path.is_symlink() for path in found.values()):
            return None
        content = {
            name: path.read_bytes()
            for name, path in found.items()
            if path.is_file() and not is_ignored(name)
        }
        metadata = content.pop("Chart.yaml", b"").decode(errors="replace")
        name = re.search(r"^name: ([a-z0-9-]+) *$", metadata, re.M)
        plain = re.search(r"^apiVersion: v2 *$", metadata, re.M) and not re.search(
            r"^(?:dependencies|type: library)", metadata, re.M
        )
        templates = {
            path.removeprefix("templates/"): content.pop(path)
            for path in list(content)
            if path.startswith("templates/")
        }
        values = content.pop("values.yaml", b"")
        apart = any(path.startswith(("charts/", "crds/")) for path in content)
        if not name or not plain or apart or not _fits(templates):
            return None
        if nest(values.decode(errors="replace"), "x") is None:
            return None
        schema = content.pop("values.schema.json", None)
        return cls(name[1], metadata, values, schema, templates, content)

    def pack(self, sources: Sequence[HelmSource]) -> bytes:
        """Return the archive of the chart that renders `sources`."""
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path, content in self._members(sources):
                entry = tarfile.TarInfo(f"{self.name}/{path}")
                entry.size, entry.mode = len(content), 0o600
                archive.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()

    def _members(self, sources: Sequence[HelmSource]) -> Iterator[tuple[str, bytes]]:
        aliases = "".join(
            f"  - {{name: {_VALUES_CHART}, version: 0.0.0, alias: {key_of(number)}}}\n"
            for number in range(len(sources))
        )
        yield "Chart.yaml", f"{self.metadata.rstrip()}\ndependencies:\n{aliases}".encode()
        below = f"charts/{_VALUES_CHART}"
        head = f"apiVersion: v2\nname: {_VALUES_CHART}\nversion: 0.0.0\n"
        yield f"{below}/Chart.yaml", head.encode()
        yield f"{below}/values.yaml", self.values
        if self.schema is not None:
            yield f"{below}/values.schema.json", self.schema
        yield from self.files.items()
        for path, content in self.templates.items():
            yield f"templates/{_as_partial(path)}", content
        for number, source in enumerate(sources):
            for path in self.templates:
                if not _is_partial(path):
                    call = self._call(path, key_of(number), source).encode()
                    yield f"templates/{key_of(number)}/{path}", call
        # sorts behind every kind there is: what Helm prints after it are hooks
        yield f"templates/{_LAST}", b"apiVersion: v1\nkind: zzzz\nmetadata: {name: last}"

    def _call(self, path: str, key: str, source: HelmSource) -> str:
        """Return the template that renders template `path` for one environment."""
        release = (
            f'(dict "Name" "{source.release}" "Namespace" "{source.namespace}" "IsUpgrade" false'
            ' "IsInstall" true "Revision" 1 "Service" "Helm")'
        )
        return (
            f'{{{{ include "{self.name}/templates/{_as_partial(path)}" (dict "Values" .Values.{key}'
            f' "Release" {release} "Chart" .Chart "Files" .Files "Capabilities" .Capabilities) }}}}'
        )

    def split(self, output: str, count: int) -> list[str] | None:
        """Return what Helm would have printed for each of `count` environments."""
        documents = [f"---\n# Source: {part}" for part in _SOURCE.split(output)[1:]]
        manifests: list[list[str]] = [[] for _ in range(count)]
        hooks: list[list[str]] = [[] for _ in range(count)]
        place = manifests
        prefix = f"---\n# Source: {self.name}/templates/"
        for document in documents:
            if document.startswith(f"{prefix}{_LAST}\n"):
                place = hooks
                continue
            key, _slash, rest = document.removeprefix(prefix).partition("/")
            if not document.startswith(prefix) or not re.fullmatch(r"e\d+", key):
                return None
            place[int(key[1:])].append(prefix + rest)
        if place is manifests:
            return None
        # Helm trims the stream of manifests, and then appends the hooks
        return [
            f"{''.join(own).strip()}\n{''.join(after)}"
            for own, after in zip(manifests, hooks, strict=True)
        ]


def key_of(number: int) -> str:
    """Return what environment `number` of a batch is called in its chart."""
    return f"e{number:04d}"


def _fits(templates: Mapping[str, bytes]) -> bool:
    texts = [content.decode(errors="replace") for content in templates.values()]
    names = [name for text in texts for name in _DEFINE.findall(text)]
    partials = {path for path in templates if _is_partial(path)}
    taken = {_as_partial(path) for path in templates.keys() - partials}
    return (
        len(names) == len(set(names))
        and not taken & partials
        and not any(_REFUSED.search(text) for text in texts)
        and all(re.fullmatch(r"[\w./-]+", path) for path in templates)
    )


def _is_partial(path: str) -> bool:
    return PurePosixPath(path).name.startswith("_")


def _as_partial(path: str) -> str:
    place = PurePosixPath(path)
    return path if _is_partial(path) else str(place.parent / f"_{place.name}")
