"""Snapshots: those that came with the network, and those that settings name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from generator.config import Settings
from generator.errors import NetworkError
from generator.names import Size
from generator.network.watched import pixel_kernels
from generator.network.zoo.load import load
from generator.network.zoo.loaded import Snapshot
from generator.network.zoo.snapshots import load_snapshot, snapshots_of
from generator.network.zoo.zfnet import first_kernels

SETTINGS = Settings(filters=3, layers=("layer1",))


def test_a_snapshot_is_the_network_with_other_weights() -> None:
    """Those of its file, in the layers that are watched, and named for messages."""
    network = load(SETTINGS)
    snapshots = snapshots_of(SETTINGS, network)
    assert snapshots == network.history
    early = load_snapshot(SETTINGS, network, snapshots[0])
    kernels = pixel_kernels(early, early.layers[0])
    assert kernels is not None
    assert torch.equal(kernels, first_kernels(snapshots[0])[:3])
    assert early.layers == network.layers
    assert early.name == "zfnet, snapshot 'epoch 1'"


def test_settings_name_others_instead() -> None:
    """In their order."""
    named = {"b": Path("1.pth"), "a": Path("2.pth")}
    found = snapshots_of(Settings(snapshots=named), load(SETTINGS))
    assert found == (Snapshot("b", Path("1.pth")), Snapshot("a", Path("2.pth")))


def test_random_weights_have_no_snapshots() -> None:
    """None came with them, and one that is named cannot be loaded."""
    settings = Settings(network="zfnet:random", layers=("layer1",))
    network = load(settings)
    assert snapshots_of(settings, network) == ()
    with pytest.raises(NetworkError, match=r"snapshot 'x': zfnet:random has random weights"):
        load_snapshot(settings, network, Snapshot("x", Path("x.pth")))


def test_a_network_of_other_layers_is_no_snapshot(tmp_path: Path) -> None:
    """Code of one's own may make another one for each run."""
    file = tmp_path / "net.py"
    file.write_text(
        "from pathlib import Path\nfrom torch import nn\n"
        "def net():\n"
        "    side = 5 if Path(__file__).with_name('again').exists() else 3\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(side, 2))\n"
    )
    settings = Settings(network=f"{file}:net", layers=("layer1=2",), input_size=Size.square(24))
    network = load(settings)
    weights = tmp_path / "e1.pth"
    torch.save(network.model.state_dict(), weights)
    (tmp_path / "again").touch()
    with pytest.raises(NetworkError, match=r"snapshot 'x': its layers are not those of net\.py"):
        load_snapshot(settings, network, Snapshot("x", weights))
