"""A reverse proxy as a process of its own: shows a server on loopback under a path.

Run as ``python proxy.py UPSTREAM PREFIX [strip] [forward]``; prints the port it listens on.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}


class Handler(BaseHTTPRequestHandler):
    """What is not under the prefix belongs to another application: 404."""

    upstream, prefix, options = "", "", frozenset[str]()

    def _answer(self) -> None:
        if self.path != self.prefix and not self.path.startswith(f"{self.prefix}/"):
            self.send_error(404, "another application")
            return
        path = self.path.removeprefix(self.prefix) or "/" if "strip" in self.options else self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        if "forward" in self.options:
            headers["X-Forwarded-Prefix"] = self.prefix
        connection = HTTPConnection(self.upstream, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection.request(self.command, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = _answer  # noqa: N815 (names of the standard library)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def proxy(upstream: str, prefix: str, *options: str) -> Iterator[str]:
    """The proxy in front of the server at ``upstream``; gives the address with the prefix."""
    command = [sys.executable, str(Path(__file__)), urlsplit(upstream).netloc, prefix, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"http://127.0.0.1:{port}{prefix}"
        finally:
            process.kill()


def main(upstream: str, prefix: str, *options: str) -> None:
    Handler.upstream, Handler.prefix, Handler.options = upstream, prefix, frozenset(options)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
