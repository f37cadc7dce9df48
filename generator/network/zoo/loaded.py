"""A network with its weights, before anything of it is watched: what every adapter gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True)
class LoadedNetwork:
    """A network and what its adapter knows of it; `zoo.load` chooses the layers to watch."""

    name: str
    model: nn.Module
    input_size: int  # pixels, height and width
    mean: tuple[float, float, float]  # RGB, of values in 0…1
    std: tuple[float, float, float]
    source: str = ""  # where the weights come from, for people
    trained_on: str = ""
    weights_sha256: str = ""
    classes: tuple[str, ...] = ()
    code_sha256: str = ""  # of the file that makes it, where it is a person's own
    random: bool = False  # whether its weights are still to be drawn
    layers: Mapping[str, str] = field(default_factory=dict)  # name → module; none are known: empty
    history: tuple[tuple[str, str, Tensor], ...] = ()  # as in WatchedNetwork
