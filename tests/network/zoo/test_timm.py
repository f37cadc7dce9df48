"""Networks of timm, with a stand-in for the library, which is an extra."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from generator.config import Settings
from generator.errors import ConfigError, NetworkError
from generator.files import hash_file
from generator.names import Size
from generator.network.watched import WatchedNetwork
from generator.network.weights.state import state_digest
from generator.network.zoo import load as zoo


class Net(nn.Sequential):
    """What timm makes: a network that knows its stages and where its weights are from."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.feature_info = [{"module": "1"}, {"module": "3"}, {"module": "4"}]
        self.pretrained_cfg = {"hf_hub_id": "timm/tinynet.a1_in1k"}


@pytest.fixture(autouse=True)
def timm(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A library with one network, whose pretrained weights are all a quarter."""

    def create_model(_name: str, *, pretrained: bool) -> nn.Module:
        net = Net()
        if pretrained:
            for weight in net.parameters():
                nn.init.constant_(weight, 0.25)
        return net

    library = SimpleNamespace(
        is_model=lambda name: name in {"tinynet", "tinynet.a1_in1k"},
        list_models=lambda: ["tinynet", "hugenet"],
        create_model=create_model,
        data=SimpleNamespace(
            resolve_model_data_config=lambda _model: {
                "input_size": (3, 20, 24),
                "mean": (0.1, 0.2, 0.3),
                "std": [0.4, 0.5, 0.6],
            }
        ),
    )
    monkeypatch.setitem(sys.modules, "timm", library)
    return library


def load(name: str, **more: Any) -> WatchedNetwork:
    """Load a network with the usual settings but for these."""
    return zoo.load(Settings(network=f"timm:{name}", **more))


def test_pretrained_weights_and_their_preprocessing() -> None:
    """From timm's data configuration; the layers from its stages, less the pool."""
    network = load("tinynet.a1_in1k")
    assert network.name == "tinynet.a1_in1k"
    assert network.source == "timm/tinynet.a1_in1k of timm"
    assert (network.input_size, network.mean, network.std) == (
        Size(20, 24),
        (0.1, 0.2, 0.3),
        (0.4, 0.5, 0.6),
    )
    assert [(layer.name, layer.module) for layer in network.layers] == [
        ("layer1", "1"),
        ("layer2", "3"),
    ]
    assert network.choice == "The layers are the ends of the stages that timm names."
    assert network.weights_sha256 == state_digest(network.model)
    assert set(network.model.get_parameter("2.bias").tolist()) == {0.25}


def test_random_weights_are_seeded() -> None:
    """Nothing is downloaded, and the global generator is left alone."""
    state = torch.random.get_rng_state()
    first, second = load("tinynet:random"), load("tinynet:random")
    assert torch.equal(state, torch.random.get_rng_state())
    assert first.name == "tinynet, random weights"
    assert first.weights_sha256 == second.weights_sha256
    assert not first.model.get_parameter("2.bias").any()


def test_a_file_of_weights(tmp_path: Path) -> None:
    """Instead of timm's own."""
    torch.save(Net().state_dict(), tmp_path / "mine.pth")
    network = load("tinynet", weights=tmp_path / "mine.pth")
    assert network.source == "the file mine.pth"
    assert network.weights_sha256 == hash_file(tmp_path / "mine.pth")


def test_without_timm_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an extra of this program."""
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(NetworkError, match=r"pip install filter-gallery\[timm\]"):
        load("tinynet")


def test_weights_that_cannot_be_had_are_named(timm: SimpleNamespace) -> None:
    """The hub's own error, and the ways without it."""

    def fail(_name: str, *, pretrained: bool) -> nn.Module:
        raise ConnectionError(f"no hub {pretrained}")

    timm.create_model = fail
    with pytest.raises(
        NetworkError, match=r"ConnectionError: no hub True.*--weights FILE.*:random"
    ):
        load("tinynet")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tinynett", "'tinynett'; did you mean 'timm:tinynet'"),
        ("tinynet:a1_in1k", r"named by a tag, timm:NAME\.TAG"),
    ],
)
def test_names_that_there_are_not_are_refused(name: str, words: str) -> None:
    """Of networks and of weights."""
    with pytest.raises(ConfigError, match=words):
        load(name)


@pytest.mark.parametrize("stages", [None, [], [{"module": "nowhere"}], [{"num_chs": 4}]])
def test_without_stages_layers_are_found(
    timm: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, stages: object
) -> None:
    """What timm knows of a network's features may be nothing."""
    made = Net()
    made.feature_info = stages  # type: ignore[assignment]
    monkeypatch.setattr(timm, "create_model", lambda _name, **_: made)
    network = load("tinynet")
    assert network.modules == {"layer1": "1", "layer2": "3"}
    assert network.choice.startswith("The layers were found by resolution")
    assert [layer.filters for layer in load("tinynet", layers=("deep=3",)).layers] == [5]
