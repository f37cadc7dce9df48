"""The graph of a network, found by running it once and recording every function that it calls.

A ReLU may be a module or a function, work in place, or be used twice: each call is a node of its
own. A call that only moves numbers is made once more on the numbers of elements, which tells where
each was put. The value that any other function makes is kept under the name of the module that
called it. A watched layer that rests on such a value has no graph.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from torch.overrides import TorchFunctionMode, resolve_name

from generator.errors import NetworkError
from generator.names import Size
from generator.network.graph.elements import Elements
from generator.network.graph.graph import Graph, Map, Node
from generator.network.graph.ops.convolution import Convolution
from generator.network.graph.ops.joints import Concatenation, Sum
from generator.network.graph.ops.moves import Gather, Places, move, moves
from generator.network.graph.ops.op import NoOp, Op, parsed
from generator.network.graph.ops.pools import AveragePool
from generator.network.graph.ops.relu import Rectifier, is_of_gate, note_gate
from generator.network.modes import ignoring_modes
from generator.network.rules import Rule
from generator.network.zoo.layers import hooks_of
from generator.network.zoo.loaded import a_weight, in_one_line

# What is raised, and with which words, by a network that an image of another size would fit.
UNFIT = (RuntimeError, ValueError, AssertionError)
SIZES = re.compile(r"\b(sizes?|shapes?|height|width|resolution)\b")
NO_MAP = Map(0, 0, 0)  # the shape of a value that is none
_SUMS = (torch.sum, Tensor.sum)
# Functions that take no more of a map than its form.
_ANEW = (
    *(torch.zeros_like, torch.ones_like, torch.full_like, torch.empty_like),
    *(Tensor.new_zeros, Tensor.new_ones, Tensor.new_full, Tensor.new_empty, Tensor.new_tensor),
)
# They turn scores into probabilities of classes, or into their logarithms: softmax undoes both.
_SOFTMAX = {
    *(F.softmax, torch.softmax, Tensor.softmax),
    *(F.log_softmax, torch.log_softmax, Tensor.log_softmax),
}
_EITHER_WAY = (torch.maximum, Tensor.maximum, torch.max, torch.fmax)
_DRAWS = {
    *(torch.rand, torch.randn, torch.randint, torch.randperm, torch.normal, torch.bernoulli),
    *(torch.rand_like, torch.randn_like, torch.randint_like),
    *(Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_, Tensor.random_, Tensor.exponential_),
}


# Inputs and op of a call; without an op the output has the numbers of the one input, or of what was
# moved to there; or words that say why it is no op.
Read = tuple[tuple[int, ...], Op] | tuple[tuple[int | Tensor], None] | str


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
    result: int | None = None  # the value that the network returned: the first of several
    # Where that is the softmax of scores over classes, or its logarithm, `result` is the scores.
    softmax: bool = False
    no_result: str = ""  # why there is none

    def graph(self, modules: Sequence[str], rule: Rule) -> Graph:
        """Return the graph of these modules' outputs, with batch normalisation folded.

        Raises NetworkError where a module is not run, gives no map or runs more than once, and
        NoProjection where one rests on a part that the rule does not go through.
        """
        watched = [self._output(path) for path in modules]
        graph = self._behind(watched)
        for node in graph.nodes:
            if not node.op.goes_down(rule):
                what = ", which pools by average," if isinstance(node.op, AveragePool) else ""
                raise NoProjection(
                    f"{self.makers[node.output]}{what} has no projection in the {rule.name}"
                )
        if stranger := self._stranger(watched):
            raise NoProjection(f"{stranger} has no projection in the {rule.name}")
        return graph.folded(self.folds)

    def whole(self, modules: Sequence[str]) -> tuple[Graph, str]:
        """Return the graph of these modules' outputs, whatever the rule, and why it ends there.

        Where nothing but ops makes what the network returned, that is its last watched value and
        the reason is "". Raises NetworkError as `graph` does.
        """
        watched = [self._output(path) for path in modules]
        if stranger := self._stranger(watched):
            raise NoProjection(f"{stranger} is no known operation")
        ends = self.no_result
        if self.result is not None:
            stranger = self._stranger([self.result])
            ends = f"{stranger} is no known operation" if stranger else ""
            watched += [] if stranger else [self.result]
        return self._behind(watched).folded(self.folds), ends

    def _behind(self, watched: Sequence[int]) -> Graph:
        return Graph(tuple(self.nodes), self.shapes, tuple(watched)).behind(watched)

    def _stranger(self, watched: Sequence[int]) -> str:
        """Name who made the first value below these that no op makes; "" where ops make all."""
        return next((self.others[v] for v in self._behind(watched).shapes if v in self.others), "")

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
            known = ", ".join(list(self.outputs)[:40]) or "none that does"
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
        self.trace = Trace({})
        self.kept: list[Tensor] = []  # so that no identity is given twice
        # By identity: the number of a value, or the elements of a tensor that is no map.
        self.values: dict[int, int | Tensor] = {}
        self.versions: dict[int, int] = {}
        self.elements = Elements()
        self._name(image, self._value(image.shape, "the image"))
        self.scope: list[tuple[str, nn.Module]] = []
        self.before_softmax: dict[int, int] = {}  # value → the value whose softmax it is

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        touched = {id(part) for part in tensors_in((args, kwargs))} & self.values.keys()
        moved = self._move(func, args, kwargs) if touched and moves(func, args, kwargs) else None
        read = "" if moved or not touched else self._parse(func, args, kwargs, touched)
        strangers = self._strangers((args, kwargs)) if touched else []
        output = func(*args, **kwargs)
        note_gate(func, args, output)
        if func in _DRAWS:
            self._record(func, ", which draws numbers,", output)
        if not touched or func in _ANEW:
            return output
        if moved is not None:
            for made, elements in zip(tensors_in(output), moved, strict=True):
                self._record_moved(func, made, elements)
            return output
        for made in tensors_in(output):
            if id(made) not in self.values or self._written(made):
                self._record(func, read, made)
                self._note_softmax(func, (args, kwargs), made)
                read = "" if isinstance(read, tuple) and read[1] is not None else read
        for known in filter(self._written, tuple(self.kept)):
            self._record(func, ", which writes into a map,", known)
        for other, writes in strangers:
            if id(other) not in self.values and _writes(other) != writes:
                self._record(func, ", which writes a map into another tensor,", other)
        return output

    def note_result(self, returned: object) -> None:
        """Record which value the network returned: the first tensor, if it has a known form."""
        value = next((self.values.get(id(each)) for each in tensors_in(returned)), None)
        if isinstance(value, int) and self.trace.shapes[value] != NO_MAP:
            self.trace.result = self.before_softmax.get(value, value)
            self.trace.softmax = value in self.before_softmax
        else:
            self.trace.no_result = "the network returns no vector and no maps of its image"

    def _note_softmax(self, func: Callable[..., Any], given: object, made: Tensor) -> None:
        """Remember whose softmax over all classes a value is, where it is one."""
        if func in _SOFTMAX and made.dim() == 2:
            before = self.values[id(next(tensors_in(given)))]
            value = self.values[id(made)]
            if isinstance(before, int) and isinstance(value, int):
                self.before_softmax[value] = before

    # --- Moves: where the numbers of a tensor came from -------------------------------------------

    def _move(
        self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> list[Tensor] | None:
        """Return for each tensor that a call makes where its numbers came from; None if unknown."""
        try:
            told = _replaced((args, kwargs), self._elements)
        except NoOp:
            return None
        return [*tensors_in(func(*told[0], **told[1]))]

    def _elements(self, tensor: Tensor) -> Tensor:
        """Return the element numbers of a tensor; an index stays as it is."""
        value = self.values.get(id(tensor))
        if isinstance(value, Tensor):
            return value
        if value is not None:
            if not tensor.is_floating_point():
                raise NoOp("chooses by values")
            return self.elements.of(value, tensor)
        if not tensor.is_floating_point():
            return tensor
        if tensor.any():
            raise NoOp("puts constants beside maps")
        return torch.zeros_like(tensor, dtype=torch.float64)

    def _record_moved(self, func: Callable[..., Any], made: Tensor, elements: Tensor) -> None:
        value = self._moved(elements, self._maker(func)) if _is_map(made) else elements
        if value is not None:
            self._name(made, value)

    def _moved(self, elements: Tensor, maker: str) -> int | None:
        """Return the value of these elements [1, c, h, w] or [1, c]; None if all are zeros."""
        sources, places = self.elements.sources(elements[0])
        if not sources:
            return None
        shapes = self.trace.shapes
        for source in sources:
            if shapes[source] == NO_MAP:
                value = self._value(elements.shape, maker)
                self.trace.others[value] = self.trace.others[source]
                return value
        if len({astuple(shapes[source])[1:] for source in sources}) > 1:
            sources = [self._flat(source, maker) for source in sources]
        (source, *others) = sources
        if others:
            maps = tuple(shapes[each].maps for each in sources)
            shape = (1, sum(maps), shapes[source].rows, shapes[source].columns)
            source = self._node(Concatenation(maps), tuple(sources), shape, maker)
        places = places.reshape(*places.shape, *(1,) * (3 - places.ndim))
        before = next((node for node in self.trace.nodes if node.output == source), None)
        if before is not None and isinstance(before.op, Gather):
            source, places = before.inputs[0], before.op.before(places)  # two are one
        return None if (places < 0).all() else self._placed(source, places, maker)

    def _flat(self, source: int, maker: str) -> int:
        """Return a value as so many maps of one place."""
        count = math.prod(astuple(self.trace.shapes[source]))
        return self._placed(source, np.arange(count).reshape(-1, 1, 1), maker)

    def _placed(self, source: int, places: Places, maker: str) -> int:
        """Return the value whose numbers are those at these places [c, h, w] of a source."""
        op = move(places, astuple(self.trace.shapes[source]), a_weight(self.model).device)
        return source if op is None else self._node(op, (source,), (1, *places.shape), maker)

    # --- Ops --------------------------------------------------------------------------------------

    def _strangers(self, part: Any) -> list[tuple[Tensor, int]]:
        """Return tensors that hold no value yet, and how often each was written into."""
        found = [each for each in tensors_in(part) if id(each) not in self.values]
        found += [each._base for each in found if each._base is not None]  # noqa: SLF001
        return [(each, _writes(each)) for each in found if not each.is_inference()]

    def _written(self, tensor: Tensor) -> bool:
        """Return whether a value, or one that shares its memory, was written over since named."""
        return self.versions[id(tensor)] != _writes(tensor)

    def _parse(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        touched: set[int],
    ) -> Read:
        """Read a call as an op."""
        if func in _EITHER_WAY and id(args[0]) not in touched:
            args = args[::-1]
        try:
            inputs, op = parsed(func, args, kwargs) or ((), None)
        except NoOp as reason:
            return f", which {reason},"
        if func in _SUMS and len(touched) == 1 and isinstance(args[0], Tensor):
            return self._sum_of_moved(func, *args, **kwargs)
        if isinstance(op, Rectifier):
            gates = {id(part) for part in tensors_in((args, kwargs)) if is_of_gate(part, inputs[0])}
            touched = touched - gates
        if {id(tensor) for tensor in inputs} != touched:
            return ""
        values = tuple(self.values[id(tensor)] for tensor in inputs)
        if op is None:
            return (values[0],), None
        numbers = tuple(value for value in values if isinstance(value, int))
        return (numbers, op) if len(numbers) == len(values) else ""

    def _record(
        self,
        func: Callable[..., Any],
        read: Read,
        output: Tensor,
    ) -> None:
        if isinstance(read, tuple):
            if read[1] is None:
                (value,) = read[0]
                self._name(output, value.contiguous() if isinstance(value, Tensor) else value)
            else:
                self._name(output, self._node(read[1], read[0], output.shape, self._maker(func)))
            return
        value = self._value(output.shape, self._maker(func))
        self._name(output, value)
        self.trace.others[value] = f"{self.trace.makers[value]}{read}"

    def _sum_of_moved(
        self, func: Callable[..., Any], stack: Tensor, dim: object = None, **others: object
    ) -> Read:
        """Return what a sum along an axis is where it adds maps that were stacked."""
        elements = self.values.get(id(stack))
        if not isinstance(elements, Tensor) or not isinstance(dim, int) or others:
            return ""
        parts = elements.unbind(dim)
        if not all(map(_is_map, parts)):
            return ""
        values = [self._moved(part, self._maker(func)) for part in parts]
        known = tuple(value for value in values if value is not None)
        if len(known) == 1:
            return known, None
        return (known, Sum((1,) * len(known))) if known else ""

    def _node(self, op: Op, inputs: tuple[int, ...], shape: Sequence[int], maker: str) -> int:
        """Add a node; return the value that it makes."""
        value = self._value(shape, maker)
        self.trace.nodes.append(Node(op, inputs, value))
        return value

    def _value(self, shape: Sequence[int], maker: str) -> int:
        """Return the number of a new value, of a tensor of this shape."""
        is_map = len(shape) in (2, 4) and shape[0] == 1
        value = self.elements.add(shape)
        self.trace.makers[value] = maker
        self.trace.shapes[value] = Map(*shape[1:], *(1,) * (4 - len(shape))) if is_map else NO_MAP
        return value

    def _name(self, tensor: Tensor, value: int | Tensor) -> None:
        self.kept.append(tensor)
        self.values[id(tensor)] = value
        self.versions[id(tensor)] = _writes(tensor)

    def _maker(self, func: Callable[..., Any]) -> str:
        path, module = self.scope[-1] if self.scope else ("", self.model)
        name = (resolve_name(func) or repr(func)).rpartition(".")[2]
        plain = type(module).__name__
        leaf = not any(True for _ in module.children())
        what = plain if leaf else f"{plain}, calling {name}"
        hooked = hooks_of(module)
        what += f", whose hook {', '.join(hooked)} may change its output" if hooked else ""
        return f"module {path!r} ({what})" if path else f"the network itself (calling {name})"


def _is_map(tensor: Tensor) -> bool:
    """Return whether a tensor has maps of one image, or numbers that are maps of one place each."""
    return tensor.dim() in (2, 4) and len(tensor) == 1


def _writes(tensor: Tensor) -> int:
    """Return how often anything was written into the memory of a tensor."""
    return tensor._version  # noqa: SLF001 - torch has no other name for it


def tensors_in(part: Any) -> Iterator[Tensor]:
    """Yield every tensor in nested arguments."""
    if isinstance(part, Tensor):
        yield part
    elif isinstance(part, Mapping):
        for each in part.values():
            yield from tensors_in(each)
    elif isinstance(part, tuple | list):
        for each in part:
            yield from tensors_in(each)


def _replaced(part: Any, other: Callable[[Tensor], Tensor]) -> Any:
    """Return nested arguments with another in the place of every tensor."""
    if isinstance(part, Tensor):
        return other(part)
    if isinstance(part, Mapping):
        return {key: _replaced(each, other) for key, each in part.items()}
    if isinstance(part, tuple | list):
        return type(part)(_replaced(each, other) for each in part)
    return part


@contextmanager
def _following(model: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Let the recorder know which module runs and what it gives; the hooks come off at the end."""

    def enter(path: str) -> Callable[[nn.Module, object], None]:
        return lambda module, _inputs: recorder.scope.append((path, module))

    def leave(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            recorder.scope.pop()
            if isinstance(output, Tensor):
                value = recorder.values.get(id(output))
                if isinstance(value, int) and recorder.trace.shapes[value] != NO_MAP:
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


def trace(model: nn.Module, input_size: Size, modules: Collection[str] = ()) -> Trace:
    """Run a network in evaluation mode once on an empty image, and return what it did.

    What fails behind the last of `modules` does not matter. Raises NetworkError where the network
    cannot run on an image [1, 3, *input_size].
    """
    recorder = None
    try:
        with torch.inference_mode(mode=False), torch.no_grad():  # inference counts no writing
            image = torch.zeros(1, 3, *input_size).to(a_weight(model))
            recorder = _Recorder(model, image)
            with _following(model, recorder), ignoring_modes(), recorder:
                returned = model(image)
    except Exception as problem:  # a person's network may raise anything
        words = in_one_line(problem)
        if recorder is not None and modules and set(modules) <= recorder.trace.outputs.keys():
            recorder.trace.no_result = f"behind its layers the network fails ({words})"
            return recorder.trace
        mend = "; set its input size" if isinstance(problem, UNFIT) and _of_sizes(words) else ""
        raise NetworkError(
            f"the network does not run on one tensor {[1, 3, *input_size]}, an image of "
            f"{input_size} pixels ({words}){mend}"
        ) from problem
    recorder.note_result(returned)
    return recorder.trace


def _of_sizes(words: str) -> bool:
    """Say whether the text of an error speaks of sizes, and of none but those of images."""
    return "channels" not in words and SIZES.search(words) is not None
