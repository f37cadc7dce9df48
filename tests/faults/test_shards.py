"""Shards that are killed, and the command that joins them."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable

import pytest

from tests.faults.fault import Fault
from tests.faults.place import Place
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
SHARDS = ("1/3", "2/3", "3/3")
# Where a merge is struck: as it joins what shards have recorded, and as it replaces the atlas.
MERGING = {
    "joining": r"^write atlas\.work/search/joined",
    "dropping": r"^remove atlas\.work/search/shard-2",
    "pictures": r"^write atlas\.work/atlas/pictures/layer2",
    "swap": r"^rename atlas\.work/atlas$",
}


@pytest.mark.parametrize("stage", MERGING)
def test_shards_and_their_merge_are_killed_and_go_on(
    replacing: Make, undisturbed: Undisturbed, stage: str
) -> None:
    """Each shard twice, the merge once: the atlas is that of one run that nothing disturbed."""
    place = replacing()
    for shard in SHARDS:
        for at in (r"^write atlas\.work/search/shard", r"^rename atlas\.work/search/shard"):
            killed = place.run("compute", "--shard", shard, fault=Fault("kill", at))
            assert killed.status == -signal.SIGKILL
        place.succeed("compute", "--shard", shard)
    assert undisturbed.state(place) == ("old", "old")
    assert place.run("merge", fault=Fault("kill", MERGING[stage])).status == -signal.SIGKILL
    assert undisturbed.state(place) == ("old", "old")
    assert "search: " not in place.succeed("merge").out  # all that was found is still there
    undisturbed.require_complete(place)


@pytest.mark.parametrize("more", [(), ("--anew",)], ids=["as it is", "anew"])
def test_a_shard_of_something_else_leaves_those_at_work_alone(
    replacing: Make, undisturbed: Undisturbed, more: tuple[str, ...]
) -> None:
    """Even before they have recorded anything; the error names the process at work."""
    place = replacing()
    first = place.start("compute", "--shard", "1/2", fault=Fault("pause", r"^read many/left"))
    assert first.pauses()
    refused = place.run("compute", "--shard", "1/2", "--batch", "7", *more)
    assert refused.status == 1
    last = refused.err.splitlines()[-1]
    assert last.startswith("error: ")
    assert f"shard-1-of-2: process {first.process} " in last
    place.succeed("compute", "--shard", "2/2", *more)  # of the same work
    first.resume()
    assert first.outcome().status == 0
    place.succeed("merge")
    undisturbed.require_complete(place)


def test_a_merge_without_all_shards_says_which_are_missing(
    replacing: Make, undisturbed: Undisturbed
) -> None:
    """With the command to run, and what was recorded is kept."""
    place = replacing()
    place.succeed("compute", "--shard", "2/3")
    refused = place.run("merge")
    assert refused.status == 1
    last = refused.err.splitlines()[-1]
    assert re.search(r"error: .* shards 1/3, 3/3 are not finished; run `compute --shard 1/3`", last)
    place.succeed("compute", "--shard", "3/3")
    assert "5 images, 5 searched now" in place.succeed("compute", "--shard", "1/3").out
    place.succeed("merge")
    undisturbed.require_complete(place)
