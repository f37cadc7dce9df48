"""The graph of a network, found by running it once and recording every function that it calls.

A ReLU may be a module or a function, work in place, or be used twice: each call is a node of its
own. The value that any other function makes is kept under the name of the module that called it. A
watched layer that rests on such a value has no graph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

from generator.errors import NetworkError
from generator.network.graph.graph import IMAGE, Graph, Map, Node
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.op import NoOp, Op, parsed
from generator.network.graph.ops.pools import AveragePool
from generator.network.modes import ignoring_modes
from generator.network.rules import Rule
from generator.network.zoo.loaded import a_weight, in_one_line

# What is raised, and with which words, by a network that an image of another size would fit.
UNFIT = (RuntimeError, ValueError, AssertionError)
SIZES = re.compile(r"\b(sizes?|shapes?|height|width|resolution)\b")


class NoProjection(NetworkError):
    """A watched layer rests on a part that a rule does not go through; the text names both."""


@dataclass
class Trace:
    """The record of one run: its nodes, and who made each value."""

    shapes: dict[int, Map]
    nodes: list[Node] = field(default_factory=list)
    others: dict[int, str] = field(default_factory=dict)  # value that no op makes → who made it
    makers: dict[int, str] = field(default_factory=dict)  # value → "module 'a.b' (Conv2d)"
    outputs: dict[str, list[int]] = field(default_factory=dict)  # module path → values it gave
    folds: dict[int, Convolution] = field(default_factory=dict)  # as `Graph.folded` keeps them

    def graph(self, modules: Sequence[str], rule: Rule) -> Graph:
        """Return the graph of these modules' outputs, with batch normalisation folded.

        Raises NetworkError where a module is not run, gives no map or runs more than once, and
        NoProjection where one rests on a part that the rule does not go through.
        """
        watched = [self._output(path) for path in modules]
        graph = Graph(tuple(self.nodes), self.shapes, tuple(watched)).behind(watched)
        for node in graph.nodes:
            if isinstance(node.op, AveragePool) and not rule.averages:
                maker = self.makers[node.output]
                raise NoProjection(
                    f"{maker}, which pools by average, has no projection in the {rule.name}"
                )
        for value in graph.shapes:
            if value in self.others:
                raise NoProjection(f"{self.others[value]} has no projection in the {rule.name}")
        return graph.folded(self.folds)

    @property
    def description(self) -> str:
        """Return in words all that the network does, as far as its parts are ops."""
        nodes = (f"{node.output} = {node.op.description} of {node.inputs}" for node in self.nodes)
        others = (f"{value} = {maker}" for value, maker in self.others.items())
        return "\n".join((*nodes, *others, str(self.outputs)))

    def shape(self, path: str) -> Map:
        """Return the shape of a module's output; raises NetworkError as `graph` does."""
        return self.shapes[self._output(path)]

    def _output(self, path: str) -> int:
        values = self.outputs.get(path, [])
        if not values:
            known = ", ".join(list(self.outputs)[:40])
            raise NetworkError(
                f"the network runs no module named {path!r} that gives feature maps; it has {known}"
            )
        if len(values) > 1:
            raise NetworkError(
                f"module {path!r} runs {len(values)} times; watch a module that runs once"
            )
        return values[0]


class _Recorder(TorchFunctionMode):
    """Sees every function that a network calls, by whatever name."""

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        super().__init__()
        self.model = model
        self.kept = [image]  # so that no identity is given twice
        self.values = {id(image): IMAGE}
        self.versions = {id(image): _writes(image)}
        self.trace = Trace({IMAGE: Map(*image.shape[1:])})
        self.scope: list[tuple[str, nn.Module]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        touched = {id(part) for part in _tensors((args, kwargs))} & self.values.keys()
        node = self._parse(func, args, kwargs, touched) if touched else ""
        output = func(*args, **kwargs)
        if touched:
            for made in _tensors(output):
                if id(made) not in self.values or self._written(made):
                    self._record(func, node, made)
            for known in filter(self._written, tuple(self.kept)):
                self._record(func, ", which writes into a map,", known)
        return output

    def _written(self, tensor: Tensor) -> bool:
        """Return whether a value, or one that shares its memory, was written over since named."""
        return self.versions[id(tensor)] != _writes(tensor)

    def _parse(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        touched: set[int],
    ) -> tuple[tuple[int, ...], Op | None] | str:
        """Return inputs and op of a call, or words that say why it is no op."""
        try:
            inputs, op = parsed(func, args, kwargs) or ((), None)
        except NoOp as reason:
            return f", which {reason},"
        if {id(tensor) for tensor in inputs} != touched:
            return ""
        return tuple(self.values[id(tensor)] for tensor in inputs), op

    def _record(
        self,
        func: Callable[..., Any],
        node: tuple[tuple[int, ...], Op | None] | str,
        output: Tensor,
    ) -> None:
        trace = self.trace
        if isinstance(node, tuple) and node[1] is None:
            self._name(output, node[0][0])
            return
        value = len(self.kept)
        self._name(output, value)
        maker = self._maker(func)
        trace.makers[value] = maker
        is_map = output.dim() == 4  # b c h w
        trace.shapes[value] = Map(*output.shape[1:]) if is_map else Map(0, 0, 0)
        if isinstance(node, tuple) and node[1] is not None:
            trace.nodes.append(Node(node[1], node[0], value))
        else:
            trace.others[value] = f"{maker}{node}"

    def _name(self, tensor: Tensor, value: int) -> None:
        self.kept.append(tensor)
        self.values[id(tensor)] = value
        self.versions[id(tensor)] = _writes(tensor)

    def _maker(self, func: Callable[..., Any]) -> str:
        path, module = self.scope[-1] if self.scope else ("", self.model)
        name = (resolve_name(func) or repr(func)).rpartition(".")[2]
        plain = type(module).__name__
        leaf = not any(True for _ in module.children())
        what = plain if leaf else f"{plain}, calling {name}"
        return f"module {path!r} ({what})" if path else f"the network itself (calling {name})"


def _writes(tensor: Tensor) -> int:
    """Return how often anything was written into the memory of a tensor."""
    return tensor._version  # noqa: SLF001 - torch has no other name for it


def _tensors(part: Any) -> Iterator[Tensor]:
    """Yield every tensor in nested arguments."""
    if isinstance(part, Tensor):
        yield part
    elif isinstance(part, Mapping):
        for each in part.values():
            yield from _tensors(each)
    elif isinstance(part, tuple | list):
        for each in part:
            yield from _tensors(each)


@contextmanager
def _following(model: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Let the recorder know which module runs and what it gives; the hooks come off at the end."""

    def enter(path: str) -> Callable[[nn.Module, object], None]:
        return lambda module, _inputs: recorder.scope.append((path, module))

    def leave(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            recorder.scope.pop()
            if isinstance(output, Tensor) and output.dim() == 4 and len(output) == 1:  # b c h w
                value = recorder.values.get(id(output))
                if value is not None:
                    recorder.trace.outputs.setdefault(path, []).append(value)

        return hook

    handles = []
    for path, module in model.named_modules():
        handles += [
            module.register_forward_pre_hook(enter(path)),
            module.register_forward_hook(leave(path)),
        ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def trace(model: nn.Module, input_size: int) -> Trace:
    """Run a network in evaluation mode once on an empty image, and return what it did.

    Raises NetworkError where it cannot run on an image [1, 3, input_size, input_size].
    """
    try:
        with torch.inference_mode(mode=False), torch.no_grad():  # inference counts no writing
            image = torch.zeros(1, 3, input_size, input_size).to(a_weight(model))
            recorder = _Recorder(model, image)
            with _following(model, recorder), ignoring_modes(), recorder:
                model(image)
    except Exception as problem:  # a person's network may raise anything
        words = in_one_line(problem)
        mend = "; set its input size" if isinstance(problem, UNFIT) and _of_sizes(words) else ""
        raise NetworkError(
            f"the network does not run on one tensor [1, 3, {input_size}, {input_size}], an image "
            f"of {input_size} × {input_size} pixels ({words}){mend}"
        ) from problem
    return recorder.trace


def _of_sizes(words: str) -> bool:
    """Say whether the text of an error speaks of sizes, and of none but those of images."""
    return "channels" not in words and SIZES.search(words) is not None
