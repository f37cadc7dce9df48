"""What `map.js` knows of the map, as a script that sets one global.

rows, columns   of the grid
sides, tile     of thumbnails and tiles, pixels; the first side is that of the whole map
pictures        address of the folder with the tiles
labels          every label, the most frequent first; "" is none
label           for each cell the index of its label; −1 where it is empty
captions        for each cell; "" where it is empty
strong          for each cell filters and per cent of their strongest activation, in turns
pages           cells whose image has a page, with its row; image: address with its row open
layer           title, and addresses of a filter's page and pictures with its number open
filters         filters that the map can be lit by: number, strongest mean, and a byte for each
                cell, base64
"""

from __future__ import annotations

import base64
import json
from typing import Any

from generator.render import urls
from generator.render.facts import Gallery
from generator.render.views.pictures import pair
from generator.render.views.search_index import NUMBER, any_filter
from generator.render.words.words import activation, shortened
from generator.studies.map.record import SIDES, SMALLEST, TILE, Grid, Shades

GLOBAL = "filterGalleryMap"
LONGEST = 48  # characters of a caption or label


def map_script(grid: Grid, gallery: Gallery, page: str) -> bytes:
    """Return the table as a script in ASCII, which no text of an image set can break out of."""
    table = json.dumps(map_table(grid, gallery, page), ensure_ascii=True, separators=(",", ":"))
    return f"window.{GLOBAL}={table};\n".encode("ascii")


def map_table(grid: Grid, gallery: Gallery, page: str) -> dict[str, Any]:
    """Return the table, ready for JSON."""
    cells = grid.rows * grid.columns
    labels = by_frequency(grid)
    label, captions, strong = [-1] * cells, [""] * cells, list[list[tuple[int, int]]]([[]]) * cells
    for place in grid.places:
        label[place.cell] = labels.index(place.label)
        captions[place.cell] = shortened(place.caption, LONGEST)
        strong[place.cell] = [(each.filter, round(100 * each.part)) for each in place.strong]
    layer = gallery.layers[-1]
    first = layer.filters[0]
    shown = pair(page, layer, first, small=True)
    return {
        "rows": grid.rows,
        "columns": grid.columns,
        "sides": (SMALLEST, *SIDES),
        "tile": TILE,
        "pictures": f"{urls.STUDIES}/map/",
        "labels": [shortened(each, LONGEST) for each in labels],
        "label": label,
        "captions": captions,
        "strong": strong,
        "image": urls.link(page, urls.image_page(0)).replace("0", NUMBER),
        "pages": {
            place.cell: place.row for place in grid.places if place.row in gallery.image_pages
        },
        "layer": {
            "title": layer.record.title,
            "page": any_filter(shown.href, first.number),
            "reconstructions": any_filter(shown.reconstructions.src, first.number),
            "patches": any_filter(shown.patches.src, first.number),
            "alt": layer.projection.title,
            "side": shown.patches.width,
        },
        "filters": [
            {
                "number": each.filter,
                "strongest": activation(each.strongest),
                "levels": _levels(grid, each),
            }
            for each in grid.filters
        ],
    }


def by_frequency(grid: Grid) -> list[str]:
    """Return all labels of a map, the most frequent first, ties by name; "" comes last."""
    counts: dict[str, int] = {}
    for place in grid.places:
        counts[place.label] = counts.get(place.label, 0) + 1
    return sorted(counts, key=lambda label: (label == "", -counts[label], label))


def _levels(grid: Grid, shades: Shades) -> str:
    levels = bytearray(grid.rows * grid.columns)
    for place, level in zip(grid.places, shades.levels, strict=True):
        levels[place.cell] = level
    return base64.b64encode(levels).decode("ascii")
