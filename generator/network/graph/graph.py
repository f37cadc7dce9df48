"""A network as a list of steps, each with a way up and a way down.

Values are numbered: 0 is the image, every call makes one more. A program holds only what its
watched values rest on, so running it ends at the last of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from generator.network.graph.ops import Convolution, Scaling, Step, folded

IMAGE = 0


@dataclass(frozen=True)
class Map:
    """The shape of a value for one image at the network's input size."""

    maps: int
    rows: int
    columns: int

    @property
    def bytes(self) -> int:
        """Return what it takes as float32."""
        return 4 * self.maps * self.rows * self.columns


@dataclass(frozen=True)
class Call:
    """One step in its place."""

    step: Step
    inputs: tuple[int, ...]  # values
    output: int  # the value it makes


@dataclass(frozen=True)
class Program:
    """The calls that make some watched values, in order; shapes of all values they touch."""

    calls: tuple[Call, ...]
    shapes: dict[int, Map]
    watched: tuple[int, ...]

    def run(self, images: Tensor) -> list[Tensor]:
        """Return the watched values [b, c, h, w] for whole images [b, 3, h, w]."""
        values = {IMAGE: images}  # never written over
        last = self._last_uses()
        for number, call in enumerate(self.calls):
            inputs = [values[value] for value in call.inputs]
            done = {value for value in call.inputs if last[value] == number} - {IMAGE}
            values[call.output] = call.step.whole(inputs, spent=not set(call.inputs) - done)
            for value in done:
                del values[value]
        return [values[value] for value in self.watched]

    def behind(self, watched: Sequence[int]) -> Program:
        """Return the part of the program that these values rest on."""
        needed = set(watched)
        calls = []
        for call in reversed(self.calls):
            if call.output in needed:
                needed.update(call.inputs)
                calls.append(call)
        shapes = {value: self.shapes[value] for value in sorted(needed)}
        return Program(tuple(reversed(calls)), shapes, tuple(watched))

    def folded(self) -> Program:
        """Return the program with batch normalisation made part of the convolution before it.

        Where nothing else reads that convolution; the same function up to rounding.
        """
        uses = [value for call in self.calls for value in call.inputs] + list(self.watched)
        makers = {call.output: call for call in self.calls}
        calls: dict[int, Call] = {}
        for call in self.calls:
            before = makers.get(call.inputs[0])
            if (
                isinstance(call.step, Scaling)
                and before is not None
                and isinstance(before.step, Convolution)
                and uses.count(before.output) == 1
            ):
                del calls[before.output]
                step = folded(before.step, call.step)
                calls[call.output] = replace(call, step=step, inputs=before.inputs)
            else:
                calls[call.output] = call
        return Program(tuple(calls.values()), self.shapes, self.watched).behind(self.watched)

    @property
    def largest(self) -> int:
        """Return the bytes of the largest value, for one image."""
        return max(shape.bytes for shape in self.shapes.values())

    def _last_uses(self) -> dict[int, int]:
        """Return after which call, by number, a value is needed no more; watched ones stay."""
        last = {value: number for number, call in enumerate(self.calls) for value in call.inputs}
        return last | dict.fromkeys(self.watched, len(self.calls))
