"""Values that are only moved, by any function: each place of the output against where it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from generator.network.graph.ops.moves import Gather, move
from generator.network.graph.trace import trace
from generator.network.rules import DECONVNET
from tests.support.parts import (
    MAPS,
    SIZE,
    Around,
    Part,
    drawn,
    refusal,
    require_adjoint,
    require_like_the_network,
    require_units_of,
)

H, W = SIZE


def found(value: Tensor, places: np.ndarray) -> Tensor:
    """Return the numbers [b, *places.shape] that lay at these places; 0 for -1."""
    flat = torch.cat([value.flatten(1), value.new_zeros(len(value), 1)], 1)
    return torch.stack([flat[:, int(place)] for place in places.ravel()], 1).reshape(
        -1, *places.shape
    )


@given(st.data())
def test_places_anywhere_have_their_adjoint(data: st.DataObject) -> None:
    """Some are used twice, some never, some are zeros."""
    here = data.draw(st.tuples(*[st.integers(1, 3)] * 3))
    there = data.draw(st.tuples(*[st.integers(1, 3)] * 3))
    place = st.integers(-1, int(np.prod(here)) - 1)
    count = int(np.prod(there))
    places = np.array(data.draw(st.lists(place, min_size=count, max_size=count))).reshape(there)
    assume((places >= 0).any())  # zeros alone are no move
    value = drawn(2, *here)
    op = move(places, here, torch.device("cpu"))
    if op is None:
        assert torch.equal(value, found(value, places))
    else:
        require_adjoint(op, [value], found(value, places))


@st.composite
def selections(draw: st.DrawFn) -> tuple[Part, tuple[int, int]]:
    """Draw a part that takes maps, evenly spaced rows and columns, and puts zeros around them."""
    maps = draw(st.lists(st.integers(0, MAPS - 1), min_size=1, max_size=6))
    size = draw(st.tuples(st.integers(4, 8), st.integers(4, 8)))
    steps = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    margins = draw(st.tuples(*[st.integers(-1, 2)] * 4), label="left, right, top, bottom")
    zeros = draw(st.integers(0, 2))

    def part(value: Tensor) -> Tensor:
        spread = value[:, maps, :: steps[0], :: steps[1]]
        wide = functional.pad(spread, (1, 1, 1, 1))  # so that no more is taken off than there is
        return functional.pad(wide, (*margins, zeros, zeros))

    return part, size


@given(selections())
def test_selections_have_their_adjoint(chosen: tuple[Part, tuple[int, int]]) -> None:
    """On whole maps, and for units wherever they lie."""
    part, size = chosen
    here = (MAPS, *size)
    numbers = torch.arange(1, int(np.prod(here)) + 1, dtype=torch.float64).reshape(1, *here)
    places = part(numbers)[0].numpy().astype(np.int64) - 1
    op = move(places, here, torch.device("cpu"))
    value = drawn(2, *here)
    if op is not None:
        require_adjoint(op, [value], part(value))
    require_units_of(part, MAPS, size)


def shuffled(value: Tensor) -> Tensor:
    """Shuffle maps as ShuffleNet does."""
    images, maps, height, width = value.shape
    return value.view(images, 2, maps // 2, height, width).transpose(1, 2).reshape(value.shape)


def folded(value: Tensor) -> Tensor:
    """Lay every second row and column beside one another, as YOLO's Focus does."""
    return torch.cat([value[..., row::2, column::2] for column in (0, 1) for row in (0, 1)], 1)


# What reads windows of its input, so that it stays as cheap as a window.
SELECTIONS: dict[str, Part] = {
    "chunk, cat": lambda x: torch.cat(x.chunk(2, 1), 1),
    "Focus": folded,
    "maps by number": lambda x: x[:, [2, 1, 0]],
    "maps from the second": lambda x: x[:, 1:],
    "maps turned round": lambda x: x.flip(1),
    "maps rolled": lambda x: x.roll(1, 1),
    "index_select": lambda x: x.index_select(1, torch.tensor([3, 0, 0])),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "select": lambda x: x.select(1, 2).unsqueeze(1),
    "every second": lambda x: x[:, :, ::2, ::2],
    "inner": lambda x: x[:, :, 1:-1, 1:-1],
    "ellipsis": lambda x: x[..., 1:, :-2],
    "zeros around": lambda x: functional.pad(x, (1, 1, 1, 1)),
    "zeros on some sides": lambda x: functional.pad(x, (0, 1, 2, 1)),
    "ZeroPad2d": nn.ZeroPad2d((1, 0, 2, 0)),
    "zeros and slices": lambda x: functional.pad(x, (-1, 0, 1, -2), "constant", 0),
    "option A shortcut": lambda x: functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2)),
    "chunks exchanged": lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
    "chunk": lambda x: x.chunk(2, dim=1)[1],
    "split": lambda x: torch.split(x, [1, 3], 1)[1],
    "unbind, stack": lambda x: torch.stack(x.unbind(1)[:3], 1),
    "shuffle": shuffled,
    "ChannelShuffle": nn.ChannelShuffle(2),
    "cat with zeros": lambda x: torch.cat([x.new_zeros(len(x), 2, H, W), x], 1),
    "repeat maps": lambda x: x.repeat(1, 2, 1, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "expand": lambda x: x[:, :1].expand(-1, 5, -1, -1),
    "permute, index, permute": lambda x: x.permute(0, 2, 3, 1)[..., [1, 0]].permute(0, 3, 1, 2),
}
# What moves values anywhere, so that it takes the whole map.
GATHERS: dict[str, Part] = {
    "columns turned round": lambda x: x.flip(3),
    "half a turn": lambda x: torch.rot90(x, 2, (2, 3)),
    "rows rolled": lambda x: x.roll(1, 2),
    "transpose": lambda x: x.transpose(2, 3),
    "mirrored border": lambda x: functional.pad(x, (1, 2, 2, 1), mode="reflect"),
    "ReflectionPad2d": nn.ReflectionPad2d(1),
    "repeated border": lambda x: functional.pad(x, (1, 2, 2, 1), "replicate"),
    "ring": lambda x: functional.pad(x, (1, 2, 2, 1), mode="circular"),
    "two times the rows": lambda x: x.repeat(1, 1, 2, 1),
    "under one another": lambda x: torch.cat([x, x.flip(1)], 2),
    "PixelShuffle": nn.PixelShuffle(2),
    "PixelUnshuffle": nn.PixelUnshuffle(2),
    "nearest, twice": nn.Upsample(scale_factor=2),
    "nearest, to a size": lambda x: functional.interpolate(x, size=(20, 21)),
    "nearest-exact": lambda x: functional.interpolate(x, size=(20, 21), mode="nearest-exact"),
    "columns twice": lambda x: x.repeat_interleave(2, dim=3),
}
NOTHING: dict[str, Part] = {
    "squeeze of nothing": lambda x: x.squeeze(1),
    "unsqueeze, squeeze": lambda x: x.unsqueeze(2).squeeze(2),
    "None": lambda x: x[:, :, None].squeeze(2),
    "permute there and back": lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2),
    "flatten, view": lambda x: x.flatten(1).view(x.shape),
    "cat of one": lambda x: torch.cat([x], 1),
}


@pytest.mark.parametrize("part", [*SELECTIONS, *GATHERS, *NOTHING])
def test_each_spelling_is_followed(part: str) -> None:
    """Up and down, under every rule; only what has to take the whole map does."""
    model = Around({**SELECTIONS, **GATHERS, **NOTHING}[part])
    require_like_the_network(model)
    ops = [node.op for node in trace(model, SIZE).graph(["end"], DECONVNET).nodes]
    assert any(isinstance(op, Gather) for op in ops) == (part in GATHERS)
    assert part not in NOTHING or len(ops) == 4


def written(value: Tensor) -> Tensor:
    """Write half of the maps into a new tensor."""
    output = torch.zeros_like(value)
    output[:, :2] = value[:, 2:]
    return output


def written_by_a_view(value: Tensor) -> Tensor:
    """Write a map into a part of a new tensor."""
    output = torch.zeros_like(value)
    output[:, 0].copy_(value[:, 1])
    return output


REFUSED: dict[str, tuple[Part, str]] = {
    "ones beside maps": (lambda x: torch.cat([x, torch.ones_like(x[:, :1])], 1), ""),
    "ones around": (lambda x: functional.pad(x, (1, 1), value=1.0), ""),
    "order by values": (lambda x: x[:, x.mean((0, 2, 3)).argsort()], ""),
    "numbers by values": (lambda x: x.index_select(1, x[0, :, 0, 0].topk(2)[1]), ""),
    "written over": (lambda x: x.index_fill_(1, torch.tensor([0]), 0.0), ""),
    "written into a new tensor": (written, "writes a map into another tensor"),
    "written into a part of one": (written_by_a_view, "writes a map into another tensor"),
}


@pytest.mark.parametrize("part", REFUSED)
def test_what_does_more_than_move_is_refused(part: str) -> None:
    """The part is named, whatever the empty image gives."""
    function, words = REFUSED[part]
    assert words in refusal(function)


def spread(value: Tensor) -> Tensor:
    """Put a column of zeros behind each column."""
    return torch.stack([value, torch.zeros_like(value)], -1).flatten(3)


def test_zeros_between_are_followed() -> None:
    """Also where nothing is left but zeros, which are no map."""
    require_like_the_network(Around(lambda x: spread(x).index_select(3, torch.tensor([9, 4, 2]))))
    refusal(lambda x: x[..., :2] + spread(x).index_select(3, torch.tensor([9, 1])))


def test_a_part_that_is_read_by_a_graph_and_written_over_stays() -> None:
    """Maps that are watched, or read again, are as they were made."""
    model = Around(lambda x: torch.relu_(x[:, [1, 0, 2, 3]]) + x.chunk(2, 1)[0].repeat(1, 2, 1, 1))
    require_like_the_network(model)
