"""What the tests of faults share: warm drivers, and results of runs that nothing disturbed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator.atlas.store import Atlas
from generator.render.site.check import check_site
from tests.faults.place import Place, bytes_of, write_settings
from tests.faults.runs import Driver
from tests.faults.states import Undisturbed
from tests.support.tiny_network import draw_pictures

# Runs of one core each, side by side; pytest-xdist has a process for each core itself.
DRIVERS = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2


@pytest.fixture(scope="session")
def drivers() -> Iterator[tuple[Driver, ...]]:
    """Return the processes that fork all the others."""
    drivers = tuple(Driver() for _ in range(DRIVERS))
    yield drivers
    for driver in drivers:
        driver.close()


@pytest.fixture(scope="session")
def undisturbed(
    drivers: tuple[Driver, ...], tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """Make an old and a new state once; tests copy them."""
    folder = tmp_path_factory.mktemp("faults")
    write_settings(folder)
    few = draw_pictures(folder / "few", 5, seed=1)
    many = draw_pictures(folder / "many", 12)
    (many / "left" / "broken.png").write_bytes(b"no picture")
    (folder / "empty").mkdir()
    empty = Place(folder / "empty", many, drivers[0])
    old, new = empty.copy(folder / "old", pictures=few), empty.copy(folder / "new")
    for place in (old, new):
        place.succeed("build")
        Atlas.open(place.atlas).verify()
        assert not check_site(place.site).problems
    assert bytes_of(old.atlas) != bytes_of(new.atlas)
    assert bytes_of(old.site) != bytes_of(new.site)
    return Undisturbed(empty, old, new)


@pytest.fixture(scope="session")
def measures(undisturbed: Undisturbed) -> Undisturbed:
    """Make once, in a fresh folder, an atlas that has stimuli."""
    empty = replace(undisturbed.empty, settings="measures")
    new = empty.copy(undisturbed.new.folder.with_name("measures"))
    new.succeed("compute")
    return Undisturbed(empty, empty, new)


@pytest.fixture
def replacing(
    undisturbed: Undisturbed, drivers: tuple[Driver, ...], tmp_path: Path
) -> Callable[[], Place]:
    """Give places where the old state is, and the new pictures are asked for."""
    asked = replace(undisturbed.old, pictures=undisturbed.new.pictures)
    return _copies(asked, drivers, tmp_path)


@pytest.fixture
def fresh(
    undisturbed: Undisturbed, drivers: tuple[Driver, ...], tmp_path: Path
) -> Callable[[], Place]:
    """Give places where nothing is yet."""
    return _copies(undisturbed.empty, drivers, tmp_path)


def _copies(place: Place, drivers: tuple[Driver, ...], folder: Path) -> Callable[[], Place]:
    """Give copies of a place, each with the next driver."""
    numbers = itertools.count()

    def make() -> Place:
        number = next(numbers)
        name = f"{place.folder.name}-{number}"
        return place.copy(folder / name, driver=drivers[number % len(drivers)])

    return make
