"""A network as it was before it learned anything: the same shapes, random weights."""

from __future__ import annotations

import copy
import dataclasses

import torch
from torch import nn

from generator.network.probed import ProbedNetwork

SEED = 0


def untrained(network: ProbedNetwork, seed: int = SEED) -> ProbedNetwork:
    """Return the network with seeded random weights, on the same device.

    Convolutions and linear layers are drawn as He and others (2015) propose for ReLUs, which keeps
    signals at their size from layer to layer, with biases of zero; batch normalisation begins
    afresh. The network given stays as it is.
    """
    model = copy.deepcopy(network.model).cpu()
    # Random numbers fill a tensor in the order in which it lies in memory.
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    source = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=source)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    model.to(network.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.eval().requires_grad_(False)
    return dataclasses.replace(
        network,
        name=f"{network.name}, untrained",
        source=f"random weights, seed {seed}",
        trained_on="",
        weights_sha256="",
        model=model,
    )
