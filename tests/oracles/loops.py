"""Slow, obvious truths on tiny networks: explicit loops in float64, to test the fast code against.

Axes: o i kh kw weights, c h w images and activations, n f h w activations of many images. A network
is a list of parts in the order in which they run. Sources of the maths: [ZF] §2.1 and SCIENCE.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Array = NDArray[np.float64]
Pixel = TypeVar("Pixel", bound=np.generic)
Box = tuple[int, int, int, int]  # top, left, bottom, right: half-open, in input pixels


@dataclass(frozen=True, eq=False)
class Conv:
    """Cross-correlation with zero padding; `weight` o i kh kw, where i counts one group's maps."""

    weight: Array
    bias: Array | None
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1


@dataclass(frozen=True)
class Relu:
    """Negative values become zero."""


@dataclass(frozen=True)
class MaxPool:
    """The largest value of each square window; padding never wins."""

    kernel: int
    stride: int
    padding: int = 0


@dataclass(frozen=True, eq=False)
class BatchNorm:
    """Batch normalisation in evaluation mode; `gain`, `shift`, `mean`, `variance`: one per map."""

    gain: Array
    shift: Array
    mean: Array
    variance: Array
    eps: float = 1e-5

    def scale(self, channel: int) -> float:
        """Give the factor that this part applies to one map."""
        return float(self.gain[channel] / np.sqrt(self.variance[channel] + self.eps))


Part = Conv | Relu | MaxPool | BatchNorm
Network = Sequence[Part]


# --- Where windows lie ----------------------------------------------------------------------------


def windows(part: Part, size: int, axis: int) -> list[list[int]]:
    """List, for each unit along `axis` (0 rows, 1 columns), the input positions it looks at.

    Windows slide from the padding's first position for as long as they fit. Positions may lie in
    the padding, below 0 or from `size` on.
    """
    if isinstance(part, Conv):
        offsets = [tap * part.dilation for tap in range(part.weight.shape[2 + axis])]
        stride, padding = part.stride, part.padding
    elif isinstance(part, MaxPool):
        offsets, stride, padding = list(range(part.kernel)), part.stride, part.padding
    else:
        offsets, stride, padding = [0], 1, 0
    found = []
    start = -padding
    while start + offsets[-1] < size + padding:
        found.append([start + offset for offset in offsets])
        start += stride
    return found


def grids(network: Network, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Give height and width before the first part and after each part."""
    found = [size]
    for part in network:
        height, width = found[-1]
        found.append((len(windows(part, height, 0)), len(windows(part, width, 1))))
    return found


# --- Forward --------------------------------------------------------------------------------------


def terms(
    part: Conv, o: int, ys: list[int], xs: list[int], height: int, width: int
) -> Iterator[tuple[int, int, int, float]]:
    """List what filter `o` reads in the window `ys`, `xs`: input i y x and the weight it gets.

    The convolution gathers along this list, its adjoint scatters along the same one.
    """
    filters, inputs, _, _ = part.weight.shape
    group = o // (filters // part.groups)
    for a, y in enumerate(ys):
        for b, x in enumerate(xs):
            if 0 <= y < height and 0 <= x < width:
                for i in range(inputs):
                    yield group * inputs + i, y, x, float(part.weight[o, i, a, b])


def convolve(part: Conv, signal: Array) -> Array:
    """Convolve c h w, with the bias."""
    _, height, width = signal.shape
    rows, cols = windows(part, height, 0), windows(part, width, 1)
    result = np.zeros((part.weight.shape[0], len(rows), len(cols)))
    for o, row, col in np.ndindex(result.shape):
        total = 0.0 if part.bias is None else float(part.bias[o])
        for i, y, x, weight in terms(part, o, rows[row], cols[col], height, width):
            total += weight * float(signal[i, y, x])
        result[o, row, col] = total
    return result


def max_pool(part: MaxPool, signal: Array) -> tuple[Array, NDArray[np.int64]]:
    """Pool c h w; give the maxima c h w and the switches c h w 2, row and column of each maximum.

    Of equal values the first in row-major order of the window wins.
    """
    channels, height, width = signal.shape
    rows, cols = windows(part, height, 0), windows(part, width, 1)
    maxima = np.full((channels, len(rows), len(cols)), -np.inf)
    switches = np.full((*maxima.shape, 2), -1, dtype=np.int64)
    for c in range(channels):
        for row, ys in enumerate(rows):
            for col, xs in enumerate(cols):
                for y in ys:
                    for x in xs:
                        inside = 0 <= y < height and 0 <= x < width
                        if inside and signal[c, y, x] > maxima[c, row, col]:
                            maxima[c, row, col] = signal[c, y, x]
                            switches[c, row, col] = y, x
    return maxima, switches


def rectify(signal: Array) -> Array:
    """Set negative values to zero."""
    result = np.zeros_like(signal)
    for place, value in np.ndenumerate(signal):
        result[place] = value if value > 0 else 0.0
    return result


def normalise(part: BatchNorm, signal: Array) -> Array:
    """Apply batch normalisation to c h w."""
    result = np.zeros_like(signal)
    for c in range(signal.shape[0]):
        result[c] = (signal[c] - part.mean[c]) * part.scale(c) + part.shift[c]
    return result


def forward(network: Network, image: Array) -> list[Array]:
    """Run c h w through the network; give the activations c h w after each part."""
    found: list[Array] = []
    signal = np.asarray(image, dtype=np.float64)
    for part in network:
        if isinstance(part, Conv):
            signal = convolve(part, signal)
        elif isinstance(part, MaxPool):
            signal, _ = max_pool(part, signal)
        elif isinstance(part, BatchNorm):
            signal = normalise(part, signal)
        else:
            signal = rectify(signal)
        found.append(signal)
    return found


# --- Reconstruction -------------------------------------------------------------------------------


def transposed_convolve(part: Conv, signal: Array, height: int, width: int) -> Array:
    """Scatter each unit of c h w over the inputs that it looked at; no bias."""
    rows, cols = windows(part, height, 0), windows(part, width, 1)
    result = np.zeros((part.weight.shape[1] * part.groups, height, width))
    for (o, row, col), value in np.ndenumerate(signal):
        if value != 0:
            for i, y, x, weight in terms(part, o, rows[row], cols[col], height, width):
                result[i, y, x] += weight * value
    return result


def unpool(part: MaxPool, signal: Array, pooled: Array) -> Array:
    """Put each value of c h w where its maximum was in `pooled`, the pool's input; values add."""
    _, switches = max_pool(part, pooled)
    result = np.zeros_like(pooled)
    for c, row, col in np.ndindex(signal.shape):
        y, x = switches[c, row, col]
        result[c, y, x] += signal[c, row, col]
    return result


def denormalise(part: BatchNorm, signal: Array) -> Array:
    """Apply the adjoint of batch normalisation's linear part to c h w."""
    result = np.zeros_like(signal)
    for c in range(signal.shape[0]):
        result[c] = signal[c] * part.scale(c)
    return result


def deconvnet(
    network: Network,
    image: Array,
    layer_index: int,
    filter: int,
    row: int,
    col: int,
    value: float | None = None,
) -> Array:
    """Project one activation, after the ReLU `network[layer_index]`, down to the pixels: c h w.

    With a `value`, the unit is set to that instead.
    Raises ValueError where `layer_index` is not a ReLU's.
    """
    if not isinstance(network[layer_index], Relu):
        raise ValueError(f"part {layer_index} is {network[layer_index]}, not a ReLU")  # noqa: TRY004
    outputs = forward(network[: layer_index + 1], image)
    inputs = [np.asarray(image, dtype=np.float64), *outputs[:-1]]
    signal = np.zeros_like(outputs[layer_index])
    unit = filter, row, col
    signal[unit] = outputs[layer_index][unit] if value is None else value
    for index in range(layer_index, -1, -1):
        part, before = network[index], inputs[index]
        if isinstance(part, Conv):
            signal = transposed_convolve(part, signal, before.shape[1], before.shape[2])
        elif isinstance(part, MaxPool):
            signal = unpool(part, signal, before)
        elif isinstance(part, BatchNorm):
            signal = denormalise(part, signal)
        else:
            signal = rectify(signal)
    return signal


# --- Receptive field ------------------------------------------------------------------------------


def receptive_field_by_gradient(
    network: Network, input_size: tuple[int, int], layer_index: int, row: int, col: int
) -> Box:
    """Give the box of input pixels that can change unit (row, col) after part `layer_index`.

    It is the support of the gradient of the same network with every weight one, no rectifier and
    sums in place of maxima: all terms are positive, so none is zero by accident. `input_size` is
    height, width; the box holds real pixels only, never padding, so it is clipped to the input.
    Raises ValueError where the layer has no such unit or the unit sees only padding.
    """
    sizes = grids(network, input_size)
    height, width = sizes[layer_index + 1]
    if not (0 <= row < height and 0 <= col < width):
        raise ValueError(f"no unit ({row}, {col}) in a grid of {height} x {width}")
    seen = {(row, col)}
    for index in range(layer_index, -1, -1):
        part, (height, width) = network[index], sizes[index]
        rows, cols = windows(part, height, 0), windows(part, width, 1)
        seen = {
            (y, x)
            for unit_row, unit_col in seen
            for y in rows[unit_row]
            for x in cols[unit_col]
            if 0 <= y < height and 0 <= x < width
        }
    if not seen:
        raise ValueError(f"unit ({row}, {col}) sees only padding")
    ys, xs = [y for y, _ in seen], [x for _, x in seen]
    return min(ys), min(xs), max(ys) + 1, max(xs) + 1


# --- Top nine and patches -------------------------------------------------------------------------


def top_nine(activations: NDArray[np.floating]) -> list[list[tuple[float, int, int, int]]]:
    """Rank the images of each filter: (value, image, row, col), strongest first, at most nine.

    `activations` is n f h w. An image has one place per filter, its largest activation (ties: the
    first row, then column), if that is positive; ties between images: the first image.
    """
    images, filters, height, width = activations.shape
    ranks = []
    for f in range(filters):
        places: list[tuple[float, int, int, int]] = []
        for image in range(images):
            best: tuple[float, int, int, int] | None = None
            for row in range(height):
                for col in range(width):
                    value = float(activations[image, f, row, col])
                    if value > 0 and (best is None or value > best[0]):
                        best = value, image, row, col
            if best is not None:
                places.append(best)
        places.sort(key=lambda place: (-place[0], place[1], place[2], place[3]))
        ranks.append(places[:9])
    return ranks


def patch(image: NDArray[Pixel], box: Box, mean_colour: Sequence[float]) -> NDArray[Pixel]:
    """Cut `box` out of h w 3, in the image's dtype; places outside the image are `mean_colour`."""
    top, left, bottom, right = box
    height, width, _ = image.shape
    result = np.zeros((bottom - top, right - left, 3), dtype=image.dtype)
    for y in range(top, bottom):
        for x in range(left, right):
            inside = 0 <= y < height and 0 <= x < width
            for channel in range(3):
                colour = image[y, x, channel] if inside else mean_colour[channel]
                result[y - top, x - left, channel] = colour
    return result


# --- Networks to try ------------------------------------------------------------------------------


def random_network(
    rng: np.random.Generator,
    *,
    channels: int = 2,
    size: tuple[int, int] = (13, 11),
    convolutions: int = 3,
    max_stride: int = 8,
    pools: bool = True,
    batch_norms: bool = True,
    dilations: Sequence[int] = (1, 1, 1, 2),
    groups: Sequence[int] = (1, 1, 1, 2),
    rectangular: bool = False,
) -> list[Part]:
    """Draw a tiny network that ends in a ReLU; each convolution is followed by a ReLU.

    It takes images of `channels` maps and height, width `size`, and every grid keeps at least two
    rows and columns where the input has them. The product of strides is at most `max_stride`.
    Padding is at most half a kernel's reach, so that each unit sees at least one pixel.
    Between convolution and ReLU there may be a batch normalisation, after a ReLU a max pool and
    another. `dilations` and `groups` are drawn from; kernels are square unless `rectangular`.
    """
    parts: list[Part] = []
    stride_left = max_stride

    def fits(part: Part) -> bool:
        return min(grids([*parts, part], size)[-1]) >= 2

    for index in range(convolutions):
        filters = int(rng.choice([2, 4]))
        group_count = int(rng.choice([g for g in groups if channels % g == filters % g == 0]))
        weight = _weights(rng, filters, channels // group_count, rectangular)
        dilation = int(rng.choice(list(dilations)))
        reach = (min(weight.shape[2:]) - 1) * dilation + 1
        conv = Conv(
            weight=weight,
            bias=rng.normal(0.2, 0.3, filters) if rng.random() < 0.75 else None,
            stride=int(rng.integers(1, min(3, stride_left) + 1)),
            padding=int(rng.integers(0, min(2, reach // 2) + 1)),
            dilation=dilation,
            groups=group_count,
        )
        if not fits(conv):  # A kernel of one pixel leaves the grid as it is.
            conv = replace(conv, weight=conv.weight[:, :, :1, :1], stride=1, padding=0, dilation=1)
        parts.append(conv)
        stride_left //= conv.stride
        channels = filters
        if batch_norms and rng.random() < 0.4:
            parts.append(_batch_norm(rng, channels))
        parts.append(Relu())
        if index == convolutions - 1:
            break
        kernel = int(rng.integers(2, 4))
        stride = int(rng.integers(1, min(kernel, stride_left) + 1))
        pool = MaxPool(kernel, stride, int(rng.integers(0, kernel // 2 + 1)))
        if pools and rng.random() < 0.7 and fits(pool):
            parts.append(pool)
            stride_left //= pool.stride
        if batch_norms and rng.random() < 0.3:
            parts.append(_batch_norm(rng, channels))
    return parts


def _weights(rng: np.random.Generator, filters: int, inputs: int, rectangular: bool) -> Array:
    height = int(rng.integers(1, 5))
    width = int(rng.integers(1, 5)) if rectangular else height
    return rng.normal(0.0, 1.0, (filters, inputs, height, width))


def _batch_norm(rng: np.random.Generator, channels: int) -> BatchNorm:
    sign = rng.choice([-1.0, 1.0, 1.0], channels)
    return BatchNorm(
        gain=sign * rng.uniform(0.5, 1.5, channels),
        shift=rng.normal(0.2, 0.3, channels),
        mean=rng.normal(0.0, 0.5, channels),
        variance=rng.uniform(0.3, 2.0, channels),
        eps=1e-3,
    )


def to_torch(network: Network) -> nn.Sequential:
    """Make the same network in torch: float64, evaluation mode, module k from part k."""
    modules: list[nn.Module] = []
    for part in network:
        if isinstance(part, Conv):
            modules.append(_torch_conv(part))
        elif isinstance(part, MaxPool):
            modules.append(nn.MaxPool2d(part.kernel, part.stride, part.padding))
        elif isinstance(part, BatchNorm):
            modules.append(_torch_batch_norm(part))
        else:
            modules.append(nn.ReLU())
    return nn.Sequential(*modules).double().eval()


def _torch_conv(part: Conv) -> nn.Conv2d:
    filters, inputs, height, width = part.weight.shape
    conv = nn.Conv2d(
        inputs * part.groups,
        filters,
        (height, width),
        stride=part.stride,
        padding=part.padding,
        dilation=part.dilation,
        groups=part.groups,
        bias=part.bias is not None,
        dtype=torch.float64,
    )
    with torch.no_grad():
        conv.weight.copy_(torch.from_numpy(part.weight))
        if part.bias is not None and conv.bias is not None:
            conv.bias.copy_(torch.from_numpy(part.bias))
    return conv


def _torch_batch_norm(part: BatchNorm) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(len(part.gain), eps=part.eps, dtype=torch.float64)
    state = {
        "weight": torch.from_numpy(part.gain),
        "bias": torch.from_numpy(part.shift),
        "running_mean": torch.from_numpy(part.mean),
        "running_var": torch.from_numpy(part.variance),
        "num_batches_tracked": torch.tensor(0),
    }
    norm.load_state_dict(state)
    return norm


def smallest_middle_square(signal: Array, share: float) -> int:
    """Return the side of the smallest middle square with this share of a signal's squares.

    `signal` is [c, side, side]; 0 where it is zero everywhere.
    """
    side = int(signal.shape[1])
    total = 0.0
    for value in signal.ravel().tolist():
        total += value * value
    if total == 0:
        return 0
    for square in range(2 - side % 2, side + 1, 2):
        first, within = (side - square) // 2, 0.0
        for plane in signal.tolist():
            for row in plane[first : first + square]:
                for value in row[first : first + square]:
                    within += value * value
        if within >= share * total:
            return square
    return side
