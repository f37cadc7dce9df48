"""A small Caltech-101, and a server that has it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from generator.images.fetch import caltech101


def picture() -> bytes:
    """Return a small JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 30)).save(file, "JPEG")
    return file.getvalue()


def caltech(root: Path) -> Path:
    """Make a small Caltech-101, with what belongs to it and what is left out."""
    categories = ("airplanes", "lotus", "garfield", "snoopy", "yin_yang", "Faces_easy")
    for category in (*categories, "BACKGROUND_Google"):
        (root / category).mkdir(parents=True)
        (root / category / "image_0001.jpg").write_bytes(picture())
    (root / "airplanes" / "image_0002.jpg").write_bytes(picture())
    (root / "airplanes" / ".DS_Store").write_bytes(b"x")
    (root / "airplanes" / "notes.mat").write_bytes(b"x")
    return root


CALTECH = ("airplanes/image_0001.jpg", "airplanes/image_0002.jpg", "lotus/image_0001.jpg")


def pack(folder: Path, archive: Path) -> None:
    """Pack the content of a folder by the ending of the archive."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for path in files:
                packed.write(path, path.relative_to(folder))
    else:
        with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as tar:
            for path in files:
                tar.add(path, path.relative_to(folder))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files a server on this machine gives, in the place of CaltechDATA."""
    folder = tmp_path / "host"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/caltech-101.zip"
        monkeypatch.setattr(caltech101, "ADDRESS", address)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder
        server.shutdown()
        thread.join()


def publish(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server have the archive, and its sum be known."""
    caltech(host / "inner" / "101_ObjectCategories")
    (host / "outer" / "caltech-101").mkdir(parents=True)
    pack(host / "inner", host / "outer/caltech-101/101_ObjectCategories.tar.gz")
    pack(host / "outer", host / "caltech-101.zip")
    digest = hashlib.sha256((host / "caltech-101.zip").read_bytes()).hexdigest()
    monkeypatch.setattr(caltech101, "SHA256", digest)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the network away: nobody listens at that port."""
    monkeypatch.setattr(caltech101, "ADDRESS", "http://127.0.0.1:9/caltech-101.zip")
