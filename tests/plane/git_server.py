"""Bare repositories over smart HTTP: Git's own http-backend behind a small HTTP server."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from urllib.parse import urlsplit

from tests.plane.errors import PlaneError


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request; `path` with its query, `user` as authenticated."""

    method: str
    path: str
    status: int
    user: str | None


class GitServer:
    """An HTTP server of bare repositories; anyone may read and push unless `user` is given."""

    def __init__(
        self,
        root: Path,
        *,
        user: str | None = None,
        password: str | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        """Serve the repositories under `root`; nothing listens before `start`."""
        self.root = root
        self.user, self.password, self.address = user, password, address
        self.requests: list[Request] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The URL under which all repositories are. Raises PlaneError if not started."""
        if self._server is None:
            raise PlaneError("the Git server is not running")
        return f"http://{self.address}:{self._server.server_address[1]}"

    def create(self, name: str) -> str:
        """Make an empty bare repository `name` (folders allowed); return its URL, ending .git."""
        path = self.path(name)
        _git("init", "--quiet", "--bare", "--initial-branch=main", str(path))
        # Without a user at hand http-backend refuses pushes, unless told otherwise.
        _git("--git-dir", str(path), "config", "http.receivepack", "true")
        return f"{self.url}/{name}.git"

    def path(self, name: str) -> Path:
        """Return the folder of the bare repository `name`."""
        return self.root / f"{name}.git"

    def start(self) -> GitServer:
        """Listen on a free port."""
        self.root.mkdir(parents=True, exist_ok=True)
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer((self.address, 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening; the repositories stay."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def allows(self, header: str | None) -> bool:
        """Whether an Authorization header is good enough."""
        if self.user is None:
            return True
        pair = f"{self.user}:{self.password or ''}".encode()
        return header == f"Basic {base64.b64encode(pair).decode()}"


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to `git http-backend` as CGI (RFC 3875)."""

    protocol_version = "HTTP/1.1"
    owner: GitServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self._body()
        if not self.owner.allows(self.headers["Authorization"]):
            challenge = [("WWW-Authenticate", 'Basic realm="git"')]
            self._send(401, challenge, b"a user and a password are needed\n")
            return
        run = subprocess.run(
            ["git", "http-backend"], input=body, capture_output=True, env=self._environment(body)
        )
        head, found, content = run.stdout.partition(b"\r\n\r\n")
        if not found:
            self._send(500, [], run.stderr)
            return
        fields = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")]
        status = next((int(v.split()[0]) for k, v in fields if k.lower() == "status"), 200)
        self._send(status, [(k, v) for k, v in fields if k.lower() != "status"], content)

    def _body(self) -> bytes:
        if self.headers["Transfer-Encoding"] == "chunked":
            return b"".join(_chunks(self.rfile))
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def _environment(self, body: bytes) -> dict[str, str]:
        target = urlsplit(self.path)
        environment = {
            **_clean_environment(),
            "GIT_PROJECT_ROOT": str(self.owner.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": target.path,
            "QUERY_STRING": target.query,
            "CONTENT_TYPE": self.headers["Content-Type"] or "",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
        }
        optional = {
            "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"],  # it unpacks gzip itself
            "GIT_PROTOCOL": self.headers["Git-Protocol"],
            "REMOTE_USER": self.owner.user,
        }
        return environment | {name: value for name, value in optional.items() if value}

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        user = self.owner.user if status != 401 else None
        self.owner.requests.append(Request(self.command, self.path, status, user))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: GitServer.requests is the log."""


def _chunks(stream: BufferedIOBase) -> list[bytes]:
    chunks = []
    while size := int(stream.readline().split(b";")[0], 16):
        chunks.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():
        pass  # trailers
    return chunks


def _clean_environment() -> dict[str, str]:
    """Return an environment in which neither a user's Git settings nor a hook's remain."""
    return {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LANG": "C.UTF-8",
    }


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=_clean_environment())
