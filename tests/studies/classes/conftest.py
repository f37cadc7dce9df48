"""A classifier on every name, and pictures whose folders are labels."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.network.zoo import load as zoo
from tests import ROOT
from tests.support.tiny_classifier import Head, tiny_classifier
from tests.support.tiny_network import draw_pictures

# "leaf" is a part of the second class's name; no class is called as the third folder.
LABELS = ("red thing", "leaf", "something else")


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> Callable[[Head], None]:
    """Return a function that has every name load a classifier with this head."""

    def use(head: Head) -> None:
        monkeypatch.setattr(zoo, "load", lambda *_: tiny_classifier(head))

    return use


def labelled(folder: Path, count: int = 13, labels: tuple[str, ...] = LABELS) -> Path:
    """Draw pictures that take turns with the labels; one of the files is no picture."""
    drawn = sorted(draw_pictures(folder.with_name("drawn"), count).rglob("*.png"))
    for number, path in enumerate(drawn):
        place = folder / labels[number % len(labels)] / f"picture_{number:03}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
    (folder / labels[0] / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def pictures(tmp_path: Path, heads: Callable[[Head], None]) -> Path:
    """Thirteen pictures of three labels, and a linear head."""
    heads("linear")
    return labelled(tmp_path / "pictures")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped texts."""
    return Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
