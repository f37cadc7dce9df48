"""Which op each of torch's functions is. A parser has its function's own parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from generator.network.graph.ops import (
    AveragePool,
    Concatenation,
    Convolution,
    MaxPool,
    Op,
    Pair,
    Rectifier,
    Scaling,
    Sum,
)


class NoOp(Exception):
    """A node that has none; its text says why, where the function's name does not."""


Parsed = tuple[tuple[Tensor, ...], Op | None]  # inputs, op; None: the value stays as it is


def _pair(value: int | Sequence[int]) -> Pair:
    if isinstance(value, int):
        return value, value
    numbers = tuple(value)
    return (numbers * 2)[:2] if len(numbers) == 1 else (numbers[0], numbers[1])


def _convolution(
    input: Tensor,  # noqa: A002 - torch's own name
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Parsed:
    kernel, spread = _pair(weight.shape[2:]), _pair(dilation)
    if padding == "valid":
        padding = 0
    elif padding == "same":
        extra = [op * (taps - 1) for op, taps in zip(spread, kernel, strict=True)]
        if any(number % 2 for number in extra):
            raise NoOp("pads one side more than the other")
        padding = [number // 2 for number in extra]
    assert not isinstance(padding, str)
    shape = (kernel, _pair(stride), _pair(padding), spread)
    fixed = weight.detach().contiguous(memory_format=torch.channels_last)
    return (input,), Convolution(*shape, fixed, None if bias is None else bias.detach(), groups)


def _max_pool(
    input: Tensor,  # noqa: A002 - torch's own name
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Parsed:
    if return_indices:
        raise NoOp("gives its switches away")
    kernel = _pair(kernel_size)
    shape = (kernel, _pair(stride) if stride else kernel, _pair(padding), _pair(dilation))
    return (input,), MaxPool(*shape, ceil_mode)


def _average_pool(
    input: Tensor,  # noqa: A002 - torch's own name
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Parsed:
    kernel, margin = _pair(kernel_size), _pair(padding)
    if ceil_mode or divisor_override or (margin != (0, 0) and not count_include_pad):
        raise NoOp("divides by numbers that differ at the border")
    return (input,), AveragePool(kernel, _pair(stride) if stride else kernel, margin, (1, 1))


def _batch_norm(
    input: Tensor,  # noqa: A002 - torch's own name
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,  # noqa: ARG001 - as above
    eps: float = 1e-5,
) -> Parsed:
    if training or running_mean is None or running_var is None:
        raise NoOp("normalises by the batch itself")
    gain = (running_var.double() + eps).rsqrt()
    if weight is not None:
        gain = gain * weight.double()
    shift = -running_mean.double() * gain
    if bias is not None:
        shift = shift + bias.double()
    return (input,), Scaling(gain.to(input.dtype), shift.to(input.dtype))


def _low_batch_norm(
    input: Tensor,  # noqa: A002 - torch's own name
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,  # noqa: ARG001 - as above
) -> Parsed:
    return _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _relu(input: Tensor, inplace: bool = False) -> Parsed:  # noqa: A002, ARG001 - torch's names
    return (input,), Rectifier()


def _relu6(input: Tensor, inplace: bool = False) -> Parsed:  # noqa: A002, ARG001 - as above
    return (input,), Rectifier(6.0)


def _clamp(
    input: Tensor,  # noqa: A002 - torch's own name
    min: float | Tensor | None = None,  # noqa: A002 - torch's own name
    max: float | Tensor | None = None,  # noqa: A002 - torch's own name
) -> Parsed:
    if isinstance(min, Tensor) or isinstance(max, Tensor) or min != 0 or max == 0:
        raise NoOp("clamps elsewhere than at zero")
    return (input,), Rectifier() if max is None else Rectifier(float(max))


def _hard_tanh(
    input: Tensor,  # noqa: A002 - torch's own name
    min_val: float = -1.0,
    max_val: float = 1.0,
    inplace: bool = False,  # noqa: ARG001 - as above
) -> Parsed:
    return _clamp(input, min_val, max_val)


def _dropout(
    input: Tensor,  # noqa: A002 - torch's own name
    p: float = 0.5,  # noqa: ARG001 - as above
    training: bool = True,
    inplace: bool = False,  # noqa: ARG001 - as above
) -> Parsed:
    if training:
        raise NoOp("drops at random, which evaluation mode does not do")
    return (input,), None


def _add(
    input: Tensor,  # noqa: A002 - torch's own name
    other: Tensor,
    *,
    alpha: float = 1,
) -> Parsed:
    if getattr(other, "shape", None) != input.shape or alpha != 1:
        raise NoOp("adds something that is no map of the same shape")
    return (input, other), Sum()


def _concatenate(tensors: Sequence[Tensor], dim: int = 0) -> Parsed:
    if dim not in (1, -3):
        raise NoOp("joins elsewhere than along the maps")
    return tuple(tensors), Concatenation(tuple(tensor.shape[1] for tensor in tensors))


def _same(input: Tensor, *_args: object, **_kwargs: object) -> Parsed:  # noqa: A002 - as above
    return (input,), None


# Function, as a network calls it → what it is. Methods of tensors come under their own names.
PARSERS: dict[Callable[..., Any], Callable[..., Parsed]] = {
    torch.conv2d: _convolution,
    F.max_pool2d: _max_pool,
    torch.max_pool2d: _max_pool,
    F.avg_pool2d: _average_pool,
    F.batch_norm: _batch_norm,
    torch.batch_norm: _low_batch_norm,
    **dict.fromkeys((F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_), _relu),
    F.relu6: _relu6,
    **dict.fromkeys((torch.clamp, torch.clamp_, Tensor.clamp, Tensor.clamp_), _clamp),
    **dict.fromkeys((torch.clamp_min, Tensor.clamp_min, Tensor.clamp_min_), _clamp),
    F.hardtanh: _hard_tanh,
    **dict.fromkeys((F.dropout, F.dropout2d, F.alpha_dropout, F.feature_alpha_dropout), _dropout),
    **dict.fromkeys((torch.add, Tensor.add, Tensor.add_, Tensor.__add__, Tensor.__iadd__), _add),
    **dict.fromkeys((torch.cat, torch.concat, torch.concatenate), _concatenate),
    **dict.fromkeys((Tensor.contiguous, Tensor.clone, torch.clone), _same),
}


def parsed(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Parsed | None:
    """Return what a node is, None for a function that has no op.

    Raises NoOp, saying why, where it is only this way of calling that has none.
    """
    parser = PARSERS.get(function)
    if parser is None:
        return None
    try:
        inspect.signature(parser).bind(*args, **kwargs)
    except TypeError as other:
        raise NoOp("is called with arguments that are not known here") from other
    return parser(*args, **kwargs)


def rectifier_of(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Rectifier | None:
    """Return the ReLU that a node is, None where it is something else."""
    if PARSERS.get(function) not in (_relu, _relu6, _clamp, _hard_tanh):
        return None
    try:
        _, op = parsed(function, args, kwargs) or (None, None)
    except NoOp:
        return None
    return op if isinstance(op, Rectifier) else None


def works_in_place(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Return whether the node, one that has an op, writes its output over its input."""
    given = inspect.signature(PARSERS[function]).bind(*args, **kwargs).arguments
    return bool(given.get("inplace")) or function.__name__.endswith("_")
