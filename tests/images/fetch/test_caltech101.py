"""Caltech-101: from a folder, an archive or a server on this machine."""

from __future__ import annotations

import gc
import io
import tarfile
import zipfile
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from time import sleep

import pytest

from generator.errors import ImagesError
from generator.images.fetch import caltech101
from generator.images.fetch.fetch import fetch
from generator.images.root_files import read_credits
from generator.images.sets.folder import list_images
from tests.images.fetch.conftest import CALTECH, caltech, pack, picture, publish

Lines = list[str]


@pytest.mark.parametrize("top", ["", "caltech101", "caltech-101/101_ObjectCategories"])
@pytest.mark.parametrize("form", ["folder", "tar", "tar.gz", "zip"])
def test_caltech101_from_a_folder_or_archive(tmp_path: Path, top: str, form: str) -> None:
    """Any usual layout gives the categories, without drawings, duplicates and clutter."""
    caltech(tmp_path / "from" / top)
    source = tmp_path / "from"
    if form != "folder":
        source = tmp_path / f"set.{form}"
        pack(tmp_path / "from", source)
    folder = fetch("caltech101", tmp_path / "data", source=source, report=Lines().append)
    assert tuple(list_images(folder).paths) == CALTECH
    assert {path.name for path in folder.iterdir()} == {"airplanes", "lotus", "CREDITS.toml"}
    assert len(list_images(tmp_path / "from")) == 8, "the source is untouched"
    credit = read_credits(folder)
    assert credit is not None
    assert (credit.licence, credit.source) == ("CC BY 4.0", "https://doi.org/10.22002/D1.20086")


def test_caltech101_as_it_is_published(
    tmp_path: Path, host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published zip holds the photographs in an archive of their own."""
    publish(host, monkeypatch)
    source = host / "caltech-101.zip"
    folder = fetch("caltech101", tmp_path / "data", source=source, report=Lines().append)
    assert tuple(list_images(folder).paths) == CALTECH


def test_another_set_is_not_taken_for_caltech101(tmp_path: Path) -> None:
    """Other people's photographs never get Caltech-101's credit."""
    (tmp_path / "mine" / "cats").mkdir(parents=True)
    (tmp_path / "mine" / "cats" / "tom.jpg").write_bytes(picture())
    with pytest.raises(ImagesError, match="is not Caltech-101"):
        fetch("caltech101", tmp_path / "data", source=tmp_path / "mine", report=Lines().append)
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../escape.jpg", "airplanes/../../escape.jpg", "/escape/escape.jpg"]
)
@pytest.mark.parametrize("form", ["tar", "zip"])
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, form: str, name: str) -> None:
    """A member outside the folder stops the whole fetch; nothing is written anywhere."""
    source = tmp_path / f"set.{form}"
    if form == "zip":
        with zipfile.ZipFile(source, "w") as packed:
            packed.writestr(name, picture())
    else:
        with tarfile.open(source, "w") as tar:
            member = tarfile.TarInfo(name)
            member.size = len(picture())
            tar.addfile(member, io.BytesIO(picture()))
    with pytest.raises(ImagesError, match="leads out of the folder"):
        fetch("caltech101", tmp_path / "data", source=source, report=Lines().append)
    assert not list(tmp_path.rglob("escape*"))
    assert list((tmp_path / "data").iterdir()) == []


def test_links_in_an_archive_are_not_made(tmp_path: Path) -> None:
    """A link that is packed in place of a picture, whatever it points at, is passed over."""
    caltech(tmp_path / "from")
    (tmp_path / "from" / "airplanes" / "secret.jpg").symlink_to("/etc/passwd")
    pack(tmp_path / "from", tmp_path / "set.tar")
    folder = fetch(
        "caltech101", tmp_path / "data", source=tmp_path / "set.tar", report=Lines().append
    )
    assert tuple(list_images(folder).paths) == CALTECH


@pytest.mark.parametrize("cut", [0, 100, 600])
@pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
def test_a_damaged_archive_is_named(tmp_path: Path, form: str, cut: int) -> None:
    """An archive that ends too early is an error with its name, and leaves nothing."""
    caltech(tmp_path / "from")
    source = tmp_path / f"set.{form}"
    pack(tmp_path / "from", source)
    source.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(ImagesError, match=rf"set\.{form}"):
        fetch("caltech101", tmp_path / "data", source=source, report=Lines().append)
    assert list((tmp_path / "data").iterdir()) == []


def test_caltech101_is_downloaded_quietly(
    tmp_path: Path,
    host: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The photographs come, and nothing else: no line on a stream, no archive in the folder."""
    publish(host, monkeypatch)
    lines = Lines()
    folder = fetch("caltech101", tmp_path / "data", report=lines.append)
    assert tuple(list_images(folder).paths) == CALTECH
    assert capfd.readouterr() == ("", "")
    assert lines[:2] == ["downloading Caltech-101 (137 MB)", "unpacking caltech-101.zip"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["caltech101"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("unreachable", r"\(.*Connection refused.*\)"),
        ("missing", r"\(404 Client Error: .*\)"),
        ("altered", r"\(SHA256 hash of downloaded file \(caltech-101\.zip\) does not match .*\)"),
        ("silent", r"\(.*timed out.*\)"),
    ],
)
def test_a_failed_download_says_what_to_do(
    tmp_path: Path,
    host: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    fault: str,
    reason: str,
) -> None:
    """The error is a line with the reason, the address and the flag; nothing is left."""
    if fault == "unreachable":
        request.getfixturevalue("unreachable")
    elif fault == "altered":
        (host / "caltech-101.zip").write_bytes(b"something else")
    elif fault == "silent":
        monkeypatch.setattr(caltech101, "PATIENCE", 0.1)
        monkeypatch.setattr(SimpleHTTPRequestHandler, "do_GET", lambda _: sleep(0.5))
    data = tmp_path / "data"
    with pytest.raises(ImagesError, match=rf"downloaded {reason}; .*20086 .* --from$") as caught:
        fetch("caltech101", data, report=Lines().append)
    assert "\n" not in str(caught.value)
    assert list(data.iterdir()) == []
    del caught
    gc.collect()  # requests leaves the socket of a refusal to the collector
