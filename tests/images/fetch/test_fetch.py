"""Bringing image sets: whole or not at all, from wherever they can be had, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import ImagesError
from generator.images.captions import caption_of
from generator.images.fetch import caltech101, patterns
from generator.images.fetch import fetch as fetching
from generator.images.fetch.fetch import fetch
from generator.images.root_files import read_captions, read_credits
from generator.images.sets.folder import list_images
from tests.images.fetch.conftest import caltech, publish

Lines = list[str]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few and small patterns."""
    monkeypatch.setattr(patterns, "PER_FAMILY", 1)
    monkeypatch.setattr(patterns, "SIDE", 16)


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
