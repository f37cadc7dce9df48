"""The layers of a network that nobody listed, found by the sizes of its maps.

A network makes its maps smaller in a few steps. What it finds at one size is whole in the last ReLU
before the next.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, islice

from generator.errors import NetworkError
from generator.names import Size
from generator.network.graph.graph import IMAGE
from generator.network.graph.ops.pointwise import LocalNormalisation, Pointwise
from generator.network.graph.ops.pools import AveragePool, MaxPool
from generator.network.graph.ops.relu import Rectifier
from generator.network.graph.trace import Trace
from generator.network.zoo.default_layers import numbered

MOST = 5


def by_resolution(
    trace: Trace, input_size: Size, reaches: Callable[[str], bool]
) -> tuple[dict[str, str], str]:
    """Return layer name → module of the first layers, at most five, and how they were chosen.

    They are the last ReLUs before the maps change their size, and before the head. Of a network
    that has no ReLU at some size they are the last activations; where no module gives any, the last
    modules that are no pools. All run once, and give maps of more than one place. Where the rule
    does not go down from one, as `reaches` says, it is the last from which it does. If there is
    none, the very first is returned, so that whoever watches it learns why. What a network does
    behind its smallest maps, such as enlarging them, is not looked at. Raises NetworkError where no
    module gives maps.
    """
    modules = _modules(trace, input_size)
    ops = {node.output: node.op for node in trace.nodes}

    def size(value: int) -> tuple[int, int]:
        return trace.shapes[value].rows, trace.shapes[value].columns

    def made_by(*kinds: type) -> list[int]:
        return [value for value in sorted(modules) if isinstance(ops.get(value), kinds)]

    others = {*made_by(MaxPool, AveragePool, LocalNormalisation)}
    rectified = made_by(Rectifier)
    active = [value for value in made_by(Rectifier, Pointwise) if value not in others]
    if not active:
        values, kind = [value for value in sorted(modules) if value not in others], "module"
    elif set(map(size, rectified)) == set(map(size, active)):
        values, kind = rectified, "ReLU"
    else:
        values, kind = active, "activation"
    if not values:
        raise NetworkError(
            "no module inside gives maps [b, c, h, w], so that no layer can be watched; put its "
            "parts into an nn.Sequential"
        )
    end = max(value for value in values if size(value) == min(map(size, values)))
    falling = sorted((value for value in values if value <= end), key=size, reverse=True)
    last = (
        next(filter(reaches, (modules[value] for value in reversed(list(run)))), "")
        for _, run in groupby(falling, size)
    )
    found = tuple(islice(filter(None, last), MOST)) or (modules[values[0]],)
    how = f"the last {kind} before each change of the maps’ size"
    return numbered(found), f"The layers were found by resolution: {how}."


def _modules(trace: Trace, input_size: Size) -> dict[int, str]:
    """Return value → the innermost module that gives it; those that run once and give maps.

    Behind a part that is no op, a tensor may have its maps along another axis. Its rows and columns
    are then not those of maps.
    """
    known = {IMAGE}  # values that only ops lie behind
    for node in trace.nodes:
        if known.issuperset(node.inputs):
            known.add(node.output)
    found: dict[int, str] = {}
    for path, (value, *again) in trace.outputs.items():
        shape = trace.shapes[value]
        is_map = value in known or shape.has_form_of(input_size)
        if path and not again and is_map and shape.rows * shape.columns > 1:
            found.setdefault(value, path)
    return found
