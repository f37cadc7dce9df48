"""The pictures of a group of filters, from the first step to the files.

All groups of a layer are computed in one size, and the last is filled up, because a processor may
add up in another order where there is more or less to compute. A kill loses seconds: the state of a
group is kept beside the pictures while it grows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from generator.compute.project.crops import LOSSLESS_UP_TO, Pixels, webp
from generator.files import read_arrays, write_arrays, write_whole, writing
from generator.studies.synthetic.ascent import Climb, State

KEPT_EVERY = 10.0  # seconds
QUALITY = 90  # of WebP: fine lines are what a filter may answer to

Group = tuple[int, ...]  # filters; the last may stand there several times


def groups_of(filters: int, most: int) -> list[Group]:
    """Return the filters of a layer in groups of one size."""
    starts = range(0, filters, most)
    return [tuple(min(n, filters - 1) for n in range(at, at + most)) for at in starts]


def make(climb: Climb, folder: Path, group: Group) -> int:
    """Write the pictures of a group into the layer's folder, where they are not yet there.

    Returns how many filters it has.
    """
    files = {filter_: folder / f"{filter_}.webp" for filter_ in group}
    if not all(file.exists() for file in files.values()):
        kept = folder / f"{group[0]}.growing"
        state = _grown(climb, group, kept)
        pictures: list[Pixels] = [*climb.pictures(state).permute(0, 2, 3, 1).cpu().numpy()]
        quality = None if climb.place.side <= LOSSLESS_UP_TO else QUALITY
        for filter_, picture in zip(group, pictures, strict=True):
            write_whole(files[filter_], webp(picture, quality))
        with writing(kept):
            kept.unlink(missing_ok=True)
    return len(files)


def _grown(climb: Climb, group: Group, kept: Path) -> State:
    """Return the state after the last step, from where a run that was stopped had come to."""
    state = _kept(climb, group, kept) or climb.begin(group)
    since = time.monotonic()
    for state in climb.climb(group, state):  # noqa: B020 - the next one begins with it
        if time.monotonic() - since > KEPT_EVERY:
            tensors = {"waves": state.waves, "mean": state.mean, "square": state.square}
            arrays = {name: tensor.cpu().numpy() for name, tensor in tensors.items()}
            write_arrays(kept, arrays, json.dumps([group, state.step]))
            since = time.monotonic()
    return state


def _kept(climb: Climb, group: Group, kept: Path) -> State | None:
    arrays, note = read_arrays(kept) or ({}, "")
    members: Sequence[int]
    members, step = json.loads(note) if note else ((), 0)
    if tuple(members) != group:
        return None
    return State(step, **{n: torch.from_numpy(a).to(climb.device) for n, a in arrays.items()})
