"""What the live page says of itself, in sentences that need no number from the browser."""

from __future__ import annotations

PRIVACY = (
    "Your picture stays on your machine. The network is sent to your browser and runs there; the "
    "page cannot send anything anywhere, because its policy forbids the browser every connection. "
    "The camera starts only when you ask for it."
)
WITHOUT_SCRIPTS = (
    "This page runs the network in your browser and needs scripts, which are switched off here. "
    "All other pages can be read without them."
)
SIZE = (
    "So much is fetched once you start: layers 1 and 2 can be looked at after the first part. The "
    "sizes are those of compressed files, as servers send them."
)
SIZE_OF_ONE = "So much is fetched once you start, as compressed files, the way servers send them."
MAPS = (
    "Each square is the activation map of one filter, bright where it answers to your picture: "
    "white is as strong as on the strongest 1 % of the gallery’s images. On its own scale a map is "
    "white where its largest value is, however weak."
)
RANK = (
    "The filters whose strongest activation lies highest among what the gallery’s {images} "
    "activate them with, as read from histograms with bins 9 % wide; of those above all, the ones "
    "that are furthest above what one image in a hundred brings out."
)
RECONSTRUCTION = (
    "The unit that you choose is carried back to the pixels. Mid-grey is zero. By the rule of this "
    "gallery: {honest}"
)
NAME = (
    "The network divides a probability of 1 among its {classes}. It has no way to answer that your "
    "picture is none of them."
)
COVER = (
    "A grey square covers a part of the picture, and the network looks again. Where the value "
    "falls most, it rested on what is covered, or the square itself misled the network."
)
DREAM = (
    "The picture itself is changed, step after step, so that what you choose answers more. What "
    "appears was not in the picture: the filters put it there."
)
FOOL = (
    "Every value of the picture is changed by at most so many of 255 levels, in the direction "
    "that takes the answer away fastest, or brings the one that you choose. Beside it stands "
    "random noise of the same size: where noise changes nothing, it is not the size of the change "
    "that does it."
)
PRECISION = (
    "The pages of this gallery were made with full weights. Here each weight is a whole number "
    "from −127 to 127 times a scale of its map, so that the network is a quarter as large. The "
    "change is the norm of the difference that this makes to a layer’s activations, over their own "
    "norm, measured on the pictures to begin with."
)
NO_CLASSES = "{modes} need a network with classes. {reason}"
THIS_HAS_NONE = "This one has none."

# Name and title of each mode, in order, and whether it needs classes.
MODES = (
    ("look", "Look", False),
    ("reconstruct", "Reconstruct", False),
    ("name", "Name", True),
    ("cover", "Cover", False),
    ("dream", "Dream", False),
    ("fool", "Fool", True),
)
