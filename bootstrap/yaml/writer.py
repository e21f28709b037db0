"""The one writer of YAML: block style, every list indented, nothing folded, no anchors."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from bootstrap.planned_file import render_header
from bootstrap.yaml.scalars import is_plain_text, may_be_no_text

_UNFOLDED = 2**20
"""A folded base64 line would differ from what kubeseal writes."""

_NOT_BARE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_ESCAPES = dict(zip('\0\a\b\t\n\v\f\r\x1b"\\\x85\u2028\u2029', '0abtnvfre"\\NLP', strict=True))


class LiteralText(str):
    """Text that is written over several lines, as it is, where YAML can."""

    __slots__ = ()


def render_manifest(objects: Mapping[str, Any], *, owner: str) -> str:
    """Return `objects` as block-style YAML under our header.

    The same mapping always gives the same bytes: keys keep their order and lines are not folded.
    `owner` names the command that rewrites the file.
    """
    return render_header(owner) + dump_objects(objects)


def dump_objects(objects: Any) -> str:
    """Return `objects` as block-style YAML for people to read, without our header."""
    import yaml

    text: str = yaml.dump(
        objects, Dumper=_dumper_class(), width=_UNFOLDED, allow_unicode=True, sort_keys=False
    )
    return text


@functools.cache
def _dumper_class() -> type[Any]:
    import yaml
    from yaml.emitter import ScalarAnalysis

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        """Writes in Python, as libyaml can't indent the lists in mappings."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            """Indent every collection."""
            super().increase_indent(flow, indentless=False)

        def ignore_aliases(self, _data: object) -> bool:
            """Write what is shared wherever it stands."""
            return True

        def check_simple_key(self) -> bool:
            """Tell whether a key stands on the line of its value: an empty one, too."""
            return super().check_simple_key() or getattr(self.event, "value", None) == ""

        def choose_scalar_style(self) -> str:
            """Quote doubly what single quotes would double or fold."""
            event = self.event
            if event.style == "|":
                return "|"
            style: str = super().choose_scalar_style()
            doubled = not event.style and ("'" in event.value or "\n" in event.value)
            return '"' if style == "'" and doubled else style

        def analyze_scalar(self, text: str) -> Any:
            """Return the ways to write `text`; the emitter's look at each letter costs 1 us."""
            if is_plain_text(text):
                return ScalarAnalysis(text, False, False, True, True, True, True, True)
            return super().analyze_scalar(text)

        def write_plain(self, text: str, split: bool = True) -> None:
            """Write text without quotes, which is on one line, at once."""
            if text:
                self.write_indicator(text, True)

        def write_double_quoted(self, text: str, split: bool = True) -> None:
            """Write text with an escape for what is not printable, and for that only."""
            self.write_indicator(f'"{_NOT_BARE.sub(_escape, text)}"', True)

    def represent_text(dumper: Any, text: str) -> Any:
        style = "'" if may_be_no_text(text) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def represent_literal(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")

    def represent_float(dumper: Any, number: float) -> Any:
        special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
        text = special.get(repr(number), repr(number))
        # to PyYAML 1e-05 is text, and so it would be written with a tag
        return dumper.represent_scalar(dumper.resolve(yaml.ScalarNode, text, (True, False)), text)

    Dumper.add_representer(str, represent_text)
    Dumper.add_representer(float, represent_float)
    Dumper.add_representer(LiteralText, represent_literal)
    return Dumper


def _escape(found: re.Match[str]) -> str:
    short = _ESCAPES.get(found[0])
    code = ord(found[0])
    return f"\\{short}" if short else f"\\x{code:02X}" if code < 256 else f"\\u{code:04X}"
