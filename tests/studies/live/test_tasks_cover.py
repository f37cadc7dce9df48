"""The covered picture and the whole map, in Node against a loop in PyTorch."""

from __future__ import annotations

import numpy as np
import torch

from tests.studies.live import node
from tests.studies.live.tiny_live import COLUMNS, ROWS, picture, planar, tiny_live


def covered(pixels: torch.Tensor, row: int, column: int, side: int) -> torch.Tensor:
    """The picture [3, h, w] with a square of 128: by a mask of distances, not by slices."""
    rows, columns = torch.arange(ROWS)[:, None], torch.arange(COLUMNS)[None]
    low, high = -(side // 2), side - side // 2
    inside = (rows - row >= low) & (rows - row < high)
    inside = inside & (columns - column >= low) & (columns - column < high)
    return torch.where(inside, torch.tensor(128.0, dtype=torch.float64), pixels)


def test_one_square() -> None:
    """The probability under a square is PyTorch's, also where it hangs over an edge."""
    tiny, pixels = tiny_live(0), picture(0)
    places = [[10, 12, 7], [0, 0, 6], [ROWS - 1, COLUMNS - 1, 9], [5, 49, 1], [18, 20, 200]]
    body = (
        "await ready(); const answers = []; for (const [row, column, side] of given.places)"
        " answers.push((await ask({ask: 'cover', row, column, side})).answer); return answers;"
    )
    answers = node.run(body, tiny.given(pixels, places=places))
    first = int(tiny.scores(planar(pixels)).argmax())
    for answer, (row, column, side) in zip(answers, places, strict=True):
        expected = torch.softmax(tiny.scores(covered(planar(pixels), row, column, side)), 0)
        np.testing.assert_allclose(answer["probability"], expected[first], rtol=1e-5)
        assert answer["top"][0][0] == int(expected.argmax())
        assert answer["grey"] == [128, 128, 128]


def test_whole_map() -> None:
    """The map is a loop's, square by square; its lowest place is the lowest."""
    tiny, pixels, target = tiny_live(1, "hidden"), picture(1), 3
    body = (
        "await ready(); const seen = [];"
        "const ended = await ask({ask: 'coverAll', side: 9, stride: 8, target: given.target},"
        " ({done, of}) => seen.push([done, of])); return [ended.answer, seen];"
    )
    answer, seen = node.run(body, tiny.given(pixels, target=target))
    rows, columns = [4, 12, 20, 28, 36, 44], [4, 12, 20, 28, 36, 44, 49]
    expected = [
        float(torch.softmax(tiny.scores(covered(planar(pixels), row, column, 9)), 0)[target])
        for row in rows
        for column in columns
    ]
    np.testing.assert_allclose(answer["map"], expected, rtol=1e-5)
    assert (answer["rows"], answer["columns"]) == (6, 7)
    assert seen == [[n, 42] for n in range(1, 43)]
    whole = torch.softmax(tiny.scores(planar(pixels)), 0)[target]
    np.testing.assert_allclose(answer["whole"], whole, rtol=1e-5)
    at = int(np.argmin(expected))
    lowest = answer["lowest"]
    assert (lowest["row"], lowest["column"]) == (rows[at // 7], columns[at % 7])


def test_a_filter_under_cover() -> None:
    """Without classes, a filter's largest activation is asked about."""
    tiny, pixels = tiny_live(2, "none"), picture(2)
    body = (
        "await ready(); return (await ask({ask: 'cover', row: 9, column: 9, side: 11,"
        " target: {layer: 'layer2', filter: 1}})).answer;"
    )
    answer = node.run(body, tiny.given(pixels))
    expected = tiny.values(covered(planar(pixels), 9, 9, 11))[5][1].max()
    np.testing.assert_allclose(answer["activation"], expected, rtol=1e-5)


def test_bad_squares() -> None:
    """A side or a step that is no whole number is named."""
    body = (
        "await ready(); return [(await ask({ask: 'cover', row: 1, column: 1, side: 0})).error,"
        "(await ask({ask: 'coverAll', side: 4, stride: 1.5})).error,"
        "(await ask({ask: 'cover', row: 1, column: 1, side: 4, target: 6})).error];"
    )
    assert node.run(body, tiny_live(0).given(picture(0))) == [
        "The side of the square is 0; it must be a whole number of pixels from 1 on.",
        "The step between squares is 1.5; it must be a whole number of pixels from 1 on.",
        "There is no class 6; the classes are 0 to 5.",
    ]
