"""Image references are taken as a registry takes them, and changed in part."""

from __future__ import annotations

import json
import re

import pytest

from bootstrap.environments.image import ImageReference, change_image, parse_image
from bootstrap.errors import UsageError
from tests.support.workspace import PROJECT

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"
SCHEMA = json.loads((PROJECT / "helm/agentsmith/values.schema.json").read_text())
PATTERN = SCHEMA["definitions"]["imageReference"]["pattern"]


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("app", ImageReference("app")),
        ("app:1", ImageReference("app", "1")),
        ("team/app:1.2-rc_3", ImageReference("team/app", "1.2-rc_3")),
        ("r.example.com:5000/team/app", ImageReference("r.example.com:5000/team/app")),
        ("r.example.com:5000/team/app:V1", ImageReference("r.example.com:5000/team/app", "V1")),
        ("localhost/app:1", ImageReference("localhost/app", "1")),
        (f"app@{DIGEST}", ImageReference("app", None, DIGEST)),
        (
            f"localhost:5000/a__b/c.d:1@{DIGEST}",
            ImageReference("localhost:5000/a__b/c.d", "1", DIGEST),
        ),
        (f"app:{'a' * 128}", ImageReference("app", "a" * 128)),
    ],
)
def test_a_reference_is_its_parts_and_passes_the_charts_schema(text: str, image: ImageReference):
    assert parse_image(text, source="x") == image
    assert str(image) == text
    assert re.search(PATTERN, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not an image reference"),
        ("App:1", "'App:1' is not an image reference"),
        ("app:", "'app:' has no valid tag"),
        ("app:.1", "'app:.1' has no valid tag"),
        (f"app:{'a' * 129}", f"'app:{'a' * 129}' has no valid tag"),
        ("app:1:2", "'app:1:2' is not an image reference"),
        ("http://r/app:1", "'http://r/app:1' is not an image reference"),
        ("r.example.com:port/app:1", "'r.example.com:port/app:1' is not an image reference"),
        ("team//app:1", "'team//app:1' is not an image reference"),
        ("app :1", "'app :1' is not an image reference"),
        ("app:1\n", "'app:1\\n' has no valid tag"),
        (f"{'a' * 256}:1", f"'{'a' * 256}:1' is not an image reference"),
        ("app@", "the digest of 'app@' is not sha256: and 64 hexadecimal digits"),
        (
            f"app@{DIGEST[:-1]}",
            f"the digest of 'app@{DIGEST[:-1]}' is not sha256: and 64 hexadecimal digits",
        ),
        (
            f"app@sha512:{HEX}",
            f"the digest of 'app@sha512:{HEX}' is not sha256: and 64 hexadecimal digits",
        ),
    ],
)
def test_what_no_registry_takes_is_refused(text: str, message: str):
    with pytest.raises(UsageError) as caught:
        parse_image(text, source="--agent")
    assert caught.value.message == f"--agent: {message}"


@pytest.mark.parametrize(
    ("present", "wanted", "image"),
    [
        (None, "app:2", "app:2"),
        ("r:5000/app:1", "other:2", "other:2"),
        ("r:5000/app:1", ":2", "r:5000/app:2"),
        ("r:5000/app", ":2", "r:5000/app:2"),
        ("r:5000/app:1", f"@{DIGEST}", f"r:5000/app@{DIGEST}"),
        (f"app:1@{DIGEST}", ":2", "app:2"),
        ("app:1", f":2@{DIGEST}", f"app:2@{DIGEST}"),
    ],
)
def test_a_tag_or_digest_alone_keeps_the_repository(present: str | None, wanted: str, image: str):
    assert change_image(present, wanted, option="--agent", field="image.agent") == image


@pytest.mark.parametrize(
    ("present", "wanted", "message"),
    [
        (None, ":2", "--agent: image.agent is not set, so there is no repository to keep"),
        ("NO", ":2", "image.agent: 'NO' is not an image reference"),
        ("app:1", "app", "--agent: 'app' has neither tag nor digest, so it never rolls out"),
        ("app:1", ":", "--agent: 'app:' has no valid tag"),
    ],
)
def test_what_can_not_be_completed_is_refused(present: str | None, wanted: str, message: str):
    with pytest.raises(UsageError) as caught:
        change_image(present, wanted, option="--agent", field="image.agent")
    assert caught.value.message == message


def test_its_version_is_what_people_call_it():
    assert parse_image("r:5000/app:1.2", source="x").version == "1.2"
    assert parse_image(f"app@{DIGEST}", source="x").version == "sha256:0123456789ab"
