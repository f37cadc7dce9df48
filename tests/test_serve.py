"""The preview server, asked over a real connection on this machine."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.errors import OutputError
from generator.serve import make_server


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of a few files, with a secret beside it."""
    folder = tmp_path / "site"
    (folder / "layer1").mkdir(parents=True)
    (folder / "index.html").write_text("home")
    (folder / "404.html").write_text("lost")
    (folder / "layer1" / "0.html").write_text("filter")
    (folder / "style.css").write_text("p {}")
    (folder / "facts.json").write_text("{}")
    (folder / "picture.webp").write_bytes(b"RIFF")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@contextmanager
def serving(site: Path, prefix: str = "") -> Iterator[http.client.HTTPConnection]:
    """Serve on a free port while the block runs."""
    server = make_server(site, 0, prefix)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    try:
        yield connection
    finally:
        connection.close()
        server.shutdown()
        thread.join()
        server.server_close()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Content-Type", ""), answer.read()


def test_pages_come_with_their_content_types(site: Path) -> None:
    """What browsers are strict about is right whatever the machine's own tables say."""
    with serving(site) as connection:
        assert get(connection, "/") == (200, "text/html; charset=utf-8", b"home")
        assert get(connection, "/layer1/0.html?view=both")[2] == b"filter"
        assert get(connection, "/style.css")[1] == "text/css; charset=utf-8"
        assert get(connection, "/facts.json")[1] == "application/json"
        assert get(connection, "/picture.webp")[1] == "image/webp"


def test_texts_are_packed_for_those_who_ask(site: Path) -> None:
    """As GitHub Pages does; a picture is packed already, and who does not ask gets it plain."""
    with serving(site) as connection:
        for path, packed in (("/layer1/0.html", True), ("/picture.webp", False)):
            connection.request("GET", path, headers={"Accept-Encoding": "gzip, br"})
            answer = connection.getresponse()
            body = answer.read()
            assert (answer.headers["Content-Encoding"] == "gzip") is packed
            assert int(answer.headers["Content-Length"]) == len(body)
            if packed:
                assert gzip.decompress(body) == get(connection, path)[2] == b"filter"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/link.txt", "/layer1/", "/none.html"]
)
def test_nothing_outside_the_site_is_served(site: Path, path: str) -> None:
    """Paths and links that lead out, folders and missing pages get the site's own 404."""
    with serving(site) as connection:
        assert get(connection, path) == (404, "text/html; charset=utf-8", b"lost")


def test_below_a_prefix_only_the_prefix_answers(site: Path) -> None:
    """As on GitHub Pages, where a project lives under its name."""
    with serving(site, "/repository/") as connection:
        assert get(connection, "/repository/layer1/0.html")[2] == b"filter"
        assert get(connection, "/layer1/0.html")[0] == 404
        assert get(connection, "/repository")[0] == 301
        connection.request("GET", "/repository/layer1")
        answer = connection.getresponse()
        assert answer.read() == b""
        assert answer.headers["Location"] == "/repository/layer1/"
        assert get(connection, "/repositoryx/index.html")[0] == 404


def test_only_this_machine_is_bound_and_a_folder_without_a_site_refused(
    site: Path, tmp_path: Path
) -> None:
    """127.0.0.1, never all interfaces."""
    server = make_server(site, 0)
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(OutputError, match=f"port {server.server_port} "):
        make_server(site, server.server_port)
    server.server_close()
    with pytest.raises(OutputError, match="there is no site here"):
        make_server(tmp_path, 0)
