"""What the pages say of the training, in sentences that views fill with numbers."""

from __future__ import annotations

ABOUT = "How the layers settled"
HOME = "How the filters came to be"
SOME = "{n} evenly chosen images"
FILTER = (
    "A column for each moment of the training. Above is the patch that then activated the filter "
    "most among {images}, below what the weights of that moment made of it; mid-grey is zero, and "
    "each has a scale of its own. Under it stands how many of its final {nine} images were among "
    "its {nine} then, and the correlation of its answers to {stimuli} stimuli with the final ones."
)
ALT = "{layer}, filter {number}: strongest patch, and its {projection} below, {moments}"
FIGURE = (
    "{filters} at even distances in order of number, as in figure 4 of Zeiler and Fergus. From "
    "left to right: {moments}. Above the patch that then activated the filter most, below what "
    "the weights of that moment made of it."
)
ONE_EACH = (
    "The filter in the middle of each layer’s order, as one example; the pages of the layers show "
    "six, those of the filters every one."
)
# By what is measured.
HALF = {
    "share": "The median filter has at least half of its final images among its nine from {title} "
    "on.",
    "correlation": "The correlation of its answers to stimuli with the final ones is at least 0.5 "
    "from {title} on.",
}
NOT_HALF = {
    "share": "The median filter has less than half of its final images among its nine at {title}, "
    "the last snapshot ({value}).",
    "correlation": "The correlation of its answers to stimuli with the final ones is below 0.5 at "
    "{title} ({value}).",
}
NOTHING = "Nothing activates its filters in the end, so nothing can be compared."
SHARES = "Share of the final nine images that are among the nine, median filter"
CORRELATIONS = "Correlation of the answers to stimuli with the final ones, median filter"
MEASURED = (
    "Measured with the weights of each snapshot on {images} and with {stimuli} of the {of_stimuli} "
    "stimuli, every eleventh of each kind. A filter that no image activates in the end counts "
    "nowhere, and the correlation of one that answered to all stimuli alike is 0. One half is "
    "reached by the first snapshot from which on the median is never below it; nothing is read "
    "in between snapshots."
)
