"""One filter of an atlas, for a person who looks at it in a notebook."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path

from generator.atlas.schema import ImageRecord


@dataclass(frozen=True)
class Filter:
    """A filter with its places, strongest first; a notebook shows its pictures."""

    layer: str
    number: int
    activations: tuple[float, ...]  # at most nine; none for a dead filter
    units: tuple[tuple[int, int], ...]  # row, column in the layer's map
    images: tuple[ImageRecord, ...]
    patches: Path  # contact sheet, row by row
    reconstructions: Path
    rule: str  # by which these were made

    def _repr_html_(self) -> str:
        """Show the contact sheets side by side, with labels and activations in words."""
        title = escape(f"{self.layer}, filter {self.number}")
        if not self.activations:
            return f"<p><b>{title}</b>: no image activates it.</p>"
        sheets = "".join(
            f'<img src="data:image/webp;base64,{base64.b64encode(path.read_bytes()).decode()}" '
            f'width="288" height="288" alt="{words}" style="margin-right:8px">'
            for path, words in (
                (self.reconstructions, f"Reconstructions of {title} ({escape(self.rule)})"),
                (self.patches, f"Patches of {title}"),
            )
        )
        places = "; ".join(
            f"{escape(image.label or image.caption)} {activation:.3g}"
            for image, activation in zip(self.images, self.activations, strict=True)
        )
        return f"<figure><figcaption><b>{title}</b>: {places}</figcaption>{sheets}</figure>"
