"""What the pages say of the study, in sentences that views fill with numbers."""

from __future__ import annotations

HOME = "What it learns from labels that say nothing"
ABOUT = "More on labels that say nothing"
NETWORKS = ("true labels", "random labels", "untrained")
LEARNED = (
    "Both networks saw {pictures} pictures of {pixels} pixels, again and again, nothing cut or "
    "turned by chance and no weight held small. With random labels it took {random} epochs to know "
    "{random_part} of them, with true labels {true} epochs for {true_part}. Of the {held_out} "
    "pictures that neither was trained on, the one is right about {random_out} and the other about "
    "{true_out}; guesses get {chance}."
)
MEASURED = (
    "The three networks were shown the same {stimuli} drawn stimuli. “True labels” is the network "
    "of this gallery, “random labels” its twin, “untrained” the same shapes with random weights. "
    "The gallery’s own network was trained longer, with larger pictures and by another recipe than "
    "the twin, so not all differences between these two are owed to the labels."
)
CKA = (
    "Linear CKA of the answers of two layers: 1 where one is the other turned, mirrored or scaled."
)
KERNELS = "The kernels of all filters of {layer}, in order of number, each on its own scale."
PAIRS = (
    "Of each layer the two filters, one of each network, whose answers to the stimuli correlate "
    "most. On the left that of the gallery’s network, with its reconstructions and its patches; on "
    "the right that of the twin, whose nine were looked for in {images}."
)
LAYER = (
    "The median filter’s orientation selectivity is {true} with true labels, {random} in a twin "
    "that was trained on random labels, and {untrained} untrained. Its nearest filter of this "
    "layer correlates by {nearest_random} in the twin, and by {nearest_untrained} among random "
    "weights."
)
CHARTS = {
    "selectivity": (
        "Orientation selectivity.",
        "The median filter of each layer, in the three networks.",
    ),
    "nearest": (
        "The nearest filter.",
        "The median filter of the gallery’s network with its nearest of the same layer.",
    ),
    "cka": (
        "Linear CKA.",
        "Each layer of the gallery’s network with the same layer of the others.",
    ),
}
CHART_ALT = "{title} The numbers are in the tables below"
CURVES = {
    "training": (
        "Pictures trained on.",
        "Share whose label the network knows, true or random, by epoch.",
    ),
    "held_out": (
        "Pictures held out.",
        "Share whose true label the network finds, by epoch.",
    ),
}
