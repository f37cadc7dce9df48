"""What a person hooked onto a module is known by name."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune

from generator.network.zoo.layers import hooks_of


class Scale:
    """A hook that is an object."""

    def __call__(self, _module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return 2 * output


def halve(_module: nn.Module, inputs: tuple[Tensor, ...], by: float = 2) -> Tensor:
    """A hook before the module."""
    return inputs[0] / by


def test_hooks_are_listed_by_their_names() -> None:
    """Functions, lambdas, objects and partial functions, before the module and after it."""
    module = nn.Conv2d(3, 4, 3)
    assert hooks_of(module) == []
    module.register_forward_hook(Scale())
    module.register_forward_hook(lambda *_: None)
    module.register_forward_pre_hook(partial(halve, by=4))
    before, scale, unnamed = hooks_of(module)
    assert (before, scale) == ("halve", "Scale")
    assert unnamed == "test_hooks_are_listed_by_their_names.<lambda>"


def test_hooks_of_torch_are_nobodys() -> None:
    """They make weights, or see that inputs are what they have to be."""
    module = parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    assert hooks_of(torch.nn.utils.spectral_norm(nn.Conv2d(3, 4, 3))) == []
    assert hooks_of(module) == []
    pruned = nn.Conv2d(3, 4, 3)
    prune.random_unstructured(pruned, "weight", 0.3)  # type: ignore[no-untyped-call]
    assert hooks_of(pruned) == []
    assert hooks_of(nn.LazyConv2d(4, 3)) == []
