"""Weights as whole numbers of 8 bits, with a scale for each map that a convolution makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import torch
from torch import Tensor

from generator.network.graph.graph import Graph
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.op import Op
from generator.network.graph.ops.pointwise import Pointwise
from generator.network.graph.ops.resampling import TransposedConvolution

LARGEST = 127


def whole_numbers(op: Convolution | TransposedConvolution) -> tuple[Tensor, Tensor]:
    """Return a convolution's weights as int8, in their shape, and the scales [o] to multiply by.

    A map's largest weight becomes ±127.
    """
    weight = op.weight
    scale = _of_outputs(op, weight).abs().amax((1, 2, 3)) / LARGEST
    safe = torch.where(scale > 0, scale, 1)
    return (weight / _beside(op, safe)).round().to(torch.int8), scale


def with_8_bits(op: Op) -> Op:
    """Return a convolution with the weights that its whole numbers stand for; others as is."""
    if not isinstance(op, Convolution | TransposedConvolution):
        return op
    numbers, scale = whole_numbers(op)
    weight = (numbers * _beside(op, scale)).contiguous(memory_format=torch.channels_last)
    return replace(op, weight=weight)


def in_float32(op: Op) -> Op:
    """Return an op whose floating-point tensors are float32."""
    if isinstance(op, Pointwise):
        args = tuple(map(_float32, op.args))
        return replace(op, args=args, kwargs={k: _float32(v) for k, v in op.kwargs.items()})
    own = {field.name: getattr(op, field.name) for field in fields(op)}
    return replace(op, **{name: _float32(value) for name, value in own.items()})


def each_op(graph: Graph, change: Callable[[Op], Op]) -> Graph:
    """Return a graph with another op in the place of each."""
    return replace(graph, nodes=tuple(replace(n, op=change(n.op)) for n in graph.nodes))


def _float32(value: object) -> object:
    return value.float() if isinstance(value, Tensor) and value.is_floating_point() else value


def _of_outputs(op: Convolution | TransposedConvolution, weight: Tensor) -> Tensor:
    """Return the weights with the maps that they make first: [o, i, rows, columns]."""
    if isinstance(op, Convolution):
        return weight
    inputs, outputs = len(weight) // op.groups, weight.shape[1]  # of a group
    parts = weight.reshape(op.groups, inputs, outputs, *weight.shape[2:]).transpose(1, 2)
    return parts.flatten(0, 1)


def _beside(op: Convolution | TransposedConvolution, scale: Tensor) -> Tensor:
    """Return scales [o] in a shape that goes with the weights."""
    if isinstance(op, Convolution):
        return scale[:, None, None, None]
    per_group = scale.reshape(op.groups, -1).repeat_interleave(len(op.weight) // op.groups, dim=0)
    return per_group[:, :, None, None]  # [i, o of a group, 1, 1]
