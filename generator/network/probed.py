"""A network made ready for probing: which modules are watched, and what their units see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.network.geometry import Field, Window, field_behind

# Modules that have a deconvnet rule. Those in the second group leave every position where it is.
WINDOWED = (nn.Conv2d, nn.MaxPool2d)
POINTWISE = (nn.ReLU, nn.BatchNorm2d, nn.Identity, nn.Dropout, nn.Dropout2d)


@dataclass(frozen=True)
class ProbedLayer:
    """One watched layer."""

    name: str  # "layer1"
    title: str  # "Layer 1"
    module: str  # path inside the network
    filters: int
    grid: tuple[int, int]  # rows, columns of the feature map
    field: Field  # rows and columns alike


@dataclass(frozen=True)
class ProbedNetwork:
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
    layers: tuple[ProbedLayer, ...]
    # First kernels [f, 3, k, k] while it learned, as far as they were kept: name, words, weights.
    history: tuple[tuple[str, str, Tensor], ...] = ()

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device


def pixel_kernels(model: nn.Module, layer: ProbedLayer) -> Tensor | None:
    """Return the kernels [f, 3, k, k] of a layer that looks at pixels; None for any other."""
    first = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
    if first is None or tuple(first.weight.shape[:3]) != (layer.filters, 3, layer.field.size):
        return None
    return first.weight.detach()


class _Stop(Exception):
    """Leaves a forward pass once the last watched module has answered."""


@contextmanager
def watching(model: nn.Module, modules: list[str]) -> Iterator[Callable[[Tensor], list[Tensor]]]:
    """Give a function that runs `model` and returns the outputs of `modules`, in their order.

    The forward pass ends at the last of them. The hooks come off when the block ends, however it
    ends. A module that runs twice is not supported: its last output counts.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            outputs[name] = output
            if len(outputs) == len(modules):
                raise _Stop

        return hook

    def run(images: Tensor) -> list[Tensor]:
        outputs.clear()
        with suppress(_Stop):
            model(images)
        return [outputs[name] for name in modules]

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in modules]
    try:
        yield run
    finally:
        for handle in handles:
            handle.remove()


def probe_layers(
    model: nn.Module, modules: Mapping[str, str], input_size: int
) -> tuple[ProbedLayer, ...]:
    """Describe the layers of a plain chain of modules, in the order given.

    `modules` maps a layer's name to the path of its module. Raises NetworkError, naming the
    module, where the chain holds something without a deconvnet rule or is no plain chain.
    """
    chain = _trace(model, input_size)
    layers = []
    for name, path in modules.items():
        if path not in chain:
            raise NetworkError(
                f"layer {name}: the network runs no module named {path!r}; it runs "
                f"{', '.join(chain)}"
            )
        windows = []
        for step, module in ((step, module) for step, (module, _) in chain.items()):
            window = _window(step, module)
            if window is not None:
                windows.append(window)
            if step == path:
                break
        output = chain[path][1]
        layers.append(
            ProbedLayer(
                name=name,
                title=name.replace("layer", "Layer ") if name.startswith("layer") else name,
                module=path,
                filters=output[1],
                grid=(output[2], output[3]),
                field=field_behind(windows),
            )
        )
    return tuple(layers)


def _trace(model: nn.Module, input_size: int) -> dict[str, tuple[nn.Module, torch.Size]]:
    """Run once; return each leaf module and its output's shape, in order, while the chain holds."""
    steps: dict[str, tuple[nn.Module, torch.Size]] = {}
    parameter = next(model.parameters())
    start = torch.zeros(1, 3, input_size, input_size).to(parameter)
    last = start
    unbroken = True

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            nonlocal last, unbroken
            unbroken = unbroken and len(inputs) == 1 and inputs[0] is last and name not in steps
            if unbroken:
                steps[name] = (module, output.shape)
                last = output

        return record

    handles = [
        module.register_forward_hook(hook(name))
        for name, module in model.named_modules()
        if not list(module.children())
    ]
    try:
        with torch.no_grad():
            model(start)
    finally:
        for handle in handles:
            handle.remove()
    return steps


def _window(name: str, module: nn.Module) -> Window | None:
    """Return what a module does along an axis, None where it works on each position alone."""
    if isinstance(module, POINTWISE):
        return None
    if not isinstance(module, WINDOWED):
        raise NetworkError(
            f"module {name} ({type(module).__name__}) has no deconvnet rule; watch layers before it"
        )
    numbers = []
    for key in ("kernel_size", "stride", "padding", "dilation"):
        value = getattr(module, key)
        pair = value if isinstance(value, tuple) else (value, value)
        if len(set(pair)) != 1 or not isinstance(pair[0], int):
            raise NetworkError(f"module {name}: {key} {value!r} differs between rows and columns")
        numbers.append(pair[0])
    if isinstance(module, nn.MaxPool2d) and module.ceil_mode:
        raise NetworkError(f"module {name}: pools that round sizes up are not supported")
    return Window(*numbers)
