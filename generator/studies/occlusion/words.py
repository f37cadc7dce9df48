"""What the pages say of the square, in sentences that views fill with numbers."""

from __future__ import annotations

from generator.studies.occlusion.record import Right

ABOUT = "Which part of an image the answer rests on"
OF_FILTER = "See its map while a square covers parts of an image"
OF_IMAGE = "The maps in full"
# Of a third of the rows, then of the columns.
WHERE = (
    ("in the upper left", "at the top", "in the upper right"),
    ("on the left", "in the middle", "on the right"),
    ("in the lower left", "at the bottom", "in the lower right"),
)
AT = "{third} (its centre {x} from the left and {y} from the top)"

SOME = "{n} evenly chosen images"
ALL = "all images ({n})"
RULE = (
    "{shown}, chosen by rule and not by eye. {looked_at} were looked at. {counts} No class comes a "
    "second time before each has come once. First come images of which the network is sure, with a "
    "probability of at least {sure}, and whose strongest activation in {layer} lies outside the "
    "middle third of the map’s rows or columns: {fitting}. Of more than were needed, those at even "
    "distances in the order of the set were taken, or the surest where the network is not sure."
)
FITTING = "{n} are so"
FITS_ONE = "one is so"
FITS_NONE = "none is so"
FEWER = "Fewer than {six} are shown, as there are no more."
COUNTS: dict[Right, str] = {
    "label": "Of these only images count whose label means the network’s most probable class, "
    "which is called the right one.",
    "no label": "No label of them means a class of the network. So what the network itself "
    "answers on the whole image stands in the place of the right class.",
    "none right": "The network is right about none of those whose label means a class. So what the "
    "network itself answers on the whole image stands in the place of the right class.",
}
HOW = (
    "The square has a side of {side}, a quarter of the input’s shorter one. Its centre moves in "
    "steps of at most {stride} over the whole input, to {positions} positions in all, and what of "
    "it would lie outside is cut off. It has the colour that is zero to the network: {red}, "
    "{green} and {blue} of 255 in red, green and blue. Each cell of a map is one position. The "
    "scale of a map begins at zero, or at its least value where that is below, and ends at its "
    "largest."
)

IMAGE = "Image"
# Of the columns, by their pictures.
TITLES = {
    "map": "Sum of the strongest map",
    "reconstruction": "Its {projection}",
    "probability": "Probability of {right}",
    "answers": "Most probable class",
}
# The same where several images stand below each other.
BRIEF_TITLES = {
    "map": "Strongest map",
    "reconstruction": "In pixels",
    "probability": "Probability",
    "answers": "Answer",
}
RIGHT = "the right class"
OWN = "the answer"
OUTLINED = "Outlined: the square where that probability falls most."
IN_FIELD = "Outlined: what the unit sees of it. ±{scale} is white or black."
IMAGE_ALT = "The image, {caption}; outlined is the square where the probability of {right} is least"
ALTS = {
    "map": "Sum of the map of filter {number} by where the square is, from {low} to {high}; least "
    "{where}",
    "reconstruction": "{projection} of the strongest activation of filter {number}; outlined is "
    "its receptive field",
    "probability": "Probability of {right} by where the square is, from {low} to {high}; least "
    "{where}",
    "answers": "Most probable class by where the square is: {classes}",
}

WITHOUT = "Without the square the network says {right}, with a probability of {probability}."
FALLS = "That falls most with the square {where}: to {low}."
FALLS_HARDLY = "Nowhere does the square make that fall by a hundredth of it."
STAYS = "At {share} of the {positions} positions the answer stays {right}."
STAYS_EVERYWHERE = "Wherever the square is, the answer stays {right}."
STAYS_NOWHERE = "Nowhere does the answer stay {right}."
STRONGEST = (
    "Of the filters of {layer} that are shown, number {number} has the highest activation, "
    "{activation}."
)
MAP_FALLS = "Its sum falls most with the square {where}: from {total} to {low}{part}."
BY = ", by {part}"
MAP_NEVER_FALLS = "Nowhere does the square make its sum, {total}, fall."
TOGETHER = "Over all positions, (a) and (c) have a correlation of {value}."
ALONE = "One of (a) and (c) is the same at all positions, so that they have no correlation."
BRIEF = "{right} at {probability} without the square, at {low} with it {where}."
COVERED = (
    "A grey square covers one part of this image after another: the probability of {right} goes "
    "from {probability} without it down to {low}."
)
BRIEF_HARDLY = "{right} at {probability} without the square, and hardly less with it anywhere."
COVERED_HARDLY = (
    "A grey square covers one part of this image after another, and the probability of {right}, "
    "{probability} without it, hardly falls."
)
LEGEND = (
    "Outlined on an image is the square where the probability falls most, on (b) what the unit "
    "sees of the image."
)
OTHERS = "{n} other classes"
OTHER = "one other class"
HEAD = ("Class", "Positions", "Mostly")
MAP_OF = "What filter {number} responds to elsewhere"
