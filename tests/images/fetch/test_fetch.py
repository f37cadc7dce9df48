"""Bringing image sets: whole or not at all, from wherever they can be had, without a network."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from PIL import Image

from generator.errors import ImagesError
from generator.images.captions import caption_of
from generator.images.fetch import caltech101, patterns
from generator.images.fetch import fetch as fetching
from generator.images.fetch.fetch import fetch
from generator.images.root_files import read_captions, read_credits
from generator.images.sets.folder import list_images

Lines = list[str]


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


def stamps(root: Path) -> Path:
    """Make a few of Tux Paint's stamps as the package lays them out."""
    texts = {
        "animals/birds/pelican": "A pelican.\nde.utf8=Ein Pelikan.\n",
        "animals/birds/cartoon/tux": "Tux.\n",
        "animals/mammals/hedgehog": "A hedgehog.\n",
        "clothes/hats/tophat": "A hat.\n",
        "military/vehicles/bradley_mirror": "",
        "symbols/music/note": "A note.\n",
        "town/flags/flag": "A flag.\n",
        "vehicles/auto/beetle": "A VW Beetle!\naf.utf8='n Kewer\n",
    }
    for name, text in texts.items():
        path = root / "usr/share/tuxpaint/stamps" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (8, 8)).save(path)
        path.with_suffix(".txt").write_text(text, "utf-8")
        path.with_suffix(".svg").write_text("<svg/>", "utf-8")
    notice = root / "usr/share/doc/tuxpaint-stamps-default/copyright"
    notice.parent.mkdir(parents=True)
    notice.write_text("Copyright", "utf-8")
    return root


def program(folder: Path, name: str, script: str) -> None:
    """Put a shell script where a program is looked for."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (folder / name).chmod(0o755)


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few and small patterns."""
    monkeypatch.setattr(patterns, "PER_FAMILY", 1)
    monkeypatch.setattr(patterns, "SIDE", 16)


# Whole or not at all


@pytest.mark.usefixtures("small")
def test_a_set_becomes_a_plain_folder(tmp_path: Path) -> None:
    """`data/NAME/` holds pictures, credits and captions; nothing else stays in `data/`."""
    lines = Lines()
    folder = fetch("patterns", tmp_path / "data", report=lines.append)
    assert folder == tmp_path / "data" / "patterns"
    assert [path.name for path in folder.parent.iterdir()] == ["patterns"]
    listing = list_images(folder)
    assert len(listing) == 9
    credit = read_credits(folder)
    assert credit is not None
    assert credit.title == "Patterns"
    assert "wheel" in caption_of("wheels/wheels_01.png", read_captions(folder))
    assert lines[-1] == f"{folder}: 9 images, Apache-2.0"


@pytest.mark.usefixtures("small")
def test_a_set_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """A second fetch changes nothing, says so, and says what it does not use."""
    folder = fetch("patterns", tmp_path, report=Lines().append)
    (folder / "mine.txt").write_text("kept", "utf-8")
    lines = Lines()
    assert fetch("patterns", tmp_path, source=tmp_path, report=lines.append) == folder
    assert (folder / "mine.txt").exists()
    assert lines == [f"{folder} is there already; {tmp_path} is not used"]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("fault", [KeyboardInterrupt, ImagesError, RecursionError])
def test_an_interrupted_fetch_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    """Stopped between pictures, it leaves an empty data folder, and can be run again."""
    draw = patterns.draw

    def stop(family: str, number: int, side: int) -> object:
        if family == "spirals":
            assert list(tmp_path.rglob("*.png")), "the folder is half made by now"
            raise fault
        return draw(family, number, side)

    with monkeypatch.context() as patch:
        patch.setattr(patterns, "draw", stop)
        with pytest.raises(fault):
            fetch("patterns", tmp_path, report=Lines().append)
    assert list(tmp_path.iterdir()) == []
    assert len(list_images(fetch("patterns", tmp_path, report=Lines().append))) == 9


@pytest.mark.usefixtures("small")
def test_what_a_killed_fetch_left_is_cleared_away(tmp_path: Path) -> None:
    """The next fetch of the set removes it; other sets' folders stay."""
    for name in (".patterns-abc/patterns/dots", ".tuxpaint-abc", "tuxpaint"):
        (tmp_path / name).mkdir(parents=True)
    fetch("patterns", tmp_path, report=Lines().append)
    assert {path.name for path in tmp_path.iterdir()} == {".tuxpaint-abc", "tuxpaint", "patterns"}


@pytest.mark.usefixtures("small")
def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses becomes an error that names the folder, and leaves nothing."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr(fetching, "write_credits", full)
    with pytest.raises(ImagesError, match="patterns cannot be made: /somewhere: No space left"):
        fetch("patterns", tmp_path, report=Lines().append)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "right"), [("caltech", "caltech101"), ("tux", "tuxpaint"), ("Simple", "sample")]
)
def test_an_unknown_set_names_the_nearest(tmp_path: Path, wrong: str, right: str) -> None:
    """The error names the nearest right name, and nothing is made."""
    with pytest.raises(ImagesError, match=f"{wrong!r}; did you mean {right!r}"):
        fetch(wrong, tmp_path / "data", report=Lines().append)
    assert not (tmp_path / "data").exists()


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    """Nothing is downloaded in place of an archive that is not there."""
    with pytest.raises(ImagesError, match=r"no archive or folder .*gone\.tar"):
        fetch("caltech101", tmp_path, source=tmp_path / "gone.tar", report=Lines().append)


# Caltech-101


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


# Tux Paint


def test_the_photographs_among_the_stamps(tmp_path: Path) -> None:
    """Symbols, flags, drawings and mirror images stay out; captions are the English lines."""
    source = stamps(tmp_path / "package")
    folder = fetch("tuxpaint", tmp_path / "data", source=source, report=Lines().append)
    assert json.loads((folder / "captions.json").read_text("utf-8")) == {
        "animals/birds/pelican.png": "A pelican",
        "vehicles/auto/beetle.png": "A VW Beetle!",
    }
    assert tuple(list_images(folder).paths) == (
        "animals/birds/pelican.png",
        "vehicles/auto/beetle.png",
    )
    assert (folder / "COPYRIGHT").read_text("utf-8") == "Copyright"
    credit = read_credits(folder)
    assert credit is not None
    assert credit.licence == "GPL-2.0-or-later"


def test_stamps_are_downloaded_without_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """apt-get keeps lists and cache in the temporary folder; dpkg-deb unpacks there."""
    package = stamps(tmp_path / "package")
    log = tmp_path / "log"
    tools = tmp_path / "tools"
    name = "tuxpaint-stamps-default_9.9_all.deb"
    program(
        tools, "apt-get", f'echo "$@" >> {log}; case "$*" in *download*) : > {name};; esac; exit 0'
    )
    program(
        tools,
        "dpkg-deb",
        f'case "$1" in -x) cp -r {package} "$3";; *) echo 9.9;; esac',
    )
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    folder = fetch("tuxpaint", tmp_path / "data", report=Lines().append)
    assert len(list_images(folder)) == 2
    credit = read_credits(folder)
    assert credit is not None
    assert "tuxpaint-stamps-default 9.9" in credit.source
    update, download = log.read_text("utf-8").splitlines()
    assert update.endswith(" update")
    assert download.endswith(" download tuxpaint-stamps-default")
    for call in (update, download):
        assert f"Dir::Cache={tmp_path}/data/.tuxpaint-" in call
        assert f"Dir::State::Lists={tmp_path}/data/.tuxpaint-" in call
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["tuxpaint"]


def test_a_failure_of_apt_get_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last line is the reason, and nothing is left."""
    program(tmp_path / "tools", "apt-get", "echo 'E: Unable to locate package' >&2; exit 100")
    monkeypatch.setenv("PATH", str(tmp_path / "tools"), prepend=":")
    with pytest.raises(ImagesError, match="apt-get failed: E: Unable to locate package"):
        fetch("tuxpaint", tmp_path / "data", report=Lines().append)
    assert list((tmp_path / "data").iterdir()) == []


def test_a_machine_without_apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the missing program and the way around it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImagesError, match=r"need apt-get, which Debian .* --from"):
        fetch("tuxpaint", tmp_path / "data", report=Lines().append)


def test_a_folder_without_stamps(tmp_path: Path) -> None:
    """A source that holds none is an error with its name."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImagesError, match="empty holds no stamps of Tux Paint"):
        fetch("tuxpaint", tmp_path / "data", source=tmp_path / "empty", report=Lines().append)


# The sample


@pytest.fixture
def cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: None, unreachable: None
) -> None:
    """Take away network and package tools."""
    del small, unreachable
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("cut_off")
def test_the_sample_is_the_first_set_that_can_be_had(tmp_path: Path) -> None:
    """Every failure is one line with its reason, followed by what is tried next."""
    lines = Lines()
    folder = fetch("sample", tmp_path / "data", report=lines.append)
    assert folder == tmp_path / "data" / "patterns"
    told = [line for line in lines if "cannot be had" in line or line.startswith("trying")]
    assert told[0].startswith("caltech101 cannot be had: Caltech-101 cannot be downloaded (")
    assert told[1] == "trying tuxpaint instead"
    assert told[2].startswith("tuxpaint cannot be had: the tuxpaint images need apt-get")
    assert told[3] == "trying patterns instead"
    assert not any("\n" in line for line in lines)


def test_the_sample_is_caltech101_where_it_can_be_had(
    tmp_path: Path, host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best set comes first, even beside one that is there already."""
    publish(host, monkeypatch)
    data = tmp_path / "data"
    (data / "patterns").mkdir(parents=True)
    assert fetch("sample", data, report=Lines().append) == data / "caltech101"


@pytest.mark.usefixtures("cut_off")
def test_the_sample_stays_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again, nothing is tried; a better set that has come meanwhile is taken."""
    data = tmp_path / "data"
    fetch("sample", data, report=Lines().append)
    monkeypatch.setattr(caltech101, "_download", lambda *_: pytest.fail("downloaded again"))
    lines = Lines()
    assert fetch("sample", data, report=lines.append) == data / "patterns"
    assert lines == [f"{data / 'patterns'} is there already"]
    caltech(tmp_path / "from")
    fetch("caltech101", data, source=tmp_path / "from", report=Lines().append)
    assert fetch("sample", data, report=Lines().append) == data / "caltech101"


def test_a_sample_has_no_source(tmp_path: Path) -> None:
    """Which set a source holds has to be said."""
    with pytest.raises(ImagesError, match="name the set"):
        fetch("sample", tmp_path, source=tmp_path, report=Lines().append)
