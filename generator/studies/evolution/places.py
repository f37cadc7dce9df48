"""What stands in the places of a filter, at one moment and in the end."""

from __future__ import annotations

import torch

from generator.compute.search.state import SearchState


def places_there(found: SearchState, final: SearchState, layer: int) -> tuple[list[int], list[int]]:
    """Return how many images each filter has in the end, [f], and how many of them it had, [f].

    Images of the same pixels are one image.
    """
    mine, last = (_contents(state, layer) for state in (found, final))
    kept = [len(set(a) & set(b)) for a, b in zip(mine, last, strict=True)]
    return [len(each) for each in last], kept


def _contents(state: SearchState, layer: int) -> list[list[int]]:
    """Return what stands in the places of each filter, as hashes of pixels."""
    rows = state.layers[layer].nine.image.numpy()
    return [state.content[line[line >= 0]].tolist() for line in rows]


def strongest(state: SearchState, layer: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return row [f], −1 where there is none, unit [f, 2] and activation [f] of the first place."""
    nine = state.layers[layer].nine
    return nine.image[:, 0], nine.unit[:, 0], nine.activation[:, 0]
