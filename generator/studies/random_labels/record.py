"""What the study leaves: `random_labels.json`, and pictures of the twin.

`kernels.webp` are the twin's kernels of the first layer, where that looks at pixels. For each layer
with a pair, `<layer>.patches.webp` and `<layer>.reconstructions.webp` are the contact sheets of the
twin's filter of the pair.

Three networks are compared, always in this order: the network (true labels), its twin (random
labels), and the same shapes with random weights (untrained).
"""

from __future__ import annotations

from typing import Literal

from generator.atlas.schema import Record

SCHEMA: Literal[1] = 1
RECORD = "random_labels.json"
KERNELS = "kernels"
SHEETS = ("reconstructions", "patches")

Three = tuple[float | None, float | None, float | None]


class Epoch(Record):
    """Shares of pictures whose label a network knew after an epoch."""

    training: float  # of those trained on, by the labels that they were trained with
    held_out: float  # of others, by their true labels


class Learning(Record):
    """How both networks learned; of the same pictures, by the same recipe."""

    pixels: int  # side of the pictures
    pictures: int  # trained on
    held_out: int
    chance: float  # share of those held out that guesses get right
    random: tuple[Epoch, ...]
    true: tuple[Epoch, ...]


class Pair(Record):
    """Of the mutual nearest filters of a layer the two most alike."""

    true: int
    random: int
    correlation: float


class Layer(Record):
    """One layer of the three networks."""

    name: str
    filters: int
    silent: tuple[int, int, int]  # filters that respond to all stimuli alike
    selectivity: Three  # median orientation selectivity
    families: tuple[tuple[int, ...], ...]  # [3, families] filters whose best form is of each
    # Median over the network's filters of the correlation with the nearest filter of the same layer
    # of the twin, and of the untrained network.
    nearest_random: float | None
    nearest_untrained: float | None
    pair: Pair | None


class RandomLabels(Record):
    """`random_labels.json`."""

    schema_version: Literal[1] = SCHEMA
    learning: Learning
    stimuli: int
    images: int  # in which the twin's nine were looked for
    all_images: bool  # whether these are all that there are
    families: tuple[str, ...]
    layers: tuple[Layer, ...]
    # Linear CKA [layers, layers]; the rows are those of the first named. None: a layer is silent.
    cka_true_random: tuple[tuple[float | None, ...], ...]
    cka_true_untrained: tuple[tuple[float | None, ...], ...]
    cka_random_untrained: tuple[tuple[float | None, ...], ...]
    kernels: tuple[int, int] | None  # width and height of the picture; None: there is none


def sheet_name(layer: str, kind: str) -> str:
    """Return the name of a picture of the pair's filter of the twin."""
    return f"{layer}.{kind}"
