"""A tiny atlas, its facts and its site, made once for all tests of the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.render.facts import Gallery, read_gallery
from tests.render.site.test_build import make
from tests.support.tiny_atlas import make_atlas


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas."""
    return make_atlas(tmp_path_factory.mktemp("tiny") / "atlas")


@pytest.fixture(scope="session")
def gallery(made: Path) -> Gallery:
    """Return its facts."""
    return read_gallery(Atlas.open(made))


@pytest.fixture(scope="session")
def built(made: Path) -> Path:
    """Return its site."""
    make(made, made.parent / "site")
    return made.parent / "site"
