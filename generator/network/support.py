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

from generator.network.cone.geometry import PixelField
from generator.network.graph.ops.op import parsed
from generator.network.graph.ops.pools import MaxPool
from generator.network.graph.ops.relu import rectifier_of

IMAGES = 2
SEED = 0
ROUNDING = 1e-6  # of a unit's largest gradient: less is the rounding of sums that cancel
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
        return func(*args, **kwargs)


def field_of(
    run: Callable[[Tensor], Tensor], grid: tuple[int, int], size: tuple[int, int], like: Tensor
) -> PixelField | None:
    """Return the field of the units of a layer [b, c, *grid], None where they have no one form.

    `run` gives the layer's maps for images [b, 3, *size] of the type of `like`.
    """
    source = torch.Generator().manual_seed(SEED)
    units = [sorted({0, 1, n // 2, n // 2 + 1, n - 2, n - 1} & set(range(n))) for n in grid]
    count = max(map(len, units))
    rows, columns = (torch.tensor((each * count)[:count]) for each in units)
    seen = torch.zeros(count, *size, dtype=torch.bool)
    for _ in range(IMAGES):
        image = torch.randn((1, 3, *size), generator=source).to(like)
        with torch.enable_grad(), _Through():
            images = image.repeat(count, 1, 1, 1).requires_grad_(True)
            found = run(images)[torch.arange(count), :, rows, columns]
            weights = torch.randn(found.shape, generator=source).to(found)
            (gradients,) = torch.autograd.grad((found * weights).sum(), images)
        strength = gradients.abs().amax(1).cpu()
        seen |= strength > ROUNDING * strength.amax((1, 2), keepdim=True)
    fields = [
        _fitted(at.tolist(), [_interval(part) for part in seen.any(axis)], length)
        for at, axis, length in ((rows, 2, size[0]), (columns, 1, size[1]))
    ]
    if None in fields or fields[0].stride != fields[1].stride:
        return None
    return fields[0].union(fields[1]).in_pixels


def _interval(seen: Tensor) -> Interval:
    places = seen.nonzero().flatten()
    return (int(places.min()), int(places.max()) + 1) if len(places) else (0, 0)


def _fitted(units: Sequence[int], seen: Sequence[Interval], length: int) -> PixelField | None:
    """Return the field that explains what units see of an axis of so many pixels, if one does."""
    if all(each == (0, length) for each in seen):
        return PixelField(length, 1, 0)
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
