"""How pages speak of the pictures on the left, by the rule that made them.

One table, so that no template and no view decides anything by the name of a rule. The sources:
Zeiler and Fergus (2014) for the deconvnet, Springenberg and others (2015) for guided
backpropagation, Simonyan and others (2014) for the gradient, Nie and others (2018) for what such
pictures show.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.names import Rule
from generator.render.words.words import first_capital


@dataclass(frozen=True)
class Projection:
    """The words for one activation carried back to the pixels."""

    one: str
    many: str
    honest: str  # one sentence: what such a picture is, and what it is not

    @property
    def title(self) -> str:
        """Return "Reconstructions", to begin a sentence or to name a picture."""
        return first_capital(self.many)


PROJECTIONS: dict[Rule, Projection] = {
    "deconvnet": Projection(
        "reconstruction",
        "reconstructions",
        "A reconstruction is the deconvnet’s projection of one activation to the pixels, and part "
        "of what it shows is the image itself.",
    ),
    "guided": Projection(
        "guided gradient",
        "guided gradients",
        "A guided gradient is made by guided backpropagation: it looks sharp because it partly "
        "restores the image, whatever the filter prefers.",
    ),
    "gradient": Projection(
        "gradient",
        "gradients",
        "A gradient says how each pixel would have to change to raise the activation a little; it "
        "is noisy, and is no picture of what caused it.",
    ),
}
