from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.files.chart_archive import find_archive, unpack
from bootstrap.planned_file import PlannedFile


def pack(file: Path, files: dict[str, bytes], link: str = "") -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    return file


def test_a_chart_is_unpacked_as_text_below_its_folder(tmp_path: Path):
    pack(
        tmp_path / "argo-cd-9.5.0.tgz",
        {"argo-cd/Chart.yaml": b"name: argo-cd\n", "argo-cd/charts/redis-ha/Chart.yaml": b"a: 1\n"},
    )
    pack(tmp_path / "argo-cd-apps-1.0.0.tgz", {"x": b""})

    archive = find_archive(tmp_path, "argo-cd")

    assert archive.name == "argo-cd-9.5.0.tgz"
    assert unpack(archive, "argo-cd", "charts/argo-cd") == [
        PlannedFile("charts/argo-cd/Chart.yaml", "name: argo-cd\n"),
        PlannedFile("charts/argo-cd/charts/redis-ha/Chart.yaml", "a: 1\n"),
    ]


@pytest.mark.parametrize(
    ("files", "link", "message"),
    [
        ({"argo-cd/../../x": b""}, "", "holds 'argo-cd/../../x', which no chart argo-cd has"),
        ({"/etc/x": b""}, "", "holds '/etc/x', which no chart argo-cd has"),
        ({"argo-cd/Chart.yaml": b""}, "argo-cd/a", "holds 'argo-cd/a', which no chart"),
        ({"argo-cd/Chart.yaml": b"\xff"}, "", "holds a file that is not text"),
        ({"argo-cd/values.yaml": b""}, "", "has no Chart.yaml"),
        ({".": b""}, "", "holds '.', which no chart argo-cd has"),
        ({"argo-cd": b""}, "", "holds 'argo-cd', which no chart argo-cd has"),
        ({"argo-cd/a": bytes(2**22 + 1)}, "", "is larger than a chart is"),
        ({f"argo-cd/{n}": bytes(2**22) for n in range(8)}, "", "is larger than a chart is"),
    ],
)
def test_what_is_no_chart_is_refused(
    tmp_path: Path, files: dict[str, bytes], link: str, message: str
):
    archive = pack(tmp_path / "argo-cd-1.0.0.tgz", files, link)

    with pytest.raises(BootstrapError) as raised:
        unpack(archive, "argo-cd", "charts/argo-cd")

    assert raised.value.message.startswith(f"--charts: argo-cd-1.0.0.tgz {message}")


def test_a_damaged_archive_is_refused(tmp_path: Path):
    archive = pack(tmp_path / "argo-cd-1.0.0.tgz", {"argo-cd/Chart.yaml": bytes(range(128)) * 99})
    whole = archive.read_bytes()
    for damaged in (whole[:40], whole[:40] + b"\xff" * 40 + whole[80:]):
        archive.write_bytes(damaged)
        with pytest.raises(BootstrapError) as raised:
            unpack(archive, "argo-cd", "charts/argo-cd")
        assert raised.value.message.startswith("--charts: argo-cd-1.0.0.tgz can't be read (")


def test_a_file_that_is_no_archive_and_none_and_several_are_named(tmp_path: Path):
    with pytest.raises(BootstrapError) as none:
        find_archive(tmp_path, "argo-cd")
    (tmp_path / "argo-cd-1.0.0.tgz").write_text("no archive")
    with pytest.raises(BootstrapError) as broken:
        unpack(tmp_path / "argo-cd-1.0.0.tgz", "argo-cd", "charts")
    (tmp_path / "argo-cd-2.0.0.tgz").write_text("")
    with pytest.raises(BootstrapError) as several:
        find_archive(tmp_path, "argo-cd")

    assert none.value.message == f"--charts: {tmp_path} has no argo-cd-VERSION.tgz"
    assert broken.value.message == "--charts: argo-cd-1.0.0.tgz can't be read (BadGzipFile)"
    assert several.value.message == (
        "--charts: several archives of argo-cd: argo-cd-1.0.0.tgz, argo-cd-2.0.0.tgz"
    )
