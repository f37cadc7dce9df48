"""The nine of every moment and how many are the final ones, against a slow oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from generator.images.sets.image_set import ImageSet
from generator.images.stream import normalise
from generator.network.watched import WatchedNetwork, hooked
from generator.studies import search as module
from generator.studies.evolution.places import places_there
from generator.studies.search import search
from tests.studies.evolution.moments import SETTINGS, moments, pictures


def silent(*_: object) -> None:
    """Report nothing."""


def slow_nine(network: WatchedNetwork, images: ImageSet, layer: int) -> list[list[bytes]]:
    """Return the pixels of each filter's nine, one forward pass of the module after another."""
    seen: dict[bytes, list[float]] = {}
    for row in range(len(images)):
        pixels = images.read(row, network.input_size)
        image = normalise(torch.from_numpy(pixels)[None], network.mean, network.std)
        with torch.no_grad(), hooked(network.model, [network.layers[layer]]) as run:
            seen[pixels.tobytes()] = run(image)[0][0].amax((1, 2)).tolist()
    return [
        [
            pixels
            for pixels, values in sorted(seen.items(), key=lambda item: -item[1][filter_])[:9]
            if values[filter_] > 0
        ]
        for filter_ in range(network.layers[layer].filters)
    ]


def test_the_share_is_that_of_a_slow_count(tmp_path: Path) -> None:
    """For every layer, filter and moment; the same picture twice is one picture."""
    networks, images = moments(), pictures(tmp_path / "pictures")
    found = search(networks, images, SETTINGS, tmp_path / "record", silent)
    counted = set()
    for layer in range(2):
        last = slow_nine(networks[-1], images, layer)
        for network, state in zip(networks, found, strict=True):
            final, there = places_there(state, found[-1], layer)
            mine = slow_nine(network, images, layer)
            assert final == [len(each) for each in last]
            assert there == [len({*a} & {*b}) for a, b in zip(mine, last, strict=True)]
            counted |= set(there)
    assert 0 in counted
    assert len(counted) > 4


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch is searched twice, and the result is that of a run in one piece."""
    networks, images = moments(), pictures(tmp_path / "pictures")
    whole = search(networks, images, SETTINGS, tmp_path / "whole", silent)

    def stop(done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "SAVE_EVERY", -1.0)
    with pytest.raises(KeyboardInterrupt):
        search(networks, images, SETTINGS, tmp_path / "record", stop)
    asked = list[int]()
    streamed = module.stream  # type: ignore[attr-defined]

    def noting(
        images: ImageSet, size: object, batch: int, workers: int, numbers: list[int]
    ) -> object:
        asked.extend(numbers)
        return streamed(images, size, batch, workers, numbers)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "stream", noting)
    again = search(networks, images, SETTINGS, tmp_path / "record", silent)
    assert asked == [2, 3]
    for one, other in zip(whole, again, strict=True):
        for name, array in one.arrays().items():
            np.testing.assert_array_equal(array, other.arrays()[name])
