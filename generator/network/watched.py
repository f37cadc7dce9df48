"""A network whose layers are watched: which modules are watched, and what their units see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.cone.cone import Cone, cone_of
from generator.network.cone.geometry import Field
from generator.network.graph.graph import IMAGE, Graph, Map
from generator.network.graph.ops import Convolution, Rectifier, Scaling
from generator.network.graph.trace import NoWayDown, Trace, trace
from generator.rule import Rule

# Maps that the C library gives back to the system at once cost more than computing them: it keeps
# blocks of up to 32 MiB (glibc). So many images run at a time that no map is larger than this, by
# trial a little slower at half and at twice as much.
KEPT = 20 << 20  # bytes


@dataclass(frozen=True)
class WatchedLayer:
    """One watched layer."""

    name: str  # "layer1"
    title: str  # "Layer 1"
    module: str  # path inside the network
    filters: int  # those that are shown, from the first on
    grid: tuple[int, int]  # rows, columns of the feature map
    # Rows and columns alike: of a field that is no square, the smallest square that holds it. One
    # larger than the input stands for the whole input.
    field: Field


@dataclass(frozen=True)
class WatchedNetwork:
    """A network in evaluation mode and all that is known of it."""

    name: str
    source: str
    trained_on: str
    weights_sha256: str
    model: nn.Module
    input_size: int  # pixels, height and width
    mean: tuple[float, float, float]  # RGB, of values in 0…1
    std: tuple[float, float, float]
    classes: tuple[str, ...]
    layers: tuple[WatchedLayer, ...]
    # First kernels [f, 3, k, k] while it learned, as far as they were kept: name, words, weights.
    history: tuple[tuple[str, str, Tensor], ...] = ()
    rule: Rule = "deconvnet"  # that reconstructions follow
    code_sha256: str = ""  # of the file that makes it, where it is a person's own

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @cached_property
    def computation(self) -> str:
        """Return sha256, in hexadecimal, over what the network does with its weights.

        What its parts without a rule do is known by the code of a person's own file only.
        """
        return hashlib.sha256(f"{self.code_sha256}\n{self._trace.told}".encode()).hexdigest()

    def cone(self, layer: WatchedLayer) -> Cone | None:
        """Return the cone of a layer's units; None where only the whole network runs.

        It holds the weights as they lie on the device at the first call of any method here.
        """
        if layer.module not in self._cones:
            graph = self.graph([layer])
            cone = None if graph is None else cone_of(graph, graph.watched[0])
            self._cones[layer.module] = cone
        return self._cones[layer.module]

    @contextmanager
    def watching(
        self, layers: Sequence[WatchedLayer]
    ) -> Iterator[Callable[[Tensor], list[Tensor]]]:
        """Give a function from images [b, 3, h, w] to the maps [b, f, h, w] of these layers.

        Values may be below zero where the module is no ReLU. The pass ends at the last layer.
        """
        graph = self.graph(layers)
        if graph is None:
            with hooked(self.model, layers) as run:
                yield lambda images: run(images.contiguous())  # of which a person may make views
            return

        def run_graph(images: Tensor) -> list[Tensor]:
            maps = zip(graph.run(images), layers, strict=True)
            return [values[:, : layer.filters] for values, layer in maps]

        yield run_graph

    def at_once(self, layers: Sequence[WatchedLayer]) -> int | None:
        """Return how many images to watch at a time, for speed; None where more is no slower."""
        graph = self.graph(layers) if self.device.type == "cpu" else None
        return None if graph is None else max(1, KEPT // graph.largest)

    def graph(self, layers: Sequence[WatchedLayer]) -> Graph | None:
        """Return the ops to these layers, None where only the whole network runs."""
        modules = [layer.module for layer in layers]
        try:
            return self._trace.graph(modules, averages=self.rule != "deconvnet").folded()
        except NoWayDown:
            if self.rule == "deconvnet":
                raise
            return None

    @cached_property
    def _cones(self) -> dict[str, Cone | None]:
        return {}

    @cached_property
    def _trace(self) -> Trace:
        return trace(self.model, self.input_size)


def watch_layers(
    model: nn.Module,
    modules: Mapping[str, str],
    input_size: int,
    rule: Rule = "deconvnet",
    filters: int | None = None,
) -> tuple[WatchedLayer, ...]:
    """Describe the layers of a network, in the order given; `filters` shows so many of each.

    `modules` maps a layer's name to the path of its module. Raises NetworkError, naming the module,
    where one gives no feature maps, runs more than once, or rests on a part that has no rule.
    """
    told = trace(model, input_size)
    layers = []
    for name, path in modules.items():
        shape = told.shape(path)
        layers.append(
            WatchedLayer(
                name=name,
                title=name.replace("layer", "Layer ") if name.startswith("layer") else name,
                module=path,
                filters=min(shape.maps, filters or shape.maps),
                grid=(shape.rows, shape.columns),
                field=_field(told, name, path, input_size, rule),
            )
        )
    return tuple(layers)


def pixel_kernels(network: WatchedNetwork, layer: WatchedLayer) -> Tensor | None:
    """Return the kernels [f, 3, k, k] of a layer that looks at pixels; None for any other.

    Such a layer is one convolution of the pixels, with square kernels, and what may follow it at
    each place: batch normalisation, which is part of the kernels returned, and a ReLU.
    """
    graph = network.graph([layer])
    if graph is None:
        return None
    first, *others = graph.nodes
    op = first.op
    if not (
        isinstance(op, Convolution)
        and first.inputs == (IMAGE,)
        and op.weight.shape[1] == 3
        and op.kernel[0] == op.kernel[1]
        and all(isinstance(node.op, Rectifier | Scaling) for node in others)
    ):
        return None
    return op.weight[: layer.filters].contiguous()


def _field(told: Trace, name: str, path: str, input_size: int, rule: Rule) -> Field:
    """Return the square field of a layer's units in the input's pixels."""
    try:
        graph = told.graph([path], averages=rule != "deconvnet")
    except NoWayDown as part:
        if rule == "deconvnet":
            raise NetworkError(
                f"{name}: {part}; watch layers before it, or choose --rule gradient or "
                "--rule guided"
            ) from part
        return _everything(name, told.shape(path), input_size)
    try:
        cone = cone_of(graph, graph.watched[0])
    except ValueError as problem:
        raise NetworkError(f"{name}: below module {path!r} {problem} in one sum") from problem
    rows, columns = cone.axes[IMAGE]
    return _square(rows.field, columns.field, name)


def _square(rows: Field, columns: Field, name: str) -> Field:
    if rows.stride != columns.stride:
        raise NetworkError(
            f"{name}: its units lie {rows.stride} pixels apart in rows and {columns.stride} in "
            "columns; watch a layer where both are alike"
        )
    return rows.union(columns)


def _everything(name: str, shape: Map, input_size: int) -> Field:
    """Return a field that holds the whole input, whichever the unit."""
    if shape.rows != shape.columns:
        raise NetworkError(
            f"{name}: gives {shape.maps} × {shape.rows} × {shape.columns} values, which are no "
            "square maps, one behind the other; watch a layer that gives maps [b, c, h, w]"
        )
    stride = max(1, input_size // shape.rows)
    return Field(2 * input_size, stride, -input_size)


class _Stop(Exception):
    """Leaves a forward pass once the last watched module has answered."""


@contextmanager
def hooked(
    model: nn.Module, layers: Sequence[WatchedLayer]
) -> Iterator[Callable[[Tensor], list[Tensor]]]:
    """Give what `WatchedNetwork.watching` gives, by running the network itself as it came.

    The hooks come off when the block ends, however it ends.
    """
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            outputs[path] = output
            if len(outputs) == len(layers):
                raise _Stop
            outputs[path] = output.clone()  # what comes next may work in place

        return hook

    def run(images: Tensor) -> list[Tensor]:
        outputs.clear()
        with suppress(_Stop):
            model(images.clone())  # which it may write into
        for layer in layers:
            if layer.module not in outputs:
                raise NetworkError(
                    f"{layer.name} cannot be watched: its module {layer.module} does not run on "
                    "every image; watch one that does"
                )
        return [outputs[layer.module][:, : layer.filters] for layer in layers]

    paths = {layer.module for layer in layers}
    handles = [model.get_submodule(path).register_forward_hook(keep(path)) for path in paths]
    try:
        yield run
    finally:
        for handle in handles:
            handle.remove()
