"""The ops of a network, each beside the functions of torch that it stands for.

A new op, or a new spelling of one, is written in one module here: a class of ops, and a parser that
`reads` the functions. The modules are all imported here, so that every parser is known.
"""

from generator.network.graph.ops import (
    convolution,
    joints,
    pointwise,
    pools,
    relu,
    resampling,
    scaling,
)

__all__ = ["convolution", "joints", "pointwise", "pools", "relu", "resampling", "scaling"]
