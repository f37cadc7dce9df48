"""The ops of a network, each beside the functions of torch that it stands for.

A new op, or a new spelling of one, is written in one module of this folder: a class of ops, and a
parser that `reads` the functions. A new module has to be imported here.
"""

from generator.network.graph.ops.convolution import Convolution, Scaling, folded
from generator.network.graph.ops.joints import Concatenation, Sum
from generator.network.graph.ops.op import NoOp, Op, parsed, works_in_place
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.relu import Rectifier, rectifier_of

__all__ = [
    "AveragePool",
    "Concatenation",
    "Convolution",
    "MaxPool",
    "NoOp",
    "Op",
    "Rectifier",
    "Scaling",
    "Sum",
    "folded",
    "parsed",
    "rectifier_of",
    "works_in_place",
]
