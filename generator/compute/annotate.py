"""Facts and words for the images that won a place."""

from __future__ import annotations

import json
from pathlib import Path

from generator.atlas.schema import ImageRecord
from generator.errors import ImagesError
from generator.images.folder import (
    Listing,
    caption_of,
    display_path,
    label_of,
    original_size,
)

CAPTIONS = "captions.json"  # relative path → text, at the root of an image set


def image_records(listing: Listing, rows: list[int], licence: str) -> list[ImageRecord]:
    """Describe the images of these rows, in rising order of rows."""
    texts = read_captions(listing.root)
    records = []
    for row in sorted(rows):
        path = listing.paths[row]
        width, height = original_size(listing.root / path)
        records.append(
            ImageRecord(
                row=row,
                path=display_path(path),
                label=label_of(path),
                caption=caption_of(path, texts),
                width=width,
                height=height,
                licence=licence,
            )
        )
    return records


def read_captions(root: Path) -> dict[str, str]:
    """Return the set's own captions; none where it has no captions.json."""
    file = root / CAPTIONS
    if not file.exists():
        return {}
    try:
        texts = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as problem:
        raise ImagesError(f"{file}: cannot be read ({problem}); mend or remove it") from problem
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ImagesError(f"{file}: must map relative paths to texts; mend or remove it")
    return texts
