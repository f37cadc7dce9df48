"""What the pages say of classes, in sentences that views fill with numbers."""

from __future__ import annotations

from generator.render.words.words import NO_BREAK, activation

ABOUT = "What the score of each class rests on"
EXACT = (
    "Each number that the network weighs comes from one map of {layer}, as its maximum or its mean "
    "does, and the weighing is linear: the score of a class is exactly the sum of what the filters "
    "add, and a constant."
)
BY_GRADIENT = (
    "Between {layer} and the scores the network is not linear, so a score is no sum over filters. "
    "What a filter adds is taken to be its activation times the gradient of the score, summed over "
    "its map. That is how much it counts for small changes, and does not sum up to the score."
)
NO_IMAGE = "No image of this set is of the class by its label"
BASIS = {
    "own": "Beside each filter stands the mean of it over {images} of the class.",
    "all": "Beside each filter stands the mean of it over all {images}, as none is of the class by "
    "its label.",
    "taken": "Beside each filter stands the mean of it over {images} that the network takes for "
    "the class, as none is of it by its label.",
    "none": NO_IMAGE + ", and the network takes none for it, so nothing is known of its filters.",
}
MATCHED = "{n} of {images} have such a label."
NO_LABELS = (
    "No label of the images means a class of the network, so nothing is said of how often it is "
    "right. {how}."
)
WITHOUT_CLASS = "Labels that mean no class: {labels}."
SOME = "{n} evenly chosen images"
LEAD = "The network names {right} of {images} of this class right."
ROWS = ("Named right, the surest", "Named otherwise, the surest", "Others named so, the surest")
SHOWN = "{probability} {answer}"
ALT = "Whole image, labelled {label}"
ALT_BARE = "Whole image"
TAKEN_FOR = "Its images are most often taken for"
TAKEN_FROM = "Most often taken for it are images of"
NOTHING_TAKEN = "none other"
FILTER = (
    "What this filter adds to the score of a class, the mean over {over}. It speaks for the "
    "classes that it adds most to, and against those that it takes most from."
)
FILTER_NOTHING = "This filter adds nothing to the score of any class."
LAYER = (
    "For each class the filter that adds most to its score, the mean over {over}. In brackets "
    "stands how much it adds."
)
OVER = {True: "the images of the class", False: "the images that the page of the class names"}
ESTIMATE = "It is an estimate: activation times gradient."
MORE = {
    True: "The {n} with the most images are shown; the others have their pages.",
    False: "The first {n} are shown; the others have their pages.",
}
IMAGE = "What the network takes it for"
RIGHT = "Its label means {name}."
TRAINED = "The network may have been trained on this image."
NO_CLASS = "Its label means no class of the network."


def added(value: float) -> str:
    """Return what a filter adds to a score: "+3.41", "−0.82"."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{activation(abs(value))}"


def probability(value: float) -> str:
    """Return a probability in per cent: 97 %, 3.1 %, 0.042 %."""
    percent = 100 * value
    if percent < 0.01:
        text = "less than 0.01"
    elif percent >= 99.5:
        text = "more than 99" if percent < 100 else "100"
    else:
        text = f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
    return f"{text}{NO_BREAK}%"
