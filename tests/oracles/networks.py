"""Slow, plain truths about any PyTorch network, to test the fast code against.

The network itself runs, whole and on whole images; only what its parts do on the way is exchanged,
at PyTorch's own dispatch of functions (`TorchFunctionMode`). So a ReLU is met whether it is a
module, a function or a method, in place or not, used once or often. `oracles.py` proves these
truths on tiny networks with explicit loops.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from contextlib import nullcontext, suppress
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

Rule = Literal["deconvnet", "guided", "gradient"]
Unit = tuple[int, int]  # row, column
Box = tuple[int, int, int, int]  # top, left, bottom, right: half-open, in input pixels
Place = tuple[float, int, int, int]  # value, image, row, column

# How autograd calls what a rectifier leaves behind: none may be left where a rule took its place.
RECTIFIED = ("Relu", "Hardtanh", "Threshold", "Clamp")


def in_float64(model: nn.Module) -> nn.Module:
    """Copy a network in double precision, evaluation mode, without gradients of its weights."""
    return copy.deepcopy(model).double().eval().requires_grad_(False)


# --- Forward --------------------------------------------------------------------------------------


class _Answered(Exception):
    """Ends a pass when all modules have answered."""


def activations_of(model: nn.Module, modules: Sequence[str], images: Tensor) -> list[Tensor]:
    """Run images n 3 h w through the network; give what each module answers first: n f h w.

    Raises ValueError where a module never runs or answers no maps, and in training mode.
    """
    if model.training:
        raise ValueError("the network is in training mode")
    answers: dict[str, object] = {}

    def keep(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            # A copy: a later part may work in place on the answer itself.
            answers.setdefault(name, output.clone() if isinstance(output, Tensor) else output)
            if len(answers) == len(modules):
                raise _Answered

        return hook

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in modules]
    try:
        with suppress(_Answered):
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    found = []
    for name in modules:
        answer = answers.get(name)
        if not isinstance(answer, Tensor) or answer.dim() != 4:
            raise ValueError(f"module {name} answers no maps n f h w")
        found.append(answer)
    return found


def activation_of(model: nn.Module, module: str, images: Tensor) -> Tensor:
    """Give what one module answers first; as `activations_of`."""
    (answer,) = activations_of(model, [module], images)
    return answer


# --- Top nine -------------------------------------------------------------------------------------


def stored_top_nine(
    model: nn.Module,
    modules: Sequence[str],
    images: Tensor,
    *,
    filters: int | None = None,
    keys: Sequence[Hashable] | None = None,
) -> list[list[list[Place]]]:
    """Rank the images n 3 h w for each module and each of its first `filters` maps (None: all).

    The largest activation of every image and its first place in reading order are all stored, then
    sorted: value falling, image, row, column. Only positive values have a place. Of images with
    the same key only the first in that order has one. At most nine remain.
    """
    with torch.no_grad():
        answers = [activations_of(model, modules, image[None]) for image in images]
    return [
        [
            _ranked([maps[number][0, filter_].numpy() for maps in answers], keys)
            for filter_ in range(answers[0][number].shape[1] if filters is None else filters)
        ]
        for number in range(len(modules))
    ]


def _ranked(maps: Sequence[NDArray[Any]], keys: Sequence[Hashable] | None) -> list[Place]:
    """Rank one filter's maps h w, one of each image."""
    stored: list[Place] = []
    for image, activation in enumerate(maps):
        # Of equal values numpy gives the first in reading order.
        row, column = np.unravel_index(activation.argmax(), activation.shape)
        value = float(activation[row, column])
        if value > 0:
            stored.append((value, image, int(row), int(column)))
    stored.sort(key=lambda place: (-place[0], *place[1:]))
    taken: set[Hashable] = set()
    found = []
    for place in stored:
        key = place[1] if keys is None else keys[place[1]]
        if key not in taken:
            taken.add(key)
            found.append(place)
    return found[:9]


# --- Reconstruction -------------------------------------------------------------------------------


class _Rectified(torch.autograd.Function):
    """A ReLU, capped above at `cap`, whose way back follows a rule of its own."""

    @staticmethod
    def forward(ctx: Any, signal: Tensor, cap: float, both_gates: bool) -> Tensor:
        ctx.save_for_backward((signal > 0) & (signal < cap))
        ctx.both_gates = both_gates
        return signal.clamp(0.0, cap)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (passed,) = ctx.saved_tensors
        result = torch.where(gradients[0] > 0, gradients[0], 0.0)
        return (torch.where(passed, result, 0.0) if ctx.both_gates else result), None, None


class _Rectifiers(TorchFunctionMode):
    """Inside this block every ReLU follows a rule on the way back."""

    def __init__(self, both_gates: bool) -> None:
        super().__init__()
        self.both_gates = both_gates

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = func.__name__
        if name.removesuffix("_") in {"relu", "relu6"}:
            signal, inplace = _relu_arguments(*args, **(kwargs or {}))
            cap = 6.0 if name == "relu6" else float("inf")
        elif name.removesuffix("_") == "hardtanh":
            signal, cap, inplace = _hardtanh_arguments(*args, **(kwargs or {}))
        else:
            return func(*args, **(kwargs or {}))
        result = _Rectified.apply(signal.clone(), cap, self.both_gates)  # type: ignore[no-untyped-call]
        return signal.copy_(result) if inplace or name.endswith("_") else result


# The arguments of these two are called as PyTorch's own functions call theirs.


def _relu_arguments(input: Tensor, inplace: bool = False) -> tuple[Tensor, bool]:  # noqa: A002
    """Give signal and whether in place."""
    return input, inplace


def _hardtanh_arguments(
    input: Tensor,  # noqa: A002
    min_val: float = -1.0,
    max_val: float = 1.0,
    inplace: bool = False,
) -> tuple[Tensor, float, bool]:
    """Give signal, cap and whether in place."""
    if min_val != 0:
        raise ValueError(f"hardtanh from {min_val} to {max_val} is no ReLU")
    return input, float(max_val), inplace


def _left_on_the_way(signal: Tensor) -> set[str]:
    """List the kinds of autograd nodes behind a signal."""
    kinds: set[str] = set()
    seen = set()
    waiting: list[Any] = [signal.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            kinds.add(type(node).__name__)
            waiting += [before for before, _ in node.next_functions]
    return kinds


def plain_reconstruction(
    model: nn.Module, module: str, image: Tensor, filter: int, unit: Unit, rule: Rule = "deconvnet"
) -> Tensor:
    """Project one activation of a module down to the whole image 3 h w, in the image's dtype.

    All other activations are zero. On its way down the signal passes a ReLU as the rule says:
    "deconvnet" lets its positive part through, "guided" only where the ReLU let the activation
    through too, "gradient" is autograd's own. The ReLU that is the module itself counts; of a
    module that is none the signal starts as the activation. Raises ValueError where some other
    rectifier is on the way.
    """
    pixels = image[None].detach().clone().requires_grad_()
    with nullcontext() if rule == "gradient" else _Rectifiers(both_gates=rule == "guided"):
        maps = activation_of(model, module, pixels)
    missed = {kind for kind in _left_on_the_way(maps) if kind.startswith(RECTIFIED)}
    if rule != "gradient" and missed:
        raise ValueError(f"rule {rule} does not reach {', '.join(sorted(missed))}")
    seed = torch.zeros_like(maps)
    seed[0, filter, unit[0], unit[1]] = maps[0, filter, unit[0], unit[1]].detach()
    (result,) = torch.autograd.grad(maps, pixels, seed)
    return result[0].detach()


# --- Receptive field ------------------------------------------------------------------------------


class _NothingHides(TorchFunctionMode):
    """Inside this block weights are positive, maxima are means, and nothing else changes a signal.

    Every weight of a convolution is one over the number of terms, so that the size of a signal
    stays about one, through whatever many layers.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = func.__name__.removesuffix("_")
        kwargs = kwargs or {}
        if name == "conv2d":
            return _mean_convolution(*args, **kwargs)
        if name in {"max_pool2d", "max_pool2d_with_indices"}:
            return _mean_pool(*args, **kwargs)
        if name in {"relu", "relu6", "hardtanh", "batch_norm"}:
            return args[0] if args else kwargs["input"]
        return func(*args, **kwargs)


def _mean_convolution(
    signal: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,  # noqa: ARG001 - it changes no support
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve n c h w with equal positive weights.

    All filters of a group then answer alike: one is computed, on the mean of the group's maps.
    """
    images, channels, height, width = signal.shape
    means = signal.reshape(images, groups, channels // groups, height, width).mean(2)
    kernel = torch.full((groups, 1, *weight.shape[2:]), 1 / weight[0, 0].numel()).to(signal)
    answer = functional.conv2d(means, kernel, None, stride, padding, dilation, groups)
    return answer.repeat_interleave(len(weight) // groups, dim=1)


def _mean_pool(
    signal: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """Add up, with equal positive weights, what each window of a max pool n c h w looks at."""
    if return_indices:
        raise ValueError("a pool that returns its indices is not a chain of maps")
    pair, spread, margin = (
        (number, number) if isinstance(number, int) else tuple(number)
        for number in (kernel_size, dilation, padding)
    )
    steps = pair if stride is None or stride == [] else stride
    pooled = functional.max_pool2d(signal[:, :1], pair, steps, margin, spread, ceil_mode)
    sizes, (rows, columns) = pooled.shape[2:], margin
    below, right = spread[0] * pair[0], spread[1] * pair[1]  # room for windows that stick out
    wide = functional.pad(signal, (columns, columns + right, rows, rows + below)).flatten(0, 1)
    kernel = torch.full((1, 1, *pair), 1 / (pair[0] * pair[1])).to(signal)
    answer = functional.conv2d(wide[:, None], kernel, None, steps, 0, spread)
    return answer[:, 0, : sizes[0], : sizes[1]].reshape(*signal.shape[:2], *sizes)


def gradient_support(
    model: nn.Module, module: str, input_size: int | tuple[int, int], unit: Unit
) -> Box:
    """Give the box of input pixels that can change a unit, in any of the module's maps.

    It is where the gradient is not zero in the same network with positive weights, no bias, no
    rectifier, no batch normalisation and means in place of maxima: in float64 no term is zero by
    accident. `input_size` is height and width in pixels; the box lies inside the input. The
    network may add, concatenate and average; it must not subtract. Raises ValueError where the
    unit does not exist or sees only padding.
    """
    height, width = (input_size, input_size) if isinstance(input_size, int) else input_size
    pixels = torch.ones(1, 3, height, width, dtype=torch.float64, requires_grad=True)
    with _NothingHides():
        maps = activation_of(model, module, pixels)
    row, column = unit
    if not (0 <= row < maps.shape[2] and 0 <= column < maps.shape[3]):
        raise ValueError(f"no unit {unit} in a grid of {maps.shape[2]} x {maps.shape[3]}")
    (gradient,) = torch.autograd.grad(maps[0, :, row, column].sum(), pixels)
    seen = (gradient[0] != 0).any(0).nonzero()
    if len(seen) == 0:
        raise ValueError(f"unit {unit} sees only padding")
    (top, left), (bottom, right) = seen.amin(0).tolist(), seen.amax(0).tolist()
    return top, left, bottom + 1, right + 1
