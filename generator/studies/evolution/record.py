"""What the study leaves: `evolution.json`, and for each filter a strip, `<layer>/<number>.webp`.

A strip has a column for each snapshot and, last, one for the final weights: above the patch that
activated the filter most, below its reconstruction, both by the weights of that moment. A filter
that no image activated has grey tiles.
"""

from __future__ import annotations

from typing import Literal

from generator.atlas.schema import GUTTER, Record

SCHEMA: Literal[1] = 1
RECORD = "evolution.json"


class Layer(Record):
    """One layer. s: snapshots, without the final weights; f: filters."""

    name: str
    tile: int  # side of a patch in the strips, picture pixels
    final: tuple[int, ...]  # [f] how many images the final filter has: nine, or fewer
    # [s, f] how many of these are among the nine of that moment.
    there: tuple[tuple[int, ...], ...]
    # [s, f] correlation of the answers to stimuli with the final ones; 0 where the filter answered
    # to all alike then, None where it does in the end.
    correlation: tuple[tuple[float | None, ...], ...]


class Evolution(Record):
    """`evolution.json`."""

    schema_version: Literal[1] = SCHEMA
    snapshots: tuple[str, ...]  # titles, in order of training
    images: int  # that were looked at
    all_images: bool  # whether these are all that there are
    stimuli: int
    of_stimuli: int  # that the core shows
    layers: tuple[Layer, ...]


def strip_size(tile: int, moments: int) -> tuple[int, int]:
    """Return width and height of a strip with so many columns, picture pixels."""
    return moments * (tile + GUTTER) - GUTTER, 2 * tile + GUTTER


def strip_name(layer: str, number: int) -> str:
    """Return where a filter's strip lies in the study."""
    return f"{layer}/{number}.webp"
