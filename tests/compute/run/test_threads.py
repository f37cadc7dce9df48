"""Parts side by side: in order, not all at once, and the same bytes from any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.compute.project.contact_sheets import Places, reconstruct_places
from generator.compute.run.threads import side_by_side
from generator.compute.search.loop import search_batches
from generator.compute.stimuli.draw import gratings
from generator.compute.stimuli.run import respond, stage
from generator.config import Settings
from generator.images.sets.sources import open_images
from generator.names import Size
from generator.network.watched import WatchedNetwork
from generator.network.zoo import load as zoo
from tests.support.tiny_network import draw_pictures

CPU = torch.device("cpu")


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Give a function that sets how many threads PyTorch has, for this test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_order_and_parts_are_begun_when_needed(
    threads: Callable[[int], None], count: int
) -> None:
    """However long there is nobody to take them, memory holds a few."""
    threads(count)
    begun: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(20):
            begun.append(number)
            yield number

    with side_by_side(CPU) as beside:
        assert torch.get_num_threads() == 1
        results = beside.map(lambda number: (number, torch.get_num_threads()), parts())
        assert next(results) == (0, 1)
        assert len(begun) == count + 1
        assert list(results) == [(number, 1) for number in range(1, 20)]
    assert torch.get_num_threads() == count


def test_other_devices_are_not_shared() -> None:
    """There parts come one after the other, each when it is asked for."""
    begun: list[int] = []
    with side_by_side(torch.device("meta")) as beside:
        results = beside.map(begun.append, range(3))
        next(results)
        assert begun == [0]


def test_what_goes_wrong_in_a_part_is_raised_here(threads: Callable[[int], None]) -> None:
    """And the number of threads is what it was."""
    threads(2)
    with pytest.raises(ZeroDivisionError), side_by_side(CPU) as beside:
        list(beside.map(lambda number: 1 // number, [1, 0, 2]))
    assert torch.get_num_threads() == 2


def same_from_any_number(threads: Callable[[int], None], work: Callable[[], Any]) -> None:
    """Assert that something comes out the same, to the bit, from one, two, three, eight threads."""
    threads(1)
    expected = work()
    for count in (2, 3, 8):
        threads(count)
        np.testing.assert_array_equal(expected, work())


@pytest.fixture(scope="module")
def network() -> WatchedNetwork:
    """Narrow convolutions of 1 × 1, which PyTorch sums up otherwise with one thread than with two.

    So it does on processors with AVX2; elsewhere these tests may hold by themselves.
    """
    return zoo.load(
        Settings(network="torchvision:squeezenet1_1:random", input_size=Size.square(96), filters=8)
    )


def test_a_search_finds_the_same(
    network: WatchedNetwork, tmp_path: Path, threads: Callable[[int], None]
) -> None:
    """All activations, so all places."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 6)))
    settings = Settings(batch=3, workers=0)

    def work() -> np.ndarray:
        found = search_batches(settings, network, images, [0, 1], silent, silent, silent)
        return np.concatenate([layer.nine.activation.numpy() for layer in found.layers])

    same_from_any_number(threads, work)


def test_reconstructions_are_the_same(
    network: WatchedNetwork, threads: Callable[[int], None]
) -> None:
    """At the top, where sums are longest."""
    layer = network.layers[-1]
    images = torch.randn(5, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    units = np.array([[row, row] for row in range(5)])
    with torch.inference_mode(), network.watching([layer]) as run:
        maps = run(images)[0].numpy()
    filters = maps[np.arange(5), :, units[:, 0], units[:, 1]].argmax(1)  # those that answer most
    places = Places(
        filters=filters,
        places=np.zeros(5, np.int64),
        rows=np.arange(5),
        units=units,
        boxes=np.tile(np.array([0, 0, 96, 96], np.int32), (5, 1)),
        activations=maps[np.arange(5), filters, units[:, 0], units[:, 1]],
    )
    same_from_any_number(
        threads, lambda: reconstruct_places(network, layer, places, images.__getitem__)
    )


def test_responses_are_the_same(network: WatchedNetwork, threads: Callable[[int], None]) -> None:
    """Of layers whose window is small, too."""
    layer = network.layers[2]
    pictures = gratings(stage(layer, network.input_size).side)
    same_from_any_number(threads, lambda: respond(network, layer, pictures))


def silent(*_: object) -> None:
    """Take and do nothing."""
