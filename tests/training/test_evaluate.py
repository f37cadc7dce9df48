"""The figures of weights, from the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from generator.cli import main
from generator.errors import NetworkError
from generator.network.weights import weights_file
from generator.network.zoo.zfnet import ZFNet
from generator.training.data import is_held_out
from generator.training.evaluate import evaluate


def test_train_evaluates_weights(tmp_path: Path) -> None:
    """`train --evaluate` reports hits, sharp and soft, and roughness; it writes nothing."""
    pictures = tmp_path / "set"
    rng = np.random.default_rng(0)
    for name, side in (("a", 230), ("b", 70)):
        (pictures / name).mkdir(parents=True)
        for number in range(40):
            path = pictures / name / f"{number}.png"
            if is_held_out(path):
                pixels = rng.integers(0, 256, (side, side, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(path)
    held_out = {name: len(list((pictures / name).iterdir())) for name in "ab"}
    assert min(held_out.values()) > 0
    torch.manual_seed(0)
    net = ZFNet(2)
    with torch.no_grad():
        net.classifier.weight.zero_()
        net.classifier.bias.copy_(torch.tensor([0.0, 1.0]))
    weights = tmp_path / "net.safetensors"
    weights_file.save(net, weights_file.Provenance(("a", "b"), "", ""), weights)
    command = ["train", "--data", str(pictures), "--evaluate", str(weights)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    everything = sum(held_out.values())
    assert lines[0].startswith(f"held out, set: {held_out['b']} of {everything} right")
    assert lines[1] == (
        f"  of at least 224 pixels, as they are: 0 of {held_out['a']} right, 0.0%; "
        f"softened: 0 of {held_out['a']} right, 0.0%"
    )
    assert lines[2].startswith(f"held out, all: {held_out['b']} of {everything} right")
    assert [line.rpartition(":")[0] for line in lines[3:]] == [
        "roughness of layer 1",
        *(f"roughness of reconstructions, layer{number}" for number in (3, 4, 5)),
        f"roughness of reconstructions, layers 3 to 5, {held_out['a']} pictures",
    ]
    for line in lines[3:]:
        assert 0 < float(line.rpartition(" ")[2]) < 1
    assert set(tmp_path.iterdir()) == {pictures, weights}


def test_weights_without_a_classifier_are_not_evaluated(tmp_path: Path) -> None:
    """It is what the figures are of."""
    weights = tmp_path / "net.safetensors"
    weights_file.save(ZFNet(3), weights_file.Provenance(("a", "b"), "", ""), weights)
    with pytest.raises(NetworkError, match=r"tensor classifier\.weight has shape \[3, 512\]"):
        evaluate(weights, [tmp_path], lambda _line: None)
