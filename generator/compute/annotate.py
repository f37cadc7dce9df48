"""Facts and words for the images that won a place."""

from __future__ import annotations

from generator.atlas.schema import ImageRecord
from generator.errors import ImagesError
from generator.images.folder import (
    Listing,
    UnreadableImage,
    caption_of,
    display_path,
    label_of,
    original_size,
)


def image_records(
    listing: Listing, rows: list[int], captions: dict[str, str], licence: str
) -> list[ImageRecord]:
    """Describe the images of these rows, in rising order of rows."""
    records = []
    for row in sorted(rows):
        path = listing.paths[row]
        try:
            width, height = original_size(listing.root / path)
        except UnreadableImage as problem:
            raise ImagesError(
                f"{display_path(path)}: was readable during the search and is not now ({problem}); "
                "put it back, or run the command again without it"
            ) from problem
        records.append(
            ImageRecord(
                row=row,
                path=display_path(path),
                label=label_of(path),
                caption=caption_of(path, captions),
                width=width,
                height=height,
                licence=licence,
            )
        )
    return records
