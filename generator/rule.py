"""The names of the rules by which a signal comes down through a network; see `network.rules`."""

from typing import Literal

Rule = Literal["deconvnet", "guided", "gradient"]
