"""Unfinished work on one thing, and a command that asks for another."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.place import Place, bytes_of
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
NETWORK = Path(__file__).with_name("network.py")
# What is asked for instead, and how the refusal names what differs.
CHANGES = {
    "network": (("--network", f"{NETWORK}:other"), "network"),
    "layers": (("--layers", "layer2=4"), "layers"),
    "batch": (("--batch", "5"), "batch"),
    "rule": (("--rule", "guided"), "rule"),
    "filters": (("--filters", "1"), "filters"),
    "input size": (("--input-size", "20"), "input size"),
    "one per label": (("--one-per-label",), "one image per label"),
}


def stopped_half_way(place: Place) -> None:
    """Kill a run when the first of its pictures are made."""
    outcome = place.run("compute", fault=Fault("kill", r"^write atlas\.work/atlas/.*layer2/1"))
    assert outcome.status == -signal.SIGKILL


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_over_unfinished_work_is_refused(
    replacing: Make, undisturbed: Undisturbed, change: str
) -> None:
    """The refusal says what differs and costs nothing: the first command still goes on."""
    place = replacing()
    more, words = CHANGES[change]
    stopped_half_way(place)
    refused = place.run("compute", *more)
    assert refused.status == 1
    last = refused.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert words in last
    assert "--anew" in last
    assert undisturbed.state(place) == ("old", "old")
    assert "search: " not in place.succeed("compute").out
    undisturbed.require_complete(place)


@pytest.mark.parametrize("change", CHANGES)
def test_anew_drops_what_was_unfinished(replacing: Make, fresh: Make, change: str) -> None:
    """The result is that of a run without a history."""
    place, other = replacing(), fresh()
    more, _ = CHANGES[change]
    stopped_half_way(place)
    place.succeed("compute", "--anew", *more)
    other.succeed("compute", *more)
    assert bytes_of(place.atlas) == bytes_of(other.atlas)


def test_other_pictures_over_unfinished_work_are_refused(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """Also where only one picture is new; --anew takes it in."""
    place = replacing().with_own_pictures()
    stopped_half_way(place)
    shutil.copy(place.pictures / "left" / "picture_004.png", place.pictures / "left" / "new.png")
    refused = place.run("compute")
    assert refused.status == 1
    assert "images changed: 13 -> 14" in refused.err
    assert undisturbed.state(place) == ("old", "old")
    assert "14 images" in place.succeed("compute", "--anew").out
