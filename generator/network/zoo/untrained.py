"""A network as it was before it learned anything: the same shapes, random weights."""

from __future__ import annotations

import copy
import dataclasses

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from generator.errors import NetworkError
from generator.network.watched import WatchedNetwork
from generator.network.zoo.loaded import freeze

SEED = 0


def draw_weights(model: nn.Module, seed: int = SEED) -> None:
    """Give a model on the CPU seeded random weights.

    Convolutions and linear layers are drawn as He and others (2015) propose for ReLUs, which keeps
    signals at their size from layer to layer, with biases of zero. All other modules that can start
    afresh do so. Nobody knows how to draw what this leaves as it was, such as a kernel that a
    module keeps as a parameter or buffer of its own. A tensor with numbers along two or more axes
    is then drawn from the normal distribution of its own mean and standard deviation; any other,
    which has a number for each map at most, stays.
    """
    # Random numbers fill a tensor in the order in which it lies in memory.
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    source = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # modules that start afresh draw from torch's own
        torch.manual_seed(seed)
        for module in list(model.modules()):
            _make_plain(module)
        for module in model.modules():
            before = [(tensor, tensor.clone()) for tensor in _kernels(module)]
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=source)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            else:
                begin = getattr(module, "reset_parameters", None)
                if callable(begin):
                    begin()
            for tensor, old in before:
                if tensor.equal(old):
                    tensor.normal_(float(old.mean()), float(old.std()), generator=source)
    model.requires_grad_(False)


def untrained(network: WatchedNetwork, seed: int = SEED) -> WatchedNetwork:
    """Return the network with weights as `draw_weights` draws them, on the same device.

    The network given stays as it is. Raises NetworkError where it cannot be copied.
    """
    try:
        model = copy.deepcopy(network.model)
    except (TypeError, RuntimeError, NotImplementedError) as problem:
        raise NetworkError(
            f"the network cannot be copied, to be shown beside itself with random weights "
            f"({problem}); let it hold nothing but tensors, modules and plain values"
        ) from problem
    draw_weights(model.cpu(), seed)
    model.to(network.device)
    freeze(model)
    return dataclasses.replace(
        network,
        name=f"{network.name}, untrained",
        source=f"random weights, seed {seed}",
        trained_on="",
        weights_sha256="",
        model=model,
    )


def _kernels(module: nn.Module) -> list[Tensor]:
    """Return a module's own tensors of finite numbers along two or more axes."""
    own = (*module.parameters(recurse=False), *module.buffers(recurse=False))
    return [
        tensor.detach()
        for tensor in own
        if tensor.is_floating_point()
        and sum(length > 1 for length in tensor.shape) > 1
        and bool(tensor.isfinite().all())
    ]


def _make_plain(module: nn.Module) -> None:
    """Make weights that are computed from others, which were learned, plain parameters."""
    if parametrize.is_parametrized(module):
        for name in list(module.parametrizations):  # type: ignore[arg-type]  # a dict of modules
            parametrize.remove_parametrizations(module, name, leave_parametrized=True)
    for key, hook in list(module._forward_pre_hooks.items()):  # noqa: SLF001 - torch has no other
        if isinstance(hook, WeightNorm | SpectralNorm | BasePruningMethod):
            hook.remove(module)
            del module._forward_pre_hooks[key]  # noqa: SLF001 - as above
