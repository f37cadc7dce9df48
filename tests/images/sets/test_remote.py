"""Archives at addresses: copied once, whole or not at all, then read like any other."""

from __future__ import annotations

import io
import sys
import uuid
from pathlib import Path

import fsspec
import pytest

from generator.errors import ImagesError
from generator.images.sets.sources import open_images
from generator.names import Size
from tests.support.image_forms import picture, write_every_form

MEMORY = fsspec.filesystem("memory")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of no other test's, with all archives; copies go to the test's own folder."""
    monkeypatch.chdir(tmp_path)
    name = uuid.uuid4().hex
    forms = tmp_path / "forms"
    forms.mkdir()
    write_every_form(forms)
    for file in [*forms.rglob("*.tar"), *forms.rglob("*.zip")]:
        MEMORY.pipe_file(f"/{name}/{file.relative_to(forms)}", file.read_bytes())
    return f"memory://{name}"


@pytest.mark.parametrize("archive", ["a.zip", "a.tar", "shards/{08..10}.tar"])
def test_an_archive_at_an_address_is_one_on_disk(host: str, archive: str) -> None:
    """Paths, names and fingerprint are the same."""
    far, near = open_images(f"{host}/{archive}"), open_images(f"forms/{archive}")
    assert [far.path(row) for row in range(len(far))] == [near.path(row) for row in range(4)]
    assert (far.name, far.fingerprint()) == (near.name, near.fingerprint())
    assert (far.read(0, Size.square(8)) == near.read(0, Size.square(8))).all()


def test_a_copy_is_made_once_and_is_the_same_set_anywhere(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is not asked for again, and when it was copied is no part of its signature."""
    MEMORY.copy(f"{host}/a.tar", f"{host}/a.tar?download=1")
    one = open_images(f"{host}/a.tar?download=1")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    two = open_images(f"{host}/a.tar")
    assert one.signature() == two.signature()
    MEMORY.rm(f"{host}/a.tar")
    assert open_images(f"{host}/a.tar").signature() == one.signature()


class CutOff(io.BytesIO):
    """A connection that ends too soon."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data:
            raise TimeoutError("the host says\nnothing more")
        return data


def test_half_a_copy_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is one line that names the address, and nothing is left of the copy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fsspec, "open", lambda *_: CutOff(picture()))
    with pytest.raises(ImagesError, match=r"^https://host/a\.tar: .*: the host says nothing more$"):
        open_images("https://host/a.tar")
    assert list((tmp_path / "data/remote/https/host").iterdir()) == []


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("memory://nowhere/a.tar", r"^memory://nowhere/a\.tar: cannot be copied to data/remote/"),
        ("memory://x/{0..1}.tar", r"^memory://x/0\.tar: cannot be copied"),
        ("memory://x/photos/", r"is not the address of a \.zip, a \.tar or shards"),
        ("memory://x/list.txt", r"is not the address of a"),
        ("memory://x/../../../../a.tar", r"cannot hold '\.\.'"),
        ("gopher://x/a.tar", r"Protocol not known: gopher; pip install 'filter-gallery\[remote\]'"),
    ],
)
def test_what_cannot_be_had_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, told: str
) -> None:
    """The error names the address, and what to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImagesError, match=told):
        open_images(address)


def test_without_fsspec_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch brings it today, and need not for ever."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ImagesError, match=r"^s3://b/a\.tar: .*filter-gallery\[remote\].*s3fs"):
        open_images("s3://b/a.tar")
