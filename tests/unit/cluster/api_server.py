"""A connection to an API server on loopback that answers as it is told, and notes what it got."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes import client

from bootstrap.cluster.connection import Connection


@dataclass
class ApiServer:
    """What it answers, as (status, JSON or bytes) by "METHOD path"; all else is not found."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    url: str = ""
    stop: Callable[[], None] = lambda: None
    """Ends it before its time: then nobody listens."""
    asked: list[str] = field(default_factory=list)
    """"METHOD path", in order."""
    paths: list[str] = field(default_factory=list)
    """The same with their queries, as they came, without the method."""
    queries: list[dict[str, str]] = field(default_factory=list)
    types: list[str | None] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def serves(self, version: str, *kinds: tuple[str, str], namespaced: bool = True) -> None:
        """Have it list `kinds` (kind, plural) of `version`."""
        resources = [
            {"kind": kind, "name": plural, "namespaced": namespaced, "verbs": ["list", "delete"]}
            for kind, plural in kinds
        ]
        root = "apis" if "/" in version else "api"
        self.answers[f"GET /{root}/{version}"] = (200, {"resources": resources})


@contextlib.contextmanager
def api_server() -> Iterator[tuple[ApiServer, Connection]]:
    """Serve, and give the server and a connection to it."""
    server = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            what = f"{self.command} {parts.path}"
            length = int(self.headers.get("Content-Length") or 0)
            server.asked.append(what)
            server.paths.append(self.path)
            server.queries.append(dict(parse_qsl(parts.query)))
            server.types.append(self.headers.get("Content-Type"))
            server.bodies.append(self.rfile.read(length).decode())
            status, found = server.answers.get(what, (404, {"message": f"no {parts.path}"}))
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_DELETE = do_GET = do_PATCH = do_POST = answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}"
    settings = client.Configuration(host=server.url)
    settings.no_proxy = "127.0.0.1"
    with contextlib.ExitStack() as ended:
        ended.callback(listening.server_close)
        ended.callback(thread.join)
        ended.callback(listening.shutdown)
        server.stop = ended.pop_all().close
        ended.callback(server.stop)
        yield server, Connection(client.ApiClient(settings), "test")
