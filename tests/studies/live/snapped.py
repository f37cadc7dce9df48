"""Networks whose weights are whole numbers times a scale already, so that 8 bits change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generator.images.sets.image_set import ImageSet, Names
from generator.names import Size
from generator.network.graph.trace import trace
from generator.network.rules import GRADIENT, Rule
from generator.network.watched import WatchedNetwork
from generator.studies.live import measure
from generator.studies.live.eight_bit import each_op, in_float32
from generator.studies.live.export import export
from tests.oracles.live import Written

NO_IMAGES = ImageSet("none", Names(), np.zeros(0, np.int64), {}, None)
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def silent(*_: object) -> None:
    """Report nothing."""


def watched(
    model: nn.Module,
    size: Size,
    *modules: str,
    rule: Rule = GRADIENT,
    classes: tuple[str, ...] = (),
) -> WatchedNetwork:
    """Watch modules of a model; the layers are named after their places."""
    model.eval().requires_grad_(False)
    names = {f"layer{number}": path for number, path in enumerate(modules, start=1)}
    return WatchedNetwork(
        *("net", model, size, MEAN, STD), modules=names, rule=rule, classes=classes
    )


def snap(model: nn.Module) -> nn.Module:
    """Round the weights to −127…127 times a scale for each map that they make."""
    for module in model.modules():
        weight = getattr(module, "weight", None)
        if not isinstance(weight, nn.Parameter) or weight.dim() < 2:
            continue
        with torch.no_grad():
            if isinstance(module, nn.ConvTranspose2d):
                for rows in weight.chunk(module.groups):
                    for column in range(rows.shape[1]):
                        _round(rows[:, column])
            else:
                for each in weight:
                    _round(each)
    return model


def _round(weights: Tensor) -> None:
    """Round a tensor in place."""
    scale = weights.abs().max() / 127
    if scale > 0:
        weights.copy_((weights / scale).round() * scale)


def written(
    network: WatchedNetwork, folder: Path, monkeypatch: pytest.MonkeyPatch | None = None
) -> Written:
    """Let the study write a network, however much 8 bits change its maps."""
    folder.mkdir(exist_ok=True)
    with (monkeypatch or pytest.MonkeyPatch()).context() as patch:
        patch.setattr(measure, "MOST_DEVIATION", float("inf"))
        assert measure.write(network, NO_IMAGES, folder, silent) == ""
    return Written.read(folder)


def require_nodes_like_the_network(model: nn.Module, size: Size, seed: int = 0) -> None:
    """Assert that the nodes alone compute what a network in float64 returns, from pixels on."""
    model.double().eval().requires_grad_(False)
    graph, reason = trace(model, size).whole([])
    assert reason == ""
    exported = export(each_op(graph, in_float32), 0)
    nodes = [json.loads(node.model_dump_json()) for node in exported.nodes]
    image = np.random.default_rng(seed).normal(0, 1.5, (3, *size))
    found = Written({"nodes": nodes}, list(exported.parts), []).run(image)[exported.watched[0]]
    expected = _maps(model(torch.from_numpy(image)[None]))
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 2e-5 * max(1e-6, np.abs(expected).max())


def own_values(
    network: WatchedNetwork, image: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the layers' maps [c, h, w] and the result, as the network itself has them."""
    model, found = network.model, {}

    def keep(name: str) -> None:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            found[name] = output.detach().clone()

        handles.append(model.get_submodule(network.modules[name]).register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name in network.modules:
        keep(name)
    kind = next((p.dtype for p in model.parameters()), torch.float32)
    output = model(torch.from_numpy(image)[None].to(kind))
    for handle in handles:
        handle.remove()
    while not isinstance(output, Tensor):
        output = next(iter(output.values() if isinstance(output, dict) else output))
    maps = {name: _maps(value) for name, value in found.items()}
    return maps, _maps(output)


def _maps(value: Tensor) -> np.ndarray:
    return value[0].double().reshape(*value.shape[1:], *(1,) * (4 - value.dim())).numpy()


def require_like_the_network(network: WatchedNetwork, record: Written, seed: int = 0) -> None:
    """Assert that the record computes what the network does, up to float32's rounding."""
    size = network.input_size
    image = np.random.default_rng(seed).normal(0, 1.5, (3, *size))
    maps, result = own_values(network, image)
    values = record.run(image)
    for value, shape in zip(values, record.network["values"], strict=True):
        assert list(value.shape) == shape
    expected = [maps[each["name"]] for each in record.network["layers"]]
    found = [values[each["value"]] for each in record.network["layers"]]
    if record.network["output"] is not None:
        expected.append(result)
        found.append(values[record.network["output"]])
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max() <= 2e-5 * max(1e-6, np.abs(other).max())
