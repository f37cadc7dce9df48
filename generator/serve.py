"""A preview of a built site on this machine alone, as GitHub Pages would serve it."""

from __future__ import annotations

import gzip
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from generator.errors import OutputError

HOST = "127.0.0.1"
PACKED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt"}  # as GitHub Pages packs them


class _Handler(SimpleHTTPRequestHandler):
    """Serves one folder below one prefix, and nothing outside it."""

    extensions_map = {  # noqa: RUF012 (an instance attribute in the base class)
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".webp": "image/webp",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".xml": "application/xml",
        ".txt": "text/plain; charset=utf-8",
        "": "application/octet-stream",
    }

    def __init__(self, *args: object, root: Path, prefix: str, **kwargs: object) -> None:
        self._root, self._prefix = root, prefix
        super().__init__(*args, directory=str(root), **kwargs)  # type: ignore[arg-type]

    def send_head(self) -> BinaryIO | None:
        """Take the prefix off; answer 404 with the site's own page for all that is not there."""
        path = urlsplit(self.path).path
        if self._prefix and path == self._prefix:
            return self._moved()
        if not path.startswith(f"{self._prefix}/"):
            return self._not_found()
        inside = path.removeprefix(self._prefix)
        found = Path(self.translate_path(inside))
        if found.is_dir():
            if not path.endswith("/"):
                return self._moved()
            found /= "index.html"
        if not found.is_file() or not found.resolve().is_relative_to(self._root):
            return self._not_found()
        self.path = inside
        if found.suffix in PACKED and "gzip" in self.headers.get("Accept-Encoding", ""):
            return self._packed(found)
        return super().send_head()

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> BinaryIO:
        """Send the head of an answer, and return what is sent after it."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def _packed(self, found: Path) -> BinaryIO:
        body = gzip.compress(found.read_bytes(), mtime=0)
        kind = {"Content-Type": self.guess_type(found), "Content-Encoding": "gzip"}
        return self._answer(HTTPStatus.OK, body, {**kind, "Vary": "Accept-Encoding"})

    def _moved(self) -> BinaryIO:
        address = f"{urlsplit(self.path).path}/"
        return self._answer(HTTPStatus.MOVED_PERMANENTLY, b"", {"Location": address})

    def _not_found(self) -> BinaryIO:
        page = self._root / "404.html"
        body = page.read_bytes() if page.exists() else b"not found"
        return self._answer(
            HTTPStatus.NOT_FOUND, body, {"Content-Type": "text/html; charset=utf-8"}
        )

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file; a browser may leave before all is sent."""
        with suppress(BrokenPipeError, ConnectionResetError):
            super().copyfile(source, outputfile)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Stay quiet: a preview needs no log."""


def make_server(site: Path, port: int, prefix: str = "") -> ThreadingHTTPServer:
    """Return a server, bound to 127.0.0.1, that waits for `serve_forever`.

    `port` 0 takes any free one. Below `prefix` the site appears as under /repository/ on GitHub
    Pages. Raises OutputError where there is no site or the port is taken.
    """
    if not (site / "index.html").is_file():
        raise OutputError(f"{site}: there is no site here; build one with `filter-gallery build`")
    prefix = prefix.strip("/")
    handler = partial(_Handler, root=site.resolve(), prefix=f"/{prefix}" if prefix else "")
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OSError as problem:
        raise OutputError(
            f"port {port} cannot be used ({problem.strerror}); choose another with --port"
        ) from problem
