from __future__ import annotations

import io
import os
import socket
import sys
from pathlib import Path

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.files.input import (
    MAX_CERTIFICATE_BYTES,
    MAX_SECRETS_BYTES,
    name_certificate,
    read_secrets,
)
from bootstrap.files.input import read_certificate as read_certificate_by
from bootstrap.web import download
from tests.unit.http_server import serve

TOKEN = "t0ken-s3cr3t"


def read_certificate(source: str) -> str:
    return read_certificate_by(source, download)


def failure(call, source: str) -> tuple[str, str]:
    with pytest.raises(BootstrapError) as caught:
        call(source)
    return caught.value.message, caught.value.hint


def test_file_is_read_as_it_is(tmp_path: Path):
    file = tmp_path / "f"
    raw = bytes(range(256)) * (MAX_SECRETS_BYTES // 256)
    file.write_bytes(raw)
    assert read_secrets(str(file)) == raw


def test_standard_input_is_read_up_to_its_limit(monkeypatch: pytest.MonkeyPatch):
    for size in (0, MAX_SECRETS_BYTES):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * size)))
        assert read_secrets("-") == b"x" * size
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 2**21)))
    assert failure(read_secrets, "-") == (
        "standard input is larger than 1024 KiB",
        "is it the right file?",
    )


def test_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert failure(read_secrets, "-") == (
        "standard input is closed",
        "pipe the secrets in, or give a file",
    )


def test_file_of_a_gibibyte_is_refused_before_a_byte_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "huge"
    with file.open("wb") as stream:
        stream.truncate(2**30)
    monkeypatch.setattr(os, "fdopen", lambda *arguments, **options: pytest.fail("it was read"))
    assert failure(read_secrets, str(file)) == (
        f"{file} is larger than 1024 KiB",
        "is it the right file?",
    )


def test_file_whose_size_is_not_known_is_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "grows"
    file.write_bytes(b"x")
    fstat = os.fstat

    def grow(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        file.write_bytes(b"x" * 2**21)
        return status

    monkeypatch.setattr(os, "fstat", grow)
    assert failure(read_secrets, str(file))[0] == f"{file} is larger than 1024 KiB"


def test_what_is_no_file_is_refused_at_once(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    cases = {
        folder: f"{folder} is not a regular file",
        pipe: f"{pipe} is not a regular file",
        Path("/dev/null"): "/dev/null is not a regular file",
        dangling: f"{dangling}: no such file or directory",
        loop: f"{loop}: too many levels of symbolic links",
        tmp_path / "none": f"{tmp_path}/none: no such file or directory",
        tmp_path / "pipe/x": f"{tmp_path}/pipe/x: not a directory",
    }
    for path, message in cases.items():
        assert failure(read_secrets, str(path))[0] == message


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert failure(read_secrets, "s")[0] == "s: no such device or address"


def test_certificate_comes_from_a_file_or_a_url(tmp_path: Path):
    file = tmp_path / "c.pem"
    file.write_bytes(b"\xef\xbb\xbf-----BEGIN")
    assert read_certificate(str(file)) == "-----BEGIN"
    with serve({"/v1/cert.pem": (200, b"-----BEGIN")}) as url:
        assert read_certificate(f"{url}/v1/cert.pem?x={TOKEN}") == "-----BEGIN"


def test_what_can_not_be_a_certificate_is_refused(tmp_path: Path):
    der = tmp_path / "c.der"
    der.write_bytes(b"\x30\x82\xff\xfe")
    large = tmp_path / "large"
    large.write_bytes(b"x" * (MAX_CERTIFICATE_BYTES + 1))
    answers = {"/large": (200, large.read_bytes()), "/der": (200, der.read_bytes())}
    with serve(answers) as url:
        cases = {
            str(der): (f"--cert {der} is not PEM text", "give the certificate in PEM form"),
            str(large): (f"{large} is larger than 64 KiB", "is it the right file?"),
            f"{url}/large": ("--cert is larger than 64 KiB", "is it the right file?"),
            f"{url}/der?token={TOKEN}#{TOKEN}": (
                f"--cert {url}/der is not PEM text",
                "give the certificate in PEM form",
            ),
            f"{url}/none?token={TOKEN}": (
                "--cert: the server answered 404 Not Found",
                "check the URL",
            ),
            "ftp://host/c": (
                "--cert has a scheme other than http or https",
                "give a path or an http(s) URL",
            ),
            f"file:///etc/{TOKEN}": (
                "--cert has a scheme other than http or https",
                "give a path or an http(s) URL",
            ),
        }
        for source, expected in cases.items():
            assert failure(read_certificate, source) == expected


@pytest.mark.parametrize(
    "url",
    [
        f"http://me:{TOKEN}@127.0.0.1/c",
        f"http://127.0.0.1:{TOKEN}/c",
        f"http://127.0.0.1:1/c?{TOKEN}",
        f"http://[::1/{TOKEN}",
        f"http://127.0.0.1/{TOKEN} x",
        "http://",
    ],
)
def test_url_that_can_not_be_read_is_refused_without_quoting_it(url: str):
    message, hint = failure(read_certificate, url)
    assert message.startswith("--cert: the URL can't be read (")
    assert TOKEN not in message + hint


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("folder/cert.pem", "--cert folder/cert.pem"),
        ("https://host:8443/v1/cert.pem", "--cert https://host:8443/v1/cert.pem"),
        (f"https://me:{TOKEN}@host/c?x={TOKEN}#{TOKEN}", "--cert https://host/c"),
        (f"https://me:p@{TOKEN}@host/c", "--cert https://host/c"),
        (f"https://host?token={TOKEN}@x/y", "--cert https://host/"),
    ],
)
def test_name_of_a_certificate_holds_no_credential(source: str, name: str):
    assert name_certificate(source) == name
