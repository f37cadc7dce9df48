"""What the pages say of the machine's score, in sentences that views fill with numbers."""

from __future__ import annotations

TITLE = "Can you tell?"
ORDER = "by machine score"
TRY = "Try it yourself on filters of {layer}"
HOW = "How the machine is asked"
BY = {"code": "By the embedded network", "pixels": "By pixels"}

# On a filter's page.
FILTER = (
    "Given the nine patches, which of two other images activates this filter more? A machine took "
    "the one that is more like the nine. It was right in {code} of pairs by what the embedded "
    "network makes of the patches, in {pixels} by their pixels; guesses are right in half. This is "
    "no measurement of people."
)
NO_QUESTION = (
    "Fewer than two images beside its nine activate this filter, so nobody can be asked which of "
    "two does so more."
)
TABLE = "Pairs told right, in per cent"
HEAD = ("Likeness", "This filter", "Median of the layer", "… with random weights")

# On a layer's page.
LAYER = (
    "Given the nine patches of a filter, which of two other images activates it more? A machine "
    "took the one that is more like the nine. In the median filter it was right in {code} of pairs "
    "by what the embedded network makes of the patches, and in {pixels} by their pixels."
)
UNTRAINED = (
    "In the median filter with random weights it was right in {code} and {pixels}. Guesses are "
    "right in half."
)
GUESSING = "Guesses are right in half."
NOTHING = (
    "No filter of this layer is activated by two images beside its nine, so nobody can be asked "
    "which of two activates it more."
)
CHART = "Half of {filters} reach {median} or more{untrained}."
CHART_UNTRAINED = "; with random weights, {median}"
LEGEND = (
    "Bars: the share of this layer’s filters by their score, from none of their pairs right on the "
    "left to all on the right."
)
LEGEND_UNTRAINED = (
    "The line: {filters} of the same shapes with random weights, with nine images of their own."
)
MEASURED = (
    "A pair is one of up to ten images that activate the filter most beside its nine, and one of "
    "as many from the weaker half of those that activate it at all, among {images}; all such pairs "
    "count, a tie half. Each image is seen by the patch of its strongest unit. Likeness is the "
    "mean cosine to the nine patches: of the means of the embedded network’s 384 maps of layer 3, "
    "with patches at 64 × 64 pixels, or of 16 × 16 pixels less their mean. The idea is that of the "
    "Machine Interpretability Score (Zimmermann, Klindt and Brendel, 2024), whose likeness was "
    "learned from people. This one was not, and people were not asked. The embedded network is the "
    "judge even where it is the one that is judged."
)
SOME = "{n} evenly chosen images"
ALL = "all {n} images"

# The quiz itself.
ABOUT = "Can you tell what a filter will do?"
CONDITIONS = {
    "patches": "its nine patches",
    "reconstructions": "its nine reconstructions",
    "made": "its made picture",
    "nothing": "nothing",
}
MIXED = "all layers"
NO_QUESTIONS = (
    "No filter of this gallery is activated by eleven images or more, so there is nothing to ask: "
    "nine are shown, and two are asked about. Build the gallery with more images."
)
ANSWER = "Image {which}: {high} against {low}."
FILTER_PAGE = "The filter’s page"
TO_TABLE = "For teachers: join the files of a class"
TABLE_TITLE = "The answers of a class"
TABLE_LEAD = (
    "Choose the files that people have saved after the same quiz. They are read in this browser "
    "and go nowhere."
)
