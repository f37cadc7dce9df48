"""Networks by name."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from generator.errors import ConfigError
from generator.network import zoo
from generator.network.probed import pixel_kernels


def test_the_embedded_network_kept_its_first_kernels() -> None:
    """In the order of training, each different, and none of them the last."""
    network = zoo.load("zfnet")
    now = pixel_kernels(network.model, network.layers[0])
    assert now is not None
    words = [words for _, words, _ in network.history]
    assert words[0] == "after 1 epoch"
    numbers = [int(word.split()[1]) for word in words]
    assert numbers == sorted(numbers)
    kernels = [*(kept for _, _, kept in network.history), now]
    for before, after in pairwise(kernels):
        assert before.shape == after.shape
        assert not torch.equal(before, after)
    assert all(pixel_kernels(network.model, layer) is None for layer in network.layers[1:])


def test_an_unknown_network_is_named_with_the_nearest() -> None:
    """A slip of the finger costs one line."""
    with pytest.raises(ConfigError, match=r"'zfnt'; did you mean 'zfnet'"):
        zoo.load("zfnt")
