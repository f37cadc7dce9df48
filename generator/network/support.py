"""The receptive field of a layer whose ops are not all known, from its gradients.

Where a graph is known, fields are arithmetic. Any other network is asked: which pixels move a unit?
ReLUs and max pools stop many gradients on any one image, so that here they let all of them through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.overrides import TorchFunctionMode

from generator.errors import NetworkError
from generator.network.cone.geometry import PixelField
from generator.network.graph.ops.op import parsed
from generator.network.graph.ops.pools import MaxPool
from generator.network.graph.ops.relu import note_gate, rectifier_of
from generator.network.modes import ignoring_modes
from generator.network.zoo.loaded import LoadedNetwork, a_weight

SEED = 0
COARSE = 5  # colours along an edge of a picture
NOISE = 0.5  # of the range of values
Interval = tuple[int, int]  # half-open


class _Through(TorchFunctionMode):
    """Lets gradients through every ReLU and every place of a max pool's windows."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        found = rectifier_of(func, args, kwargs)
        if found is not None:
            return found[0]
        if func in (F.max_pool2d, torch.max_pool2d):
            inputs, op = parsed(func, args, kwargs) or ((), None)
            if isinstance(op, MaxPool) and op.dilation == (1, 1):
                return F.avg_pool2d(inputs[0], op.kernel, op.stride, op.padding, op.rounds_up)
        output = func(*args, **kwargs)
        note_gate(func, args, output)
        return output


def pictures(network: LoadedNetwork, count: int) -> Tensor:
    """Return images [count, 3, h, w] as a search brings them: smooth colours and some noise."""
    source = torch.Generator().manual_seed(SEED)
    sizes = (COARSE, COARSE), network.input_size
    coarse, noise = (torch.rand((count, 3, *size), generator=source) for size in sizes)
    smooth = F.interpolate(coarse, size=noise.shape[2:], mode="bilinear")
    pixels = ((1 + NOISE) * smooth + NOISE * (noise - 1)).clamp(0, 1)
    mean, std = (torch.tensor(each)[:, None, None] for each in (network.mean, network.std))
    return ((pixels - mean) / std).to(a_weight(network.model))


def field_of(
    network: LoadedNetwork, run: Callable[[Tensor], Tensor], name: str, grid: tuple[int, int]
) -> PixelField | None:
    """Return the field of the units of a layer [b, c, *grid], None where they have no one form.

    `run` gives the maps of the layer of this name for images [b, 3, h, w]. Raises NetworkError
    where no gradient comes down from it.
    """
    size = network.input_size
    units = [sorted({0, 1, n // 2, n // 2 + 1, n - 2, n - 1} & set(range(n))) for n in grid]
    count = max(map(len, units))
    rows, columns = (torch.tensor((each * count)[:count]) for each in units)
    images = pictures(network, 1).repeat(count, 1, 1, 1).requires_grad_(True)
    # Some checkpoints run their part again on the way back, which is to be done as before.
    with ignoring_modes(), torch.enable_grad(), _Through():
        found = run(images)[torch.arange(count), :, rows, columns]
        if not found.requires_grad:
            raise NetworkError(
                f"no gradient comes down from {name}; let the network run without detach, data "
                "and the like"
            )
        # Softmax and the like give the same sum whatever the pixels, but not the same weighted sum.
        weights = torch.linspace(0.5, 1.5, found.shape[1]).to(found)
        (gradients,) = torch.autograd.grad((found * weights).sum(), images)
    seen = (gradients != 0).any(1).cpu()
    down = _fitted(rows.tolist(), [_interval(part) for part in seen.any(2)], size[0])
    right = _fitted(columns.tolist(), [_interval(part) for part in seen.any(1)], size[1])
    if down is None or right is None or down.stride != right.stride:
        return None
    return down.union(right).in_pixels


def _interval(seen: Tensor) -> Interval:
    places = seen.nonzero().flatten()
    return (int(places.min()), int(places.max()) + 1) if len(places) else (0, 0)


def _fitted(units: Sequence[int], seen: Sequence[Interval], length: int) -> PixelField | None:
    """Return the field that explains what units see of an axis of so many pixels, if one does.

    The last pixels may be left over by strides, so that no unit sees them.
    """
    last = max(stop for _, stop in seen)
    if all(each == (0, last) for each in seen) and (
        last == length or (last > 0 and len(set(units)) > 1)
    ):
        return PixelField(length, 1, 0)
    return _of_one_form(units, seen, length) or _of_one_form(units, seen, last)


def _of_one_form(units: Sequence[int], seen: Sequence[Interval], length: int) -> PixelField | None:
    """Return the field that units see, cut off behind so many pixels; None where they have none."""
    ends: tuple[dict[int, int], dict[int, int]] = (
        {unit: start for unit, (start, _) in zip(units, seen, strict=True) if start > 0},
        {unit: stop for unit, (_, stop) in zip(units, seen, strict=True) if stop < length},
    )
    steps = {
        (places[b] - places[a]) // (b - a)
        for places in ends
        for a in places
        for b in places
        if a < b
    }
    if len(steps) != 1 or not all(ends):
        return None
    (step,) = steps
    start, stop = (min(place - step * unit for unit, place in each.items()) for each in ends)
    field = PixelField(stop - start, step, start)
    for unit, each in zip(units, seen, strict=True):
        first, last = field.interval(unit)
        if (max(first, 0), min(last, length)) != each:
            return None
    return field
