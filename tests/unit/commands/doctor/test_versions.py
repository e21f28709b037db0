from __future__ import annotations

import pytest

from bootstrap.commands.doctor.versions import Version, image_version, least_version, parse_version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v3.3.2", Version(3, 3, 2)),
        ("1.30.0-0", Version(1, 30, 0)),
        ("v1.36.1+k3s1", Version(1, 36, 1)),
        ("v1.33", Version(1, 33, 0)),
        ("latest", None),
        ("", None),
    ],
)
def test_a_version_is_its_first_numbers(text: str, expected: Version | None):
    assert parse_version(text) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("quay.io/argoproj/argocd:v3.3.2", Version(3, 3, 2)),
        ("quay.io/argoproj/argocd:v3.3.2@sha256:abc", Version(3, 3, 2)),
        ("registry:5000/argocd", None),
        ("registry:5000/argocd:latest", None),
        ("argocd@sha256:abc", None),
    ],
)
def test_an_image_tells_its_version_only_by_a_tag(image: str, expected: Version | None):
    assert image_version(image) == expected


def test_the_least_version_of_a_constraint():
    assert least_version(">=1.30.0-0") == Version(1, 30)
    assert least_version(">= 1.30 < 2") == Version(1, 30)
    assert least_version("~1.30") is None


def test_versions_are_in_order_and_read_as_people_write_them():
    assert Version(3, 2, 9) < Version(3, 3) < Version(3, 10)
    assert str(Version(3, 3)) == "3.3.0"
