"""What the pages say of the study, in sentences that views fill with numbers."""

from __future__ import annotations

ABOUT = "How little changes the answer"
# What the answer is measured against.
AGAINST = {
    "labels": (
        "Of {looked} evenly chosen images, {labelled} have a label that means a class of the "
        "network, and it answers {right} of these right. {images} of them were changed."
    ),
    "own": (
        "No label of these images means a class of the network, so what is right is not known. The "
        "network’s own answer on the unchanged image stands in its place. {images} of {looked} "
        "evenly chosen images were changed."
    ),
    "none right": (
        "Of {looked} evenly chosen images, {labelled} have a label that means a class of the "
        "network, and it answers none of these right. The network’s own answer on the unchanged "
        "image stands in the place of the right one. {images} of them were changed."
    ),
}
# By the names in the record: in the chart, and in the table.
CURVES = {
    "noise": ("noise", "Random noise: keep the answer"),
    "step": ("one step", "One step: keep the answer"),
    "projected": ("{steps} steps", "{steps} steps: keep the answer"),
    "targeted": ("to a class", "{steps} steps towards a class: do not reach it"),
}
HALF = (
    "At {budget} of 255 levels the {steps} steps have changed the answer of at least half of the "
    "images."
)
NOT_HALF = (
    "Up to {budget} of 255 levels the {steps} steps change the answer of less than half of the "
    "images."
)
NOISE = "Noise of the same size changes {noise} of {images} answers there."
CHART_TITLE = "Images that withstand, by budget."
CAPTION = (
    "Below: the most by which a value may change, in levels of 255, each twice the one before. "
    "“{steps} steps” and “one step” count images that keep the answer, “to a class” those that are "
    "not taken for the class chosen."
)
CHART_ALT = (
    "Shares of {images} images that withstand, by budget; the numbers are in the table below"
)
TABLE = "Images of {images} that withstand"
MOST_CHANGE = "Levels of 255, at most"
UNCHANGED = "0"
WHOLE = (
    "A change need not be of whole levels, as a picture’s file would have them. With whole levels "
    "alone, {whole} of {images} images withstand {steps} steps at {budget} levels; with any "
    "numbers, {exact}."
)
HOW = (
    "The largest change of a value counts, whatever the number of values; a value stays between 0 "
    "and 255. Noise is drawn once for each image: every value goes up or down by the whole budget. "
    "One step: every value goes by the budget to the side that lowers the odds of the answer. "
    "{Steps} steps: each goes {part} of the budget that way, and what goes beyond it is brought "
    "back; they begin at the image and end when the answer has changed. Towards a class: the same, "
    "to raise the odds of the class that is the least probable on the unchanged image. An image "
    "whose answer has changed at a budget counts as changed at the larger ones, which allow the "
    "smaller change; noise is tried at each alone."
)
PICTURES = (
    "{Shown} of these images, at even distances in their order, whatever came of them. In the "
    "middle is the change at the smallest budget at which {steps} steps changed the answer, else "
    "at the largest: mid-grey is none, and the budget spans the range from black to white. The "
    "steps end as soon as the answer has changed, so that the new one is seldom a sure one. The "
    "files of these pictures are rounded and compressed; the answers are those to the exact "
    "numbers."
)
NOT_SHOWN = (
    "No licence of these images is known, so none is shown here; they were measured all the same."
)
IMAGE_ALT = "{caption}, unchanged"
CHANGE_ALT = "The change, times {times}"
CHANGED_ALT = "{caption}, changed by at most {budget} of 255 levels"
BEFORE = "{name}, {probability}"
AFTER = "{name}, {probability}, by at most {budget} of 255 levels; the change is shown × {times}"
KEPT = "still {name}, {probability}, at {budget} of 255 levels; the change is shown × {times}"
LAYERS = (
    "Each image was changed as in the pictures: by the smallest budget that changed its answer, "
    "else by the largest. How far a layer moves is the norm of the difference that this makes to "
    "the maps that are shown of it, over their own norm; of all images the median. How far a "
    "filter moves is the difference that it makes to its largest activation on an image; of all "
    "images the mean, in brackets that for noise of the same budget. The five that move most are "
    "named."
)
MOVED = "moves by {attack}, with noise by {noise}"
SILENT = "answers to none of the images"
FILTER = "filter {number}"
FILTER_MOVED = "{attack} ({noise})"
LAYER = (
    "Changing {images} images by as little as it takes for another answer (at most {budget} of 255 "
    "levels a value) moves this layer by {attack} of its norm, noise of the same size by {noise}. "
    "The filters that move most are"
)
