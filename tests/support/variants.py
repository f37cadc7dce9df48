"""Tiny atlases of networks other than the embedded one, by what is unusual about them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.support.tiny_atlas import LAYERS, NETWORK, LayerPlan, make_atlas

RANDOM = NETWORK.model_copy(
    update={"name": "tiny:random", "source": "random weights, seed 0", "classes": ()}
)
# name, filters, grid, receptive field, stride, offset, tile
RESIDUAL: tuple[LayerPlan, ...] = (
    ("conv1", 4, 112, 7, 2, -3, 7),
    ("stage1", 5, 56, 43, 4, -21, 32),
    ("stage2", 4, 28, 99, 8, -49, 32),
    ("stage3", 4, 14, 211, 16, -105, 32),  # hardly a unit sees the image alone
    ("stage4", 4, 7, 483, 32, -229, 32),  # every unit sees all of it
)
NAMED: tuple[LayerPlan, ...] = (
    ("conv1", 4, 112, 7, 2, -3, 7),
    ("mixed-3a", 4, 28, 75, 8, -33, 32),
    ("mixed-5b", 4, 7, 483, 32, -229, 32),
)
EIGHT: tuple[LayerPlan, ...] = (
    ("conv1", 4, 112, 7, 2, -3, 7),
    ("denseblock1", 4, 56, 27, 4, -13, 27),
    ("transition1", 4, 28, 75, 8, -33, 32),
    ("denseblock2", 4, 28, 107, 8, -49, 32),
    ("transition2", 4, 14, 139, 16, -61, 32),
    ("denseblock3", 4, 14, 211, 16, -105, 32),
    ("transition3", 4, 7, 227, 32, -101, 32),
    ("denseblock4", 4, 7, 483, 32, -229, 32),
)
VARIANTS: dict[str, Callable[[Path], Path]] = {
    "without stimuli": partial(make_atlas, stimuli=False),
    "guided": partial(make_atlas, rule="guided", layers=NAMED),
    "gradient": partial(make_atlas, rule="gradient", layers=RESIDUAL, stimuli=False, duplicates=3),
    "random": partial(make_atlas, network=RANDOM, layers=EIGHT, labels=("",)),
    "one layer": partial(make_atlas, layers=NAMED[-1:], stimuli=False, labels=("",)),
    "one per label": partial(make_atlas, layers=LAYERS[:2], one_per_label=True, duplicates=12),
}
