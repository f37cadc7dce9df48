"""What a study is asked of: a network beside itself with random weights, images, and the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generator.atlas.schema import LayerArrays
from generator.config import Settings
from generator.images.sets.image_set import ImageSet
from generator.network.watched import WatchedNetwork


@dataclass(frozen=True)
class Subject:
    """One network and one image set, as the studies of an atlas get them."""

    network: WatchedNetwork  # on its device
    random: WatchedNetwork  # its shapes with random weights
    images: ImageSet
    core: str  # one hash over all that the core atlas's bytes depend on
    arrays: Callable[[str], LayerArrays]  # of a layer, in the core atlas once that is finished
    patch: Callable[[str], int]  # side of a layer's patches there, input pixels
    settings: Settings
