"""Elements of several values, moved by any function, are found again by a walk over all numbers."""

from __future__ import annotations

from math import prod
from random import Random

import torch
from hypothesis import given
from hypothesis import strategies as st

from generator.network.graph.elements import Elements

SHAPES = [(1, 2, 3, 4), (1, 5), (1, 1, 2, 2)]


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=6), st.randoms())
def test_moved_elements_are_those_of_their_values(chosen: list[int], random: Random) -> None:
    """Values in order of use; a place counts through those that are used; −1 is a zero."""
    elements = Elements()
    values = [elements.add(shape) for shape in SHAPES]
    assert values == [0, 1, 2]
    given_, expected = [], []
    order = list(dict.fromkeys(number for number in chosen if number >= 0))
    for number in chosen:
        if number < 0:
            given_.append(0.0)
            expected.append(-1)
            continue
        tensor = torch.empty(SHAPES[number])
        place = random.randrange(tensor.numel())
        given_.append(float(elements.of(number, tensor).flatten()[place]))
        before = sum(prod(SHAPES[other]) for other in order[: order.index(number)])
        expected.append(before + place)
    sources, places = elements.sources(torch.tensor(given_, dtype=torch.float64))
    assert sources == order
    assert places.tolist() == expected
