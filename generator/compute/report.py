"""What a run did, for the command line to print."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import SkippedFile
from generator.atlas.store import Atlas


@dataclass(frozen=True)
class ComputeReport:
    """What a run did, in all its processes, and what the atlas holds."""

    images: int
    duplicates: int
    skipped: tuple[SkippedFile, ...]
    filters: dict[str, int]  # by layer
    dead: dict[str, int]  # by layer: filters that no image activates
    unchanged: bool
    searched: int = 0  # images searched by this run
    search_seconds: float = 0.0
    measures: int = 0  # filters, trained and untrained, that this run showed stimuli
    stimuli_seconds: float = 0.0
    reconstructed: int = 0  # places reconstructed by this run
    reconstruct_seconds: float = 0.0

    @classmethod
    def of(cls, atlas: Atlas) -> ComputeReport:
        """Describe an atlas that was found as it should be."""
        images, layers = atlas.manifest.images, atlas.manifest.layers
        active = {layer.name: atlas.arrays(layer.name).active for layer in layers}
        return cls(
            images=images.count,
            duplicates=images.duplicates,
            skipped=images.skipped,
            filters={layer.name: layer.filters for layer in layers},
            dead={name: int((counts == 0).sum()) for name, counts in active.items()},
            unchanged=True,
        )


@dataclass(frozen=True)
class ShardReport:
    """What a run that searched one shard did."""

    searched: int  # images, by this run
    seconds: float
    images: int  # in the whole shard
    path: str  # the file that holds what was found
