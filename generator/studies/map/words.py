"""What the site says of the map; numbers come in formatted."""

from __future__ import annotations

ABOUT = "Which images are alike to the network"
OF_IMAGE = "See it on the map of images that are alike to the network"
HEADING = "The map of {images}"
PICTURE = (
    "All {images} as small pictures on a grid of {rows} rows and {columns} columns; what lies in "
    "which part is said below, part by part"
)
NO_MAP = "No licence of these images is known, so there is no map that shows them."
ALL, SOME = "all {images}", "{images}, evenly chosen"
LABELLED = (
    "By their pixels, an image and its {neighbours} nearest neighbours share the label in {pixels} "
    "of the cases; by what {layer} makes of them, in {last}{untrained}. Chance would give {chance}."
)
UNTRAINED = ", and with random weights in {share}"
ONE_LABEL = "All labels of these images are the same, so there is nothing to count."
FEW_LABELS = "Fewer than {fewest} of these images have a label, so there is nothing to count."
NO_LABELS = "These images have no labels, so it cannot be counted how often neighbours share one."
STANDS = "The map above needs none."
CHART = "Neighbours with the same label"
CHART_CAPTION = (
    "Mean share of the {neighbours} nearest neighbours of an image; from its pixels, left, to the "
    "last layer."
)
CHART_ALT = "Share of neighbours with the same label, from the pixels to the last layer; {values}"
TABLE = "Neighbours with the same label, of {neighbours}"
BY, PIXELS, TRAINED, RANDOM, CHANCE = "By", "Pixels", "The network", "Random weights", "Chance"
MEASURED = (
    "Measured on {images}, of which {labelled} have a label, of {labels} different ones. What a "
    "layer makes of an image, its code, is a number for each filter: the mean of its map. Pixels "
    "are those of the image at 16 × 16. Near is what is a short distance away, Euclidean, with "
    "all numbers as they are. Chance is what neighbours drawn at random would have."
)
MAPPED = (
    "t-SNE brings the codes of {layer} to a plane (openTSNE, perplexity {perplexity}, begun from "
    "the first two principal components). Then each image gets a cell of its own on a grid, of all "
    "ways the one on which the squared distances moved have the least sum. Of the {neighbours} "
    "nearest neighbours of an image by its code, {plane} are among its {neighbours} nearest on the "
    "plane, and {grid} among those on the grid."
)
PARTS = (
    "The map cut into {rows} rows and {columns} columns, from top left to bottom right: how many "
    "images each part has of its most frequent labels."
)
PARTS_PLAIN = "The map cut into {rows} rows and {columns} columns, from top left to bottom right."
PART = "Row {row}, column {column}"
OTHER = "{number} of other labels"
WITHOUT = "{number} without a label"
