"""Facts and words for the images that won a place."""

from __future__ import annotations

from collections.abc import Iterable

from generator.atlas.schema import ImageRecord
from generator.errors import ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet


def image_records(images: ImageSet, rows: Iterable[int]) -> list[ImageRecord]:
    """Describe the images of these rows, in rising order of rows.

    Raises ImagesError for one that cannot be read any more.
    """
    credit = images.credits()
    records = []
    for row in sorted(rows):
        path = display_path(images.path(row))
        try:
            width, height = images.original_size(row)
        except PictureError as problem:
            raise ImagesError(
                f"{path}: was readable during the search and is not now ({problem}); "
                "put it back, or start without it, with --anew"
            ) from problem
        records.append(
            ImageRecord(
                row=row,
                path=path,
                label=images.label(row),
                caption=images.caption(row),
                width=width,
                height=height,
                licence=credit.licence if credit else "",
            )
        )
    return records
