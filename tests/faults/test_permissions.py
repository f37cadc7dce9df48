"""Folders that may not be written, for root as well: runs here have no privileges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.place import Place
from tests.faults.states import Undisturbed


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Take away, for a while, the right to write into a folder."""
    before = folder.stat().st_mode
    folder.chmod(0o555)
    yield
    folder.chmod(before)


@pytest.mark.parametrize("closed", ["", "atlas.work"])
def test_a_folder_without_permission_is_named(
    replacing: Callable[[], Place], undisturbed: Undisturbed, closed: str
) -> None:
    """One line with path and reason; nothing is lost, and permission is all that is needed."""
    place = replacing()
    with read_only(place.folder / closed):
        outcome = place.run("build", privileges=False)
    assert outcome.status == 1
    last = outcome.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert str(place.folder / closed) in last
    assert "ermission denied" in last
    assert set(undisturbed.state(place)) <= {"old", "new"}
    place.succeed("build", privileges=False)
    undisturbed.require_complete(place)
    assert undisturbed.state(place) == ("new", "new")


def test_a_picture_that_may_not_be_read_is_skipped_and_named(fresh: Callable[[], Place]) -> None:
    """One such file is no reason to stop."""
    place = fresh().with_own_pictures()
    (place.pictures / "right" / "picture_003.png").chmod(0)
    outcome = place.succeed("compute", privileges=False)
    assert "picture_003.png': " in outcome.err
    assert "skipped: 2 images" in outcome.out
