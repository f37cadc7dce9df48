"""Checkpoints of a search: each batch counts once, whatever is left of which files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generator.atlas.schema import SkippedFile
from generator.compute.run.checkpoints import JOINED, Checkpoints, covered
from generator.compute.search.state import Extent, SearchState
from generator.compute.search.topk import peaks_of

EXTENT = Extent(filters=(3, 2), images=22, batch=4)  # six batches, the last of two images


def found_in(*batches: int) -> SearchState:
    """Search some batches of drawn numbers; image 9 cannot be read, 13 repeats image 2."""
    source = np.random.default_rng(0)
    maps = [torch.from_numpy(source.random((22, f, 2, 2), np.float32)) for f in EXTENT.filters]
    content = torch.arange(1, 23)
    content[13] = content[2]
    found = SearchState.empty(EXTENT)
    for batch in batches:
        rows = torch.arange(4 * batch, min(4 * batch + 4, 22))
        valid = rows != 9
        for state, layer in zip(found.layers, maps, strict=True):
            maps_ = layer[rows]
            state.update(maps_, peaks_of(maps_, rows, valid), rows, content[rows])
        found.content[rows.numpy()] = (content[rows] * valid).numpy()
        if batch == 2:
            found.skipped[9] = SkippedFile(path="nine", reason="broken")
        found.done[batch] = True
    return found


def alike(one: SearchState, other: SearchState) -> bool:
    """Whether two search states are the same."""
    first, second = one.arrays(), other.arrays()
    return list(first) == list(second) and all(
        np.array_equal(array, second[name]) for name, array in first.items()
    )


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """An empty folder for checkpoints."""
    return Checkpoints(tmp_path / "search", "this", EXTENT)


def test_findings_join_to_those_of_one_search() -> None:
    """However the batches are dealt out; counts of readable and repeated images as well."""
    whole = found_in(*range(6))
    assert whole.readable == 21
    assert whole.duplicates == 1
    for shares in (((0, 2, 4), (1, 3, 5)), ((5, 0), (4,), (3, 1, 2)), ((0, 1, 2, 3, 4, 5), ())):
        assert alike(SearchState.merge([found_in(*share) for share in shares]), whole)
    assert found_in(0).duplicates == 0
    assert found_in(0, 3).duplicates == 1
    assert found_in(2, 5).readable == 5


def test_what_was_saved_comes_back(checkpoints: Checkpoints) -> None:
    """All of it: places, counts, contents, skipped files."""
    checkpoints.save("one", found_in(1, 2, 5))
    (each,) = checkpoints.taken()
    assert alike(checkpoints.own(each.path.stem), found_in(1, 2, 5))
    assert alike(found_in(1, 2).on_cpu(), found_in(1, 2))


def test_a_larger_checkpoint_replaces_those_that_it_came_from(checkpoints: Checkpoints) -> None:
    """Killed between writing what was joined and removing the rest: nothing counts twice."""
    checkpoints.save("one", found_in(0, 1))
    checkpoints.save("two", found_in(2))
    checkpoints.save("joined", found_in(0, 1, 2))
    checkpoints.save("three", found_in(3))
    joined = checkpoints.join(checkpoints.taken())
    assert alike(joined, found_in(0, 1, 2, 3))
    assert [path.stem for path in checkpoints.folder.iterdir()] == [JOINED]
    assert alike(checkpoints.join(checkpoints.taken()), joined)


def test_of_checkpoints_that_overlap_one_counts(checkpoints: Checkpoints) -> None:
    """The larger one; what only the other held is searched again."""
    checkpoints.save("one", found_in(0, 1))
    checkpoints.save("two", found_in(1, 2, 3))
    taken = checkpoints.taken()
    assert covered(taken, EXTENT).tolist() == [False, True, True, True, False, False]
    assert alike(checkpoints.join(taken), found_in(1, 2, 3))


def test_shards_are_preferred_where_they_give_more(checkpoints: Checkpoints) -> None:
    """A run that was turned into shards half way has left one that fits to none of them."""
    checkpoints.save("joined", found_in(0, 1, 2, 3))
    checkpoints.save("shard-1-of-2", found_in(0, 2, 4))
    checkpoints.save("shard-2-of-2", found_in(1, 3, 5))
    taken = checkpoints.taken()
    assert {each.path.stem for each in taken} == {"shard-1-of-2", "shard-2-of-2"}
    assert alike(checkpoints.join(taken), found_in(0, 1, 2, 3, 4, 5))


def test_shards_give_way_where_a_larger_checkpoint_gives_more(checkpoints: Checkpoints) -> None:
    """One of two shards holds less than the run that it came from; equal ones leave the shard."""
    checkpoints.save("joined", found_in(0, 1, 2, 3))
    checkpoints.save("shard-1-of-2", found_in(0, 2, 4))
    assert [each.path.stem for each in checkpoints.taken()] == ["joined"]
    checkpoints.save("joined", found_in(0, 1, 2))
    assert [each.path.stem for each in checkpoints.taken()] == ["shard-1-of-2"]


def test_a_checkpoint_can_be_had_and_dropped_alone(checkpoints: Checkpoints) -> None:
    """Whatever else was recorded; where there is none nothing was found."""
    checkpoints.save("one", found_in(0, 1))
    checkpoints.save("two", found_in(1, 2, 3))
    assert alike(checkpoints.own("one"), found_in(0, 1))
    checkpoints.drop("one")
    checkpoints.drop("one")
    assert alike(checkpoints.own("one"), SearchState.empty(EXTENT))
    assert [each.path.stem for each in checkpoints.taken()] == ["two"]


def test_checkpoints_of_something_else_or_damaged_are_not_there(checkpoints: Checkpoints) -> None:
    """Another network, torn files, strange files: none of them counts."""
    Checkpoints(checkpoints.folder, "that", EXTENT).save("other", found_in(0, 1, 2, 3))
    checkpoints.save("good", found_in(4))
    whole = checkpoints.path("good").read_bytes()
    for cut in (0, 5, 9, len(whole) // 2, len(whole) - 1):
        checkpoints.path(f"torn-{cut}").write_bytes(whole[:cut])
    checkpoints.path("longer").write_bytes(whole + b"\0")
    (checkpoints.folder / "notes.txt").write_text("mine")
    for position in range(8, len(whole), 501):
        flipped = bytearray(whole)
        flipped[position] ^= 16
        checkpoints.path("flipped").write_bytes(flipped)
        assert [each.path.stem for each in checkpoints.taken()] == ["good"]


def test_nothing_recorded_is_nothing_found(checkpoints: Checkpoints) -> None:
    """And leaves no file."""
    joined = checkpoints.join(checkpoints.taken())
    assert alike(joined, SearchState.empty(EXTENT))
    assert not checkpoints.folder.exists()
