"""Pictures that vanish or change while a run is at work on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.atlas.store import Atlas
from tests.faults.fault import Fault, Outcome
from tests.faults.place import Place, bytes_of
from tests.faults.states import Undisturbed
from tests.support.tiny_network import draw_pictures

Make = Callable[[], Place]
FIRST_READ = Fault("pause", r"^read many/left/picture_000")
SEARCHED = Fault("pause", r"^read atlas\.work/fields")  # before any picture is read again


def run_meanwhile(place: Place, pause: Fault, change: Callable[[], None], *more: str) -> Outcome:
    """Let a run come to a pause, change something, and let it go on to its end."""
    running = place.start("compute", *more, fault=pause)
    assert running.pauses()
    change()
    running.resume()
    return running.outcome()


def as_if_fresh(place: Place, fresh: Place) -> None:
    """Assert that an atlas equals one that is made of the same pictures with no history."""
    other = Place(fresh.folder, place.pictures, fresh.driver)
    other.succeed("compute")
    assert bytes_of(place.atlas) == bytes_of(other.atlas)


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """Move a folder elsewhere for a while; moving changes none of its files."""
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    yield
    elsewhere.rename(folder)


def test_a_picture_that_vanishes_before_it_is_read_is_skipped_and_named(fresh: Make) -> None:
    """The atlas says so too; the next run finds other pictures and makes another atlas."""
    place = fresh().with_own_pictures()
    gone = place.pictures / "right" / "picture_011.png"
    outcome = run_meanwhile(place, FIRST_READ, gone.unlink)
    assert outcome.status == 0
    assert "picture_011.png" in outcome.err
    skipped = Atlas.open(place.atlas).manifest.images.skipped
    assert [file.path for file in skipped] == ["left/broken.png", "right/picture_011.png"]
    place.succeed("compute")
    as_if_fresh(place, fresh())


def test_pictures_that_vanish_after_the_search_are_named(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """The run stops and says which; once they are back, the next one goes on to the same end."""
    place = replacing().with_own_pictures()
    right = place.pictures / "right"
    running = place.start("compute", fault=SEARCHED)
    assert running.pauses()
    with away(right):
        running.resume()
        outcome = running.outcome()
    assert outcome.status == 1
    assert "Traceback" not in outcome.err
    assert "right/picture_" in outcome.err
    assert undisturbed.state(place) == ("old", "old")
    assert "search: " not in place.succeed("compute").out  # that was done before
    undisturbed.require_complete(place)


def test_a_disk_that_is_taken_away_stops_the_search(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """No picture is left out for it; when the disk is back the next run completes."""
    place = replacing().with_own_pictures()
    running = place.start("compute", fault=Fault("pause", r"^read many/right/picture_001"))
    assert running.pauses()
    with away(place.pictures):
        place.pictures.mkdir()  # where the disk was mounted
        running.resume()
        outcome = running.outcome()
        place.pictures.rmdir()
    assert outcome.status == 1
    last = outcome.err.splitlines()[-1]
    assert last.startswith("error: right/picture_001.png: cannot be read now (vanished)")
    assert undisturbed.state(place) == ("old", "old")
    place.succeed("compute")
    undisturbed.require_complete(place)


def test_pictures_replaced_after_the_search_are_found_out(
    replacing: Make, fresh: Make, undisturbed: Undisturbed
) -> None:
    """Their activations are not those recorded; nothing of the two sets is ever mixed."""
    place = replacing().with_own_pictures()
    outcome = run_meanwhile(place, SEARCHED, lambda: redraw(place.pictures))
    assert outcome.status == 1
    assert "Traceback" not in outcome.err
    assert "picture_" in outcome.err
    assert undisturbed.state(place) == ("old", "old")
    refused = place.run("compute")
    assert refused.status == 1
    assert "--anew" in refused.err
    place.succeed("compute", "--anew")
    as_if_fresh(place, fresh())


def test_a_picture_replaced_before_it_is_read_is_found_out_by_the_next_run(fresh: Make) -> None:
    """What was listed is not what was read, so the next run does not call it unchanged."""
    place = fresh().with_own_pictures()
    outcome = run_meanwhile(place, FIRST_READ, lambda: redraw(place.pictures))
    assert outcome.status == 0
    assert "computed" in place.succeed("compute").out
    as_if_fresh(place, fresh())


def redraw(pictures: Path) -> None:
    """Put other pictures under the same names, as somebody who edits them would."""
    for path in pictures.rglob("picture_*.png"):
        path.unlink()
    draw_pictures(pictures, 12, seed=7)
    for path in pictures.rglob("picture_*.png"):
        os.utime(path, ns=(1, 1))  # a time that nothing else has
