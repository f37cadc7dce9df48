"""What a study is asked of: a network beside itself with random weights, images, and the core."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from generator.atlas.schema import LayerArrays
from generator.atlas.store import Atlas
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
    atlas: Callable[[], Atlas]  # the core atlas, once that is finished
    settings: Settings

    def arrays(self, layer: str) -> LayerArrays:
        """Return a layer's arrays in the core atlas."""
        return self.atlas().arrays(layer)

    def patch(self, layer: str) -> int:
        """Return the side of a layer's patches in the core atlas, input pixels."""
        return self.atlas().manifest.layer(layer).patch

    @property
    def licensed(self) -> bool:
        """Say whether images may be shown larger than the gallery shows them anyway."""
        credit = self.images.credits()
        return credit is not None and bool(credit.licence)

    @property
    def classes_sha256(self) -> str:
        """Return sha256, in hexadecimal, over the names of the network's classes."""
        return hashlib.sha256(json.dumps(self.network.classes).encode()).hexdigest()
