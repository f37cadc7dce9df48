"""Pictures that grow, step by step, towards what the filters of a unit answer to most.

The optimiser is Adam (Kingma and Ba 2015). All that is drawn at random for a filter comes from its
own name, and pictures of several filters are computed at once but do not meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from generator.network.rules import GRADIENT, Rule
from generator.network.watched import WatchedNetwork
from generator.studies.synthetic.canvas import Canvas
from generator.studies.synthetic.motion import NUMBERS, moved
from generator.studies.synthetic.unit import OPEN, Place, Way

SEED = 1
SPREAD = 0.05  # standard deviation of a picture's numbers at the beginning
RATE = 0.05  # by which Adam moves a number in a step, about
MEANS, NEAR_ZERO = (0.9, 0.999), 1e-8  # Adam's usual ones


@dataclass(frozen=True)
class State:
    """Where the pictures of some filters are after some steps."""

    step: int
    waves: Tensor  # [b, *canvas.shape], as are Adam's two means:
    mean: Tensor
    square: Tensor


@dataclass(frozen=True)
class Climb:
    """All that the pictures of a layer's filters are made with."""

    network: WatchedNetwork
    layer: str
    way: Way
    place: Place
    canvas: Canvas
    steps: int

    @property
    def device(self) -> torch.device:
        return self.network.device

    def begin(self, filters: Sequence[int]) -> State:
        """Return the state before the first step."""
        waves = torch.stack(
            [SPREAD * torch.randn(self.canvas.shape, generator=self._chance(f)) for f in filters]
        ).to(self.device)
        return State(0, waves, torch.zeros_like(waves), torch.zeros_like(waves))

    def climb(self, filters: Sequence[int], state: State) -> Iterator[State]:
        """Yield the state after each step that is left."""
        motions = torch.stack([self._motions(f) for f in filters]).to(self.device)
        chosen = torch.tensor(filters, device=self.device)
        for step in range(state.step, self.steps):
            gradient = self._gradient(state.waves, motions[:, step], chosen)
            state = _adam(state, gradient)
            yield state

    def pictures(self, state: State) -> Tensor:
        """Return the pictures [b, 3, side, side], uint8."""
        with torch.no_grad():
            still = torch.zeros(len(state.waves), NUMBERS, device=state.waves.device)
            values = moved(self.canvas.paint(state.waves), self.place.side, still)
            return (255 * values).round().clamp(0, 255).to(torch.uint8)

    def normalised(self, pictures: Tensor) -> Tensor:
        """Return pictures [b, 3, h, w] of values in 0…1 as the network sees them."""
        mean, std = (
            torch.tensor(each, device=pictures.device)[:, None, None]
            for each in (self.network.mean, self.network.std)
        )
        return (pictures - mean) / std

    def _gradient(self, waves: Tensor, motions: Tensor, filters: Tensor) -> Tensor:
        """Return the direction [b, …], of length 1 at the pixels, in which activations grow."""
        waves = waves.detach().requires_grad_(True)
        with torch.enable_grad():
            painted = self.normalised(self.canvas.paint(waves))
            pictures = moved(painted, self.place.side, motions)
        pixels = self.place.laid(pictures.detach())
        upward = self._upward(pixels, filters, GRADIENT)
        lost = ~upward.flatten(1).any(1)
        if lost.any():
            upward[lost] = self._upward(pixels, filters, OPEN)[lost]
        length = upward.flatten(1).norm(dim=1)[:, None, None, None]
        direction = upward / torch.where(length > 0, length, 1)
        (gradient,) = torch.autograd.grad(pictures, waves, direction)
        return gradient

    def _upward(self, pixels: Tensor, filters: Tensor, rule: Rule) -> Tensor:
        """Return gradients [b, 3, side, side]; where one is not a number it shows no way."""
        return self.place.cut(self.way.upward(pixels, filters, rule)).nan_to_num(0, 0, 0)

    def _motions(self, filter_: int) -> Tensor:
        """Draw the motions [steps, 4] of a filter's picture; of more steps, the first are these."""
        return 2 * torch.rand(self.steps, NUMBERS, generator=self._chance(filter_, "motions")) - 1

    def _chance(self, filter_: int, of: str = "waves") -> torch.Generator:
        name = hashlib.sha256(f"{SEED}/{self.layer}/{filter_}/{of}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(name[:8], "big", signed=True))


def _adam(state: State, gradient: Tensor) -> State:
    """Take one step of Adam, upwards."""
    step, (first, second) = state.step + 1, MEANS
    mean = first * state.mean + (1 - first) * gradient
    square = second * state.square + (1 - second) * gradient.square()
    size = (square / (1 - second**step)).sqrt() + NEAR_ZERO
    waves = state.waves + RATE * mean / (1 - first**step) / size
    return State(step, waves, mean, square)
