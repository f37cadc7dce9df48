"""Tux Paint's stamps: from a folder, or with stand-ins for the programs of Debian."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from generator.errors import ImagesError
from generator.images.fetch.fetch import fetch
from generator.images.root_files import read_credits
from generator.images.sets.folder import list_images

Lines = list[str]


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
