"""A network with its weights, before any layer of it is watched: the result of every adapter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from generator.names import Size
from generator.network.weights.weights_file import load_into

MOST_WORDS = 300  # characters of what a person's code says when it fails


@dataclass(frozen=True)
class Snapshot:
    """A network's weights at one moment of its training."""

    title: str  # "epoch 5"
    file: Path  # of weights, as the setting `weights` takes it


@dataclass(frozen=True)
class LoadedNetwork:
    """A network and all that its adapter knows of it."""

    name: str
    model: nn.Module
    input_size: Size  # pixels, height and width
    mean: tuple[float, float, float]  # RGB, of values in 0…1
    std: tuple[float, float, float]
    source: str = ""  # where the weights come from, for people
    trained_on: str = ""
    weights_sha256: str = ""
    classes: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)  # layer → module; its usual layers
    choice: str = ""  # how these were chosen, in a sentence; "" where a person named them
    code_sha256: str = ""  # of the file that makes it, where it is a person's own
    channels: int = 3  # that the images have to show: 3, or 1 where they are to be grey
    random: bool = False  # whether its weights are still to be drawn
    note: str = ""  # what a person should know of its weights and layers, a line for each
    lacking: str = ""  # the error to raise where a watched layer needs what that file lacks
    history: tuple[Snapshot, ...] = ()  # in order of training, as far as they were kept
    twin: Path | None = None  # weights of the same shapes that have learned random labels

    def with_weights_of(
        self,
        file: Path,
        renamed: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict,
    ) -> Self:
        """Fill the model from a file, as `weights_file.load_into` does, and name the file."""
        digest, filled = load_into(self.model, file, renamed)
        source = f"the file {file.name}"
        return replace(self, source=source, weights_sha256=digest, **vars(filled))


def freeze(model: nn.Module) -> None:
    """Put every part into evaluation mode, and let no weight have a gradient.

    A person's class may give its methods `train` and `eval` another meaning, so none is called.
    """
    for part in model.modules():
        part.training = False
    for weight in model.parameters():
        weight.requires_grad = False


def a_weight(model: nn.Module) -> Tensor:
    """Return a tensor of the device and type in which a network computes.

    It is the first parameter or buffer that has floating-point numbers; an empty one on the CPU, in
    float32, for a network that has none.
    """
    tensors = itertools.chain(model.parameters(), model.buffers())
    return next((each for each in tensors if each.is_floating_point()), torch.empty(0))


def in_one_line(problem: BaseException) -> str:
    """Return type and text of what a person's code raised: "ValueError: no light"."""
    words = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {words[:MOST_WORDS]}" if words else type(problem).__name__
