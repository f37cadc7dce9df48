"""What the site says of the control; numbers come in formatted."""

from __future__ import annotations

from generator.names import Rule
from generator.render.words.rules import Projection

MOST_NAMED = 8  # layers in a sentence
WHAT = (
    "Each {one} of this layer was made again with random weights: of the same unit, in the same "
    "image, by the same rule. A network of random weights has learned nothing, so what both {many} "
    "share comes from the image and from the layout of the network."
)
KEY = (
    "Lines join medians, bars hold the middle half of the filters. Broken and thin: trained "
    "weights up to the layer before, random ones only from there on."
)
ROWS = "Correlation with\nrandom weights\nfrom 0 to 1"
HEIGHT = 7  # of the chart, lines
FILTER = (
    "The {many} of the same places, made with random weights in place of the trained ones. The "
    "correlation of both, pixel by pixel, is {value}. The median of the layer’s filters is "
    "{layer}; 1 would be the same picture, 0 nothing in common."
)
FILTER_OWN = (
    "With trained weights up to {below}, and random ones only from there on, it is {own} in the "
    "median."
)
PLACES = "{middle} in the median of its {places} places, from {low} to {high}"
NOT_KNOWN = (
    "The {many} of the same places, made with random weights in place of the trained ones. In "
    "each place one of both is the same grey everywhere, so that they cannot be compared."
)
LAYER = (
    "At this layer the correlation of both is {middle} for the median filter, and from {low} to "
    "{high} for the middle half; {above} it is above one half."
)
LAYER_OWN = (
    "With trained weights up to {below}, and random ones only from there on, it is {middle} for "
    "the median filter, and from {low} to {high} for the middle half."
)
NO_FILTER = "At this layer no filter has two {many} that can be compared."
AS_MUCH = (
    "The control shows as much: with random weights the {many} of these places are much the same "
    "(correlation {value}), so that they are no evidence of what the filter has learned."
)


def how(rule: Rule, projection: Projection) -> str:
    """Say what is done, and what of it is set."""
    gates = (
        "The network of random weights sees the same images, and each unit is set to 1, whatever "
        "it answers."
        if rule == "deconvnet"
        else "The network of random weights sees the same images. Where it shuts the unit itself, "
        f"its {projection.one} is zero everywhere, and the place does not count."
    )
    return (
        f"{gates} The correlation is Pearson’s, over those pixels of the receptive field that lie "
        "in the image and the three channels; a filter has the median of its places. Each tile has "
        "a scale of its own."
    )
