"""Processes that share one computation, as torchrun starts them, and one of them is killed."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.faults.fault import Fault, Outcome
from tests.faults.place import Place
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
# Where any process is at work, and where the first one is alone, as the other has done its share.
# Of the pictures one is read by the first process and one by the second.
STAGES = {
    "search": r"^read many/right/picture_0(07|11)",
    "record": r"^write atlas\.work/search",
    "fields": r"^write atlas\.work/fields",
    "pictures": r"^write atlas\.work/atlas/pictures",
    "manifest": r"^write atlas\.work/atlas/manifest",
    "swap": r"^rename atlas\.work/atlas$",
}
ALONE = ("manifest", "swap")


def run_together(places: Sequence[Place], faults: Mapping[int, Fault]) -> list[Outcome]:
    """Run one computation in a process at each of these places; `faults` strike some, by rank."""
    size = len(places)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meeting = {
        "WORLD_SIZE": str(size),
        "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "GLOO_SOCKET_IFNAME": "lo",
    }
    running = [
        place.start(
            "compute",
            fault=faults.get(rank, Fault()),
            environment={**meeting, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank, place in enumerate(places)
    ]
    return [one.outcome() for one in running]


@pytest.mark.parametrize("size", [2, 3])
def test_several_processes_make_the_same_bytes(
    replacing: Make, undisturbed: Undisturbed, size: int
) -> None:
    """As one process does."""
    place = replacing()
    outcomes = run_together([place] * size, {})
    assert [outcome.status for outcome in outcomes] == [0] * size, outcomes
    assert [bool(outcome.out) for outcome in outcomes] == [True] + [False] * (size - 1)
    undisturbed.require_complete(place)


@pytest.mark.parametrize(
    ("victim", "stage"),
    [
        *((0, stage) for stage in STAGES),
        *((1, stage) for stage in ("search", "record", "fields", "pictures")),
    ],
)
def test_one_of_two_is_killed_and_one_process_completes(
    replacing: Make, undisturbed: Undisturbed, victim: int, stage: str
) -> None:
    """The other one ends as well; a run without a launcher takes up the work of both."""
    place = replacing()
    outcomes = run_together([place] * 2, {victim: Fault("kill", STAGES[stage])})
    assert outcomes[victim].status == -signal.SIGKILL
    survivor = outcomes[1 - victim]
    assert "Traceback" not in survivor.err
    if stage in ALONE:
        assert survivor.status == 0
    else:
        assert survivor.status == 1
        assert "another process of this run has ended" in survivor.err.splitlines()[-1]
    assert undisturbed.state(place) == ("old", "old")
    place.succeed("compute")
    undisturbed.require_complete(place)


def test_processes_that_were_given_different_pictures_are_refused(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """Nothing of two sets is mixed."""
    place = replacing()
    others = place.with_own_pictures()
    (others.pictures / "right" / "picture_011.png").unlink()
    first, second = run_together([place, others], {})
    assert (first.status, second.status) == (1, 1)
    last = second.err.splitlines()[-1]
    assert last.startswith("process 2: error: ")
    assert "images changed: 13 -> 12 files" in last
    assert undisturbed.state(place) == ("old", "old")
    place.succeed("compute")
    undisturbed.require_complete(place)


def test_processes_that_share_no_disk_are_refused_before_the_search(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """Their pictures would be missing in the end; both say so, or that the other has."""
    places = [replacing(), replacing()]
    first, second = run_together(places, {})
    assert (first.status, second.status) == (1, 1)
    assert second.err.splitlines()[-1].startswith(f"process 2: error: {places[1].work}: is not")
    assert "a disk that all machines share" in second.err
    assert not any("search" in path.name for place in places for path in place.work.rglob("*"))
    assert [undisturbed.state(place) for place in places] == [("old", "old")] * 2
