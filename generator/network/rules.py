"""How a signal comes down from a unit to the pixels: each rule is one record. Without torch.

Sources: Zeiler and Fergus (2014) for the deconvnet, Springenberg and others (2015) for guided
backpropagation, Simonyan and others (2014) for the gradient. `generator.names` lists them, and
`render.words.rules` has the site's words for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.names import Rule as Name


@dataclass(frozen=True)
class Rule:
    """What the signal goes through, and what a ReLU does to it."""

    name: Name
    rectifies: bool  # a ReLU sets what is negative of the signal to zero
    gates: bool  # a ReLU stops the signal wherever it changed the activation going forward
    autograd: bool  # the signal goes through all that autograd can differentiate


DECONVNET = Rule("deconvnet", rectifies=True, gates=False, autograd=False)
GUIDED = Rule("guided", rectifies=True, gates=True, autograd=True)
GRADIENT = Rule("gradient", rectifies=False, gates=True, autograd=True)

RULES: dict[Name, Rule] = {rule.name: rule for rule in (DECONVNET, GUIDED, GRADIENT)}
