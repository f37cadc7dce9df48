"""Networks by name: every form of a name, and the message for every slip."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from generator.config import Settings
from generator.errors import ConfigError, NetworkError
from generator.names import Size, file_and_function
from generator.network import watched
from generator.network.graph import graph
from generator.network.graph.ops.convolution import Convolution, folded
from generator.network.graph.ops.scaling import Scaling
from generator.network.graph.trace import Trace, trace
from generator.network.rules import GUIDED
from generator.network.watched import WatchedNetwork, pixel_kernels
from generator.network.weights import weights_file
from generator.network.weights.state import state_digest
from generator.network.zoo import load as zoo
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS, WIDTHS, ZFNet, first_kernels


def load(network: str, **more: Any) -> WatchedNetwork:
    """Load a network with the usual settings but for these."""
    return zoo.load(Settings(network=network, **more))


def test_the_embedded_network_is_complete() -> None:
    """Five layers in order with the published widths, watched."""
    network = load("zfnet")
    assert tuple(layer.filters for layer in network.layers) == WIDTHS
    assert [layer.name for layer in network.layers] == [f"layer{n}" for n in range(1, 6)]
    assert [layer.grid for layer in network.layers] == [(110, 110), (26, 26), *[(13, 13)] * 3]
    assert len(network.classes) == 130
    assert not network.model.training
    assert not any(weight.requires_grad for weight in network.model.parameters())


def test_the_embedded_network_kept_its_first_kernels() -> None:
    """In the order of training, each different, and none of them the last."""
    network = load("zfnet")
    now = pixel_kernels(network, network.layers[0])
    assert now is not None
    titles = [snapshot.title for snapshot in network.history]
    assert titles[0] == "epoch 1"
    numbers = [int(title.split()[1]) for title in titles]
    assert numbers == sorted(numbers)
    kernels = [*map(first_kernels, network.history), now]
    for before, after in pairwise(kernels):
        assert before.shape == after.shape
        assert not torch.equal(before, after)
    assert all(pixel_kernels(network, layer) is None for layer in network.layers[1:])


def test_random_weights_are_seeded_and_say_so() -> None:
    """The same shapes as the embedded network, none of its numbers, nothing learned."""
    trained, first, second = load("zfnet"), load("zfnet:random"), load("zfnet:random")
    assert first.name == "zfnet, random weights"
    assert first.source == "random weights, seed 0"
    assert (first.trained_on, first.classes, first.history) == ("", (), ())
    assert first.layers == trained.layers
    assert first.weights_sha256 == state_digest(first.model) == second.weights_sha256
    one, other = (net.model.get_submodule("features.conv3") for net in (first, trained))
    assert isinstance(one, nn.Conv2d)
    assert isinstance(other, nn.Conv2d)
    assert not torch.equal(one.weight, other.weight)


def test_other_weights_of_the_same_shapes_take_the_place_of_the_embedded(tmp_path: Path) -> None:
    """Their provenance comes with them, and no kernels of another network's training."""
    file = tmp_path / "mine.safetensors"
    provenance = weights_file.Provenance(("cat", "dog"), "trained at home", "my pictures")
    weights_file.save(ZFNet(2), provenance, file)
    network = load("zfnet", weights=file)
    assert network.classes == ("cat", "dog")
    assert network.source == "trained at home"
    assert network.trained_on == "my pictures"
    assert network.history == ()
    assert network.weights_sha256 != load("zfnet").weights_sha256


def test_settings_change_what_is_looked_at() -> None:
    """Rule, input size and the number of filters reach the network; random weights keep them."""
    for name in ("zfnet", "zfnet:random"):
        network = load(name, rule="guided", input_size=96, filters=3, layers=("layer2",))
        assert network.rule == GUIDED
        assert network.input_size == Size.square(96)
        assert [layer.filters for layer in network.layers] == [3]
        assert network.layers[0].grid == (10, 10)
        with network.watching(network.layers) as run:
            (maps,) = run(torch.zeros(1, 3, 96, 96))
        assert maps.shape == (1, 3, 10, 10)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("zfnet:random", "deconvnet"),
        ("torchvision:resnet18:random", "deconvnet"),
        ("torchvision:densenet121:random", "gradient"),
        ("torchvision:mnasnet0_5:random", "deconvnet"),  # its layers are found
    ],
)
def test_a_network_is_traced_once_on_its_device(
    monkeypatch: pytest.MonkeyPatch, name: str, rule: str
) -> None:
    """And each normalisation is folded once, whatever is asked of the network afterwards."""
    traces, folds = [], []

    def traced(model: nn.Module, input_size: Size, modules: Collection[str]) -> Trace:
        traces.append(next(model.parameters()).device)
        return trace(model, input_size, modules)

    def fold(convolution: Convolution, scaling: Scaling) -> Convolution:
        folds.append(id(scaling))
        return folded(convolution, scaling)

    monkeypatch.setattr(watched, "trace", traced)
    monkeypatch.setattr(graph, "folded", fold)
    network = load(name, rule=rule, input_size=64)
    assert traces == [network.device]
    assert network.computation
    assert network.at_once(network.layers)
    for layer in network.layers:
        assert network.cone(layer)
        with network.watching([layer]) as run:
            run(torch.zeros(1, 3, 64, 64))
    assert len(traces) == 1
    assert len(folds) == len(set(folds))
    norms = sum(isinstance(part, nn.BatchNorm2d) for part in network.model.modules())
    assert bool(folds) == bool(norms)
    assert len(folds) <= norms


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((), ["layer1", "layer2", "layer3", "layer4", "layer5"]),
        (("layer4",), ["layer4"]),
        (("layer3", "layer1", "layer3"), ["layer1", "layer3"]),
        (("deep=features.relu4", "First_1-a = features.conv1"), ["deep", "First_1-a"]),
        (("conv=features.relu4", "com0=features.conv1"), ["conv", "com0"]),
    ],
)
def test_layers_are_those_asked_for(asked: tuple[str, ...], found: list[str]) -> None:
    """Usual layers in the network's order, named modules in the order given."""
    assert [layer.name for layer in load("zfnet", layers=asked).layers] == found


def test_a_named_module_is_watched_itself() -> None:
    """A convolution before its ReLU gives values below zero, of the shape that it has."""
    network = load("zfnet", layers=("raw=features.conv2",), input_size=64)
    with network.watching(network.layers) as run:
        (maps,) = run(torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert network.layers[0].module == "features.conv2"
    assert maps.shape[1] == WIDTHS[1]
    assert bool((maps < 0).any())


@pytest.mark.parametrize(
    ("layers", "kind", "words"),
    [
        (("layer9",), ConfigError, r"'layer9'; did you mean 'layer[1-5]'"),
        (("layer1", "x=features.conv1"), ConfigError, "'layer1' names no module"),
        (("x=features.conv9",), NetworkError, r"'features\.conv9'; did you mean 'features\.conv"),
        (("x=",), NetworkError, "no module ''"),
        (("x=features.conv1=2",), NetworkError, "'features.conv1=2'"),
        (("=features.conv1",), ConfigError, "'' cannot be a layer's name"),
        (("../up=features.conv1",), ConfigError, r"'\.\./up' cannot be a layer's name"),
        (("a/b=features.conv1",), ConfigError, "'a/b' cannot be"),
        (("naïve=features.conv1",), ConfigError, "'naïve' cannot be"),
        (("a" * 65 + "=features.conv1",), ConfigError, "cannot be"),
        (("Assets=features.conv1",), ConfigError, "'Assets' cannot be"),
        (("Classes=features.conv1",), ConfigError, "'Classes' cannot be"),
        (
            ("Con=features.conv1",),
            ConfigError,
            r"'Con' cannot be .* and not assets, images, .*, con, prn, aux",
        ),
        (("COM9=features.conv1",), ConfigError, "'COM9' cannot be"),
        (("x=features.conv1", "X=features.conv2"), ConfigError, "'X' names two layers"),
        (("x=features.conv1", "y=features.conv1"), ConfigError, "'features.conv1' is watched"),
        (("x=classifier",), NetworkError, "pools by average"),
    ],
)
def test_layers_that_cannot_be_are_named(
    layers: tuple[str, ...], kind: type[Exception], words: str
) -> None:
    """The entry, what is wrong with it, and the nearest right one."""
    with pytest.raises(kind, match=words):
        load("zfnet", layers=layers)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("zfnt", r"'zfnt'; did you mean 'zfnet'"),
        ("", "did you mean"),
        ("zfnet:rndom", r"did you mean 'zfnet:random'"),
        ("resnet", r"did you mean 'torchvision:resnet\d+'"),
        ("alexnet", r"did you mean 'torchvision:alexnet'"),
        ("torch:alexnet", r"did you mean 'torchvision:alexnet'"),
        ("net.py", r"net\.py:FUNCTION"),
        ("net.py:two words", r"net\.py:FUNCTION"),
        (r"C:\nets\net.py", r"C:\\nets\\net\.py:FUNCTION"),
    ],
)
def test_an_unknown_network_is_named_with_the_nearest(name: str, words: str) -> None:
    """A slip of the finger costs one line."""
    with pytest.raises(ConfigError, match=words):
        load(name)


@pytest.mark.parametrize("more", [{"mean": (0.5,) * 3}, {"std": (0.5,) * 3}])
def test_known_preprocessing_is_not_overruled(more: dict[str, Any]) -> None:
    """Mean and std belong to the weights; only a person's own file leaves them open."""
    with pytest.raises(ConfigError, match="mean and std of zfnet are known"):
        load("zfnet", **more)


def test_random_weights_and_a_file_of_weights_contradict_each_other() -> None:
    """Neither is dropped in silence."""
    with pytest.raises(ConfigError, match="zfnet:random has random weights"):
        load("zfnet:random", weights=EMBEDDED_WEIGHTS)


def test_an_input_too_small_for_the_network_is_refused() -> None:
    """The size and the network are named."""
    with pytest.raises(NetworkError, match=r"zfnet.* 8 × 8"):
        load("zfnet", input_size=8, layers=("deep=features.relu5",))


@pytest.mark.parametrize(
    ("name", "path", "function"),
    [
        ("net.py:build", "net.py", "build"),
        (r"C:\nets\net.py:build", r"C:\nets\net.py", "build"),
        ("odd:folder/x:y.py:build_2", "odd:folder/x:y.py", "build_2"),
        ("torchvision:net.py:build", "torchvision:net.py", "build"),
    ],
)
def test_the_last_colon_ends_the_path(name: str, path: str, function: str) -> None:
    """Drives and folders may hold colons."""
    assert file_and_function(name) == (Path(path), function)


@pytest.mark.parametrize("name", ["zfnet", "torchvision:resnet18:DEFAULT", "net.py", "a.py:1st"])
def test_other_names_are_no_files(name: str) -> None:
    """Nothing else is taken for a person's file."""
    assert file_and_function(name) is None
