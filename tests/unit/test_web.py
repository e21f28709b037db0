from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bootstrap.errors import BootstrapError
from bootstrap.web import post
from tests.unit.certificates import make_certificate, to_pem


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str | None, bytes]]]]:
    """A server that redirects /moved, accepts /ok, and notes what it is sent."""
    seen: list[tuple[str, str | None, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["X-Proof"], body))
            status = {"/ok": 200, "/moved": 307}.get(self.path, 400)
            self.send_response(status)
            self.send_header("Location", "/ok")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", seen
    running.shutdown()
    thread.join()
    running.server_close()


def test_what_proves_who_we_are_follows_no_redirect(
    server: tuple[str, list[tuple[str, str | None, bytes]]],
):
    url, seen = server

    statuses = [post(f"{url}/{path}", {"X-Proof": "p"}, b"b") for path in ("ok", "moved", "bad")]

    assert statuses == [200, 307, 400]
    assert seen == [("/ok", "p", b"b"), ("/moved", "p", b"b"), ("/bad", "p", b"b")]


def test_nobody_at_the_address_is_no_status():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as free:
        port = free.server_port

    assert post(f"http://127.0.0.1:{port}/", {}, b"") is None
    assert post("http://no host/", {}, b"") is None


def test_a_certificate_that_nobody_vouches_for_is_an_error_that_says_how_to(
    tmp_path: Path, small_key: RSAPrivateKey
):
    file = tmp_path / "server.pem"
    file.write_text(to_pem(small_key) + make_certificate(small_key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.handle_request)
        thread.start()
        url = f"https://127.0.0.1:{running.server_port}/"
        with pytest.raises(BootstrapError) as raised:
            post(url, {"X-Proof": "p"}, b"b")
        thread.join()

    assert raised.value.message.startswith(f"{url}: its certificate is not trusted: self")
    assert raised.value.hint == (
        "name the authority's certificate in SSL_CERT_FILE, or use the right host"
    )
