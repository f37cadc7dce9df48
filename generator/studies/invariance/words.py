"""What the site says of moved, scaled and turned images; numbers come in formatted."""

from __future__ import annotations

import math

from generator.render.words.words import NO_BREAK, signed
from generator.studies.invariance.record import Kind

ABOUT = "When an image is moved, scaled or turned"
TITLES: dict[Kind, str] = {
    "shift": "Moved up and down",
    "scale": "Scaled",
    "rotation": "Turned",
}
# How far the first of the steps leads, as a part of the last.
GROWTH: dict[Kind, str] = {
    "shift": "The first {first} take an image {parts} of the way that {last} take it; in even "
    "steps it would be {even}.",
    "scale": "Scaled {first}, an image goes {parts} of the way that it goes scaled {last}; in even "
    "steps it would be {even}.",
    "rotation": "The first {first} take an image {parts} of the way that {last} take it; in even "
    "steps it would be {even}.",
}
PART = "{part} {of}"
OF_SCORES, OF_LAYER = "in the scores", "at {layer}"
ANSWERS = (
    "The most probable class is that of the image as it is for {first} of the images at {first_at}"
    " and for {last} at {last_at}."
)
HALF = "Upside down, it is so for {share}."
ALWAYS = " At nine in ten of the turns or more, it stays for {images}{names}."
QUARTERS = " At each quarter turn, and at no angle half-way between, it stays for {images}{names}."
MORE = "{more} more"
NOT_KNOWN = "What this does to the answers is not known: the values are no numbers."
FLAT = "Nothing that was measured changes with it."
RIGHT = "Probability of the right class"
OWN = "Probability of the answer"
OWN_MEANING = (
    "No label of these images means a class of the network. So what is followed is the class that "
    "the network itself finds most probable in the image as it is, right or not."
)
NO_CLASSES = "There are no charts of probabilities: {reason}. The last layer stands for the answer."
NO_CLASSES_ONE_LAYER = "There are no charts of probabilities: {reason}."
DISTANCE = "{what}: distance"
SCORES = "Scores"
APART = "Two different images: {apart} (median)."
ALT = "{title} by {axis}; median {values}. The table below says the same."
ALT_NOTHING = "{title} by {axis}; no value is known."
AXES: dict[Kind, str] = {"shift": "shift", "scale": "scale", "rotation": "angle"}
RULE = (
    "Of each class that is answered rightly, the image of which the network is surest; of these "
    "the surest five{others}."
)
OTHERS = ". There are fewer such classes, so the surest of the other images follow"
RULE_OWN = (
    "Of each class that the network finds most probable for an image, the image of which it is "
    "surest; of these the surest five{others}."
)
RULE_PLAIN = "At even distances in the order of the set."
NOT_SHOWN = (
    "No licence is known for these images, so none is shown enlarged, and the charts have the "
    "median alone."
)
ALL = "all {images}"
SOME = "{images}, evenly chosen"
LEGEND = (
    "A thin line with a number is one of the five images above; the thick line is the median of "
    "{images}, and the band holds the middle half of them."
)
LEGEND_FEW = "A thin line with a number is one of the images above; the thick line is the median."
LEGEND_ALONE = "The line is the median of {images}, and the band holds the middle half of them."
STRIP = "Image {number}, {caption}: as it is, {rest}"
TAKEN = "{answer}, {probability}"
TAKEN_WRONGLY = "{answer}, {probability}, and another class is more probable"
MEASURED = (
    "Measured on {images}. The distance is Euclidean, between all values of the maps that are "
    "shown of a layer, or the scores of all classes before the softmax, of the changed image and "
    "of the image as it is. Of two different images one stands half the chosen ones behind the "
    "other. "
    "An image is moved by whole pixels, and scaled and turned around its middle, counter-clockwise,"
    " with bilinear interpolation; what comes in from beyond its border is the mean colour, which "
    "is zero to the network. Shifts are those of the paper for an input 224 pixels high, and in "
    "proportion for others; here it is {height} pixels high. “Same answer” is the share of images "
    "whose most probable class stays."
)
LAYER = (
    "At this layer an image that is {changes} of the way to another image: the median of {images}, "
    "against the distance between two different ones."
)
CHANGES: dict[Kind, str] = {
    "shift": "moved by {first} is {part}",
    "scale": "scaled {first} {part}",
    "rotation": "turned by {first} {part}",
}
NO_CHANGE = "as it is"


def step(kind: Kind, value: float) -> str:
    """Return a step in words: 60 px up, 1.4 times, 45°."""
    if kind == "shift":
        pixels = f"{abs(value):.0f}{NO_BREAK}px"
        return f"{pixels} {'up' if value < 0 else 'down'}" if value else "0"
    if kind == "scale":
        return f"{value:g}{NO_BREAK}times" if value != 1 else "1"
    return f"{signed(round(value))}°"


def size(kind: Kind, value: float) -> str:
    """Return how large a step is, whatever its direction."""
    return f"{abs(value):.0f}{NO_BREAK}px" if kind == "shift" else step(kind, value)


def percent(value: float | None) -> str:
    """Return a share or probability, 0…1: 97 %, 0.3 %, less than 0.1 %; a dash if not known."""
    if value is None or not math.isfinite(value):
        return "–"
    part = 100 * value
    if 0 < part < 0.1:
        text = "less than 0.1"
    elif 99.9 < part < 100:
        text = "more than 99.9"
    else:
        text = f"{part:.1f}".removesuffix(".0") if part < 1 or part > 99 else f"{part:.0f}"
    return f"{text}{NO_BREAK}%"
