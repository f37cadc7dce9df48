"""What other sites and search engines read: a picture for each layer, and the list of pages."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

from generator.render import urls

WIDTH, HEIGHT = 1200, 630  # pixels, as the common services expect a card
SHEET = 576
PAPER = (252, 252, 250)


def social_card(reconstructions: Path, patches: Path) -> bytes:
    """Return a JPEG of one filter: reconstructions left, patches right, as on the pages."""
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    edge = (WIDTH - 2 * SHEET) // 3
    for number, path in enumerate((reconstructions, patches)):
        with Image.open(path) as sheet:
            # Small sheets hold single pixels: whole squares stay whole.
            how = Image.Resampling.NEAREST if sheet.width < SHEET // 2 else Image.Resampling.LANCZOS
            large = sheet.convert("RGB").resize((SHEET, SHEET), how)
        card.paste(large, (edge + number * (SHEET + edge), (HEIGHT - SHEET) // 2))
    stream = io.BytesIO()
    card.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def sitemap(base_url: str, pages: Iterable[str]) -> str:
    """Return sitemap.xml for these pages, in order of path."""
    listed = "".join(
        f"<url><loc>{escape(urls.absolute(base_url, page))}</loc></url>\n"
        for page in sorted(pages)
        if page != urls.NOT_FOUND
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n'
    )
