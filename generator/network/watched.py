"""A network whose layers are watched: their maps, their cones, and the fields of their units."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.names import Evidence, Size
from generator.network.cone.cone import Cone, cone_of
from generator.network.cone.geometry import PixelField
from generator.network.graph.graph import IMAGE, Graph, Map
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.pointwise import LocalNormalisation
from generator.network.graph.ops.relu import Rectifier
from generator.network.graph.ops.scaling import Scaling
from generator.network.graph.trace import NoProjection, Trace, trace
from generator.network.modes import ignoring_modes
from generator.network.rules import DECONVNET, RULES, Rule
from generator.network.support import field_of
from generator.network.zoo.by_resolution import by_resolution
from generator.network.zoo.loaded import LoadedNetwork, a_weight

# The C library (glibc) keeps freed blocks of up to 32 MiB. It gives larger ones back to the system
# at once, and getting new ones costs more than computing the maps in them. So many images run at a
# time that no map is larger than this; by trial, half and twice as much are a little slower.
KEPT = 20 << 20  # bytes


@dataclass(frozen=True)
class WatchedLayer:
    """One watched layer."""

    name: str  # "layer1"
    title: str  # "Layer 1"
    module: str  # path inside the network
    filters: int  # those that are shown, from the first on
    grid: tuple[int, int]  # rows, columns of the feature map
    # Rows and columns alike: where the units' field is no square, the smallest square around it.
    # One larger than both sides of the input stands for the whole input.
    field: PixelField
    known_by: Evidence = "geometry"  # how the field was found


@dataclass(frozen=True)
class WatchedNetwork(LoadedNetwork):
    """A network in evaluation mode, of which the outputs of `modules` are watched.

    It is run once to find its graph, at the first call of any method here, with its weights as they
    are then, on the device where they are. `dataclasses.replace` makes one that is run anew.
    """

    filters: int | None = None  # so many of each layer are shown; all
    rule: Rule = DECONVNET  # that reconstructions follow
    _graphs: dict[tuple[str, ...], Graph | None] = field(default_factory=dict, init=False)
    _cones: dict[str, Cone | None] = field(default_factory=dict, init=False)

    @property
    def device(self) -> torch.device:
        return a_weight(self.model).device

    @cached_property
    def layers(self) -> tuple[WatchedLayer, ...]:
        """Return the watched layers, in the order of `modules`.

        Raises NetworkError, naming the module, where one gives no feature maps, runs more than
        once, or rests on a part that the rule does not go through.
        """
        return tuple(self._layer(name, path) for name, path in self.modules.items())

    @cached_property
    def computation(self) -> str:
        """Return sha256, in hexadecimal, over what the network does with its weights.

        Where parts are no ops, only the code of a person's own file says what they do.
        """
        description = f"{self.code_sha256}\n{self._trace.description}"
        return hashlib.sha256(description.encode()).hexdigest()

    @property
    def skipped(self) -> tuple[str, ...]:
        """Name, for people, what the rule passes over on its way down from the layers."""
        graph = None if self.rule.autograd else self.graph(self.layers)
        normalised = graph and any(isinstance(node.op, LocalNormalisation) for node in graph.nodes)
        return ("local response normalisation",) if normalised else ()

    def by_resolution(self) -> tuple[dict[str, str], str]:
        """Return layers that nobody listed, and how they were chosen, as `by_resolution` does."""
        return by_resolution(self._trace, self.input_size, self._reaches)

    def with_same_trace(self, **facts: Any) -> WatchedNetwork:
        """Return the network with other facts, which its graph does not rest on, and not run anew.

        `modules` may be others where none was watched.
        """
        network = replace(self, **facts)
        vars(network)["_trace"] = self._trace
        return network

    def cone(self, layer: WatchedLayer) -> Cone | None:
        """Return the cone of a layer's units; None where only the whole network runs."""
        return self._cone(layer.module)

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
                yield lambda images: run(images.contiguous())  # the network may need views of them
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
        """Return the graph of these layers; None where only the whole network runs."""
        return self._graph(*(layer.module for layer in layers))

    def with_weights_above(self, other: WatchedNetwork, number: int) -> WatchedNetwork | None:
        """Return the network with those of another in layer `number`, counted from 0.

        What earlier layers rest on stays as it is. The result knows that layer alone. None where
        only the whole network runs.
        """
        layer, *before = self.layers[number], *self.layers[:number]
        mine, theirs = self.graph([layer]), other.graph([layer])
        graphs = [self.graph([each]) for each in before]
        if mine is None or theirs is None:
            return None
        below = {node.output for graph in graphs if graph for node in graph.nodes}
        mixed = self.with_same_trace()
        known = mixed._graphs  # noqa: SLF001 - its own
        known[(layer.module,)] = mine.with_ops_of(theirs, below)
        return mixed

    def whole(self) -> tuple[Graph, str]:
        """Return the graph of all layers and, last, of what the network returns, whatever the rule.

        Where that is not known the words, else "", say why, and the graph ends at the layers.
        Raises NetworkError, naming the part, where the layers rest on one that is no op.
        """
        return self._trace.whole([layer.module for layer in self.layers])

    @property
    def ends_with_softmax(self) -> bool:
        """Say whether the network returns the softmax, or its logarithm, of what `whole` gives."""
        return self._trace.softmax

    def _graph(self, *modules: str) -> Graph | None:
        if modules not in self._graphs:
            try:
                self._graphs[modules] = self._trace.graph(modules, self.rule)
            except NoProjection:
                if not self.rule.autograd:
                    raise
                self._graphs[modules] = None
        return self._graphs[modules]

    def _cone(self, module: str) -> Cone | None:
        if module not in self._cones:
            graph = self._graph(module)
            self._cones[module] = None if graph is None else cone_of(graph, graph.watched[0])
        return self._cones[module]

    def _reaches(self, module: str) -> bool:
        """Return whether a module that gives maps can be watched under the rule."""
        try:
            cone = self._cone(module)
            if cone is None:
                return self._trace.shape(module).has_form_of(self.input_size)
            _square(module, cone)
        except (NetworkError, ValueError):
            return False
        return True

    @cached_property
    def _trace(self) -> Trace:
        return trace(self.model, self.input_size, self.modules.values())

    def _layer(self, name: str, module: str) -> WatchedLayer:
        shape = self._trace.shape(module)
        try:
            cone = self._cone(module)
        except NoProjection as part:
            others = " or ".join(f"--rule {rule.name}" for rule in RULES.values() if rule.autograd)
            raise NetworkError(
                f"{name}: {part}; watch layers before it, or choose {others}"
            ) from part
        except ValueError as problem:
            raise NetworkError(f"{name}: below module {module!r} {problem} in one sum") from problem
        layer = WatchedLayer(
            name=name,
            title=name.replace("layer", "Layer ") if name.startswith("layer") else name,
            module=module,
            filters=min(shape.maps, self.filters or shape.maps),
            grid=(shape.rows, shape.columns),
            field=_everything(name, shape, self.input_size)
            if cone is None
            else _square(name, cone),
        )
        if cone is not None:
            return layer
        field = field_of(self, partial(self._alone, layer), name, layer.grid)
        if field is None:
            return replace(layer, known_by="nothing")
        sees_all = field.size >= max(self.input_size)
        return replace(layer, known_by="gradients", field=layer.field if sees_all else field)

    def _alone(self, layer: WatchedLayer, images: Tensor) -> Tensor:
        """Return the maps [b, c, h, w] of one layer, by running the network as it came."""
        with hooked(self.model, [layer]) as run:
            return run(images)[0]


def pixel_kernels(network: WatchedNetwork, layer: WatchedLayer) -> Tensor | None:
    """Return the kernels [f, 3, k, k] of a layer that looks at pixels; None for any other.

    Such a layer is one convolution of the pixels, or of their grey, with square kernels. Batch
    normalisation, which is part of the kernels returned, and a ReLU may follow it.
    """
    graph = network.graph([layer])
    if graph is None:
        return None
    before = graph.nodes[:1] if network.channels == 1 else ()  # makes the grey
    first, *others = graph.nodes[len(before) :] or graph.nodes
    op = first.op
    if not (
        isinstance(op, Convolution)
        and first.inputs == (before[0].output if before else IMAGE,)
        and op.weight.shape[1] == network.channels
        and op.kernel[0] == op.kernel[1]
        and all(isinstance(node.op, Rectifier | Scaling) for node in others)
    ):
        return None
    return op.weight[: layer.filters].expand(-1, 3, -1, -1).contiguous()


def _square(name: str, cone: Cone) -> PixelField:
    """Return the square field of a layer's units in the input's pixels."""
    rows, columns = (axis.field for axis in cone.axes[IMAGE])
    if rows.stride != columns.stride:
        raise NetworkError(
            f"{name}: its units lie {rows.stride} pixels apart in rows and {columns.stride} in "
            "columns; watch a layer where both are alike"
        )
    return rows.union(columns).in_pixels


def _everything(name: str, shape: Map, input_size: Size) -> PixelField:
    """Return a field that is the whole input and more, whichever the unit."""
    if not shape.has_form_of(input_size):
        raise NetworkError(
            f"{name}: gives {shape.maps} × {shape.rows} × {shape.columns} values, which are no "
            f"maps of the input's shape, {input_size}, one behind the other; watch a layer that "
            "gives maps [b, c, h, w]"
        )
    stride, side = max(1, input_size.height // shape.rows), max(input_size)
    return PixelField(2 * side, stride, -side)


class _Stop(Exception):
    """Ends a forward pass at the last watched module."""


@contextmanager
def hooked(
    model: nn.Module, layers: Sequence[WatchedLayer]
) -> Iterator[Callable[[Tensor], list[Tensor]]]:
    """Do as `WatchedNetwork.watching` does, by running the network itself as it came.

    The hooks come off when the block ends, however it ends.
    """
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            outputs[path] = output
            if len(outputs) == len(layers):
                raise _Stop
            outputs[path] = output.clone()  # the next module may work in place

        return hook

    def run(images: Tensor) -> list[Tensor]:
        outputs.clear()
        with suppress(_Stop), ignoring_modes():
            model(images.clone())  # which it may write into
        for layer in layers:
            if layer.module not in outputs:
                raise NetworkError(
                    f"{layer.name} cannot be watched: its module {layer.module} does not run on "
                    "every image; watch one that does"
                )
        return [_as_maps(outputs[layer.module])[:, : layer.filters] for layer in layers]

    paths = {layer.module for layer in layers}
    handles = [model.get_submodule(path).register_forward_hook(keep(path)) for path in paths]
    try:
        yield run
    finally:
        for handle in handles:
            handle.remove()


def _as_maps(output: Tensor) -> Tensor:
    """Return numbers of whole images [b, c] as maps of one place [b, c, 1, 1]."""
    return output[:, :, None, None] if output.dim() == 2 else output
