"""Facts and words for the images that won a place."""

from __future__ import annotations

from generator.atlas.schema import ImageRecord
from generator.images.folder import (
    Listing,
    caption_of,
    display_path,
    label_of,
    original_size,
    read_captions,
)


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
