"""How a signal comes down through a network."""

from typing import Literal

# What a ReLU does to it: rectify the signal itself (Zeiler and Fergus 2014), gate it by the way up
# (Simonyan and others 2014), or both (Springenberg and others 2015).
Rule = Literal["deconvnet", "guided", "gradient"]
