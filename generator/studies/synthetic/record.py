"""What crosses from computing to rendering: a record, and two numbers for each filter."""

from __future__ import annotations

from typing import Literal

from generator.atlas.schema import Record

RECORD = "synthetic.json"


class Layer(Record):
    """One layer. Lengths in input pixels; numbers by filter."""

    name: str
    side: int  # of each picture
    shift: int  # by which the pictures were moved; 0: they are too small for that
    # Activations of the units by their own pictures, as these are stored.
    activation: tuple[float, ...]
    shifted: tuple[float, ...]  # mean over the picture moved up, down, left and right


class SyntheticRecord(Record):
    """`synthetic.json`."""

    schema_version: Literal[1] = 1
    steps: int
    seed: int
    layers: tuple[Layer, ...]


def picture(layer: str, filter_: int) -> str:
    """Return the path of a filter's picture inside the study's folder."""
    return f"{layer}/{filter_}.webp"
