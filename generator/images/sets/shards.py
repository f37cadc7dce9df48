"""WebDataset shards: many tars named with braces."""

from __future__ import annotations

import os
from pathlib import Path

from generator.images.captions import display_path
from generator.images.credits import read_credits
from generator.images.sets.braces import expand
from generator.images.sets.tar import Shard, TarImages, open_tars


def open_shards(spec: str) -> TarImages:
    """Open tars whose names a text with braces gives. Raises ImagesError naming what is missing."""
    tars = [Path(name) for name in expand(spec)]
    folder = Path(os.path.commonpath([tar.parent.absolute() for tar in tars]))
    shards = [Shard.of(tar, f"{tar.absolute().relative_to(folder)}/") for tar in tars]
    name = display_path(folder.resolve().name)
    return open_tars(name, shards, one_each=True, credit=read_credits(folder))
