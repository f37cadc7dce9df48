"""The study of a network: its deviation, its scores, and where it has no page."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from generator.names import Size
from generator.network.rules import DECONVNET
from generator.studies.live import measure
from generator.studies.live.drawings import DRAWINGS
from tests.oracles.live import Written
from tests.studies.live.snapped import (
    NO_IMAGES,
    own_values,
    require_like_the_network,
    silent,
    snap,
    watched,
    written,
)

SIZE = Size(20, 24)


def plain(*head: nn.Module) -> nn.Sequential:
    """Two layers, and a head on eight maps of 9 × 11."""
    torch.manual_seed(3)
    stem = (nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 8, 2), nn.ReLU())
    return nn.Sequential(*stem, *head).eval().requires_grad_(False)


def scoring(numbers: int) -> nn.Sequential:
    """A network that returns so many numbers."""
    return plain(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, numbers))


def pixels_of(picture: dict[str, str]) -> np.ndarray:
    """Decode a picture: [h, w, 3] of 0…255."""
    with Image.open(io.BytesIO(base64.b64decode(picture["data"]))) as image:
        return np.asarray(image.convert("RGB"), np.float64)


def test_a_network_of_one_channel_takes_grey_pictures(tmp_path: Path) -> None:
    """The page brings a reader's colours to what the gallery's images have."""
    colours = watched(scoring(5), SIZE, "1", "3")
    assert written(colours, tmp_path / "colours").network["grey"] is False
    grey = colours.with_same_trace(channels=1)
    assert written(grey, tmp_path / "grey").network["grey"] is True


def test_the_deviation_is_that_of_the_maps_of_all_pictures(tmp_path: Path) -> None:
    """And what the pictures activate is what the network with 8-bit weights does."""
    network = watched(scoring(5), SIZE, "1", "3")
    record = written(network, tmp_path)
    names = [layer["name"] for layer in record.network["layers"]]
    apart, whole = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    assert len(record.pictures) == len(DRAWINGS)
    for picture in record.pictures:
        image = record.normalised(pixels_of(picture))
        expected, _ = own_values(network, image)
        values = record.run(image)
        for layer in record.network["layers"]:
            name, maps = layer["name"], values[layer["value"]]
            apart[name] += ((maps - expected[name]) ** 2).sum()
            whole[name] += (expected[name] ** 2).sum()
            highest = maps.max((1, 2))
            top = picture["top"][name]
            assert [value for _, value in top] == sorted((v for _, v in top), reverse=True)
            assert len(top) == min(10, int((highest > 0).sum()))
            assert [v for _, v in top] == pytest.approx([highest[f] for f, _ in top], rel=1e-4)
            assert min(v for _, v in top) >= np.delete(highest, [f for f, _ in top]).max(initial=0)
    for layer in record.network["layers"]:
        name = layer["name"]
        assert 0 < layer["deviation"] < 0.03
        assert layer["deviation"] == pytest.approx((apart[name] / whole[name]) ** 0.5, rel=1e-3)


def test_only_filters_that_are_shown_count(tmp_path: Path) -> None:
    """Their layer's value has all maps, which the layers above need."""
    network = replace(watched(scoring(5), SIZE, "1", "3"), filters=2)
    record = written(network, tmp_path)
    assert [layer["filters"] for layer in record.network["layers"]] == [2, 2]
    assert [record.network["values"][layer["value"]][0] for layer in record.network["layers"]] == [
        6,
        8,
    ]
    assert {f for p in record.pictures for top in p["top"].values() for f, _ in top} <= {0, 1}


def test_what_the_record_says_of_the_network(tmp_path: Path) -> None:
    """Names, sizes and the geometry that the atlas has too."""
    network = watched(scoring(3), SIZE, "1", "3", rule=DECONVNET, classes=("a", "b", "c"))
    found = written(network, tmp_path).network
    assert {name: found[name] for name in ("schema", "network", "input", "rule", "classes")} == {
        "schema": 1,
        "network": "net",
        "input": [20, 24],
        "rule": "deconvnet",
        "classes": ["a", "b", "c"],
    }
    assert (found["mean"], found["std"]) == ([0.4, 0.5, 0.6], [0.2, 0.25, 0.3])
    places = [(each["field"], each["stride"], each["offset"]) for each in found["layers"]]
    assert places == [(3, 2, -1), (5, 2, -1)]


# --- Scores ---------------------------------------------------------------------------------------


class ByValue(nn.Module):
    """A head that decides by values."""

    def forward(self, maps: Tensor) -> Tensor:
        means = maps.mean((2, 3))
        return means if float(means.sum()) < 0.5 else means * 2


SHAPES = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x792 and 7x3)"
CANNOT = "The scores cannot be computed: "
WITHOUT: dict[str, tuple[nn.Module, tuple[str, ...], str]] = {
    "maps": (plain(), (), "The network gives maps, not a score for each class."),
    "one": (scoring(1), (), "The network gives one number, not a score for each class."),
    "other": (scoring(4), ("a", "b"), "The network gives 4 numbers, and 2 classes are named."),
    "no op": (
        plain(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmin(1)),
        (),
        f"{CANNOT}module '6' (Softmin) is no known operation.",
    ),
    "failure": (
        plain(nn.Flatten(), nn.Linear(7, 3)),
        (),
        f"{CANNOT}behind its layers the network fails ({SHAPES}).",
    ),
    "by value": (
        plain(ByValue()),
        (),
        f"{CANNOT}on another image the network does not do what it did on an empty one.",
    ),
}


@pytest.mark.parametrize(("model", "classes", "reason"), WITHOUT.values(), ids=WITHOUT)
def test_a_network_without_scores_says_why(
    tmp_path: Path, model: nn.Module, classes: tuple[str, ...], reason: str
) -> None:
    """Its layers are there all the same, and no head is."""
    record = written(watched(model, SIZE, "1", "3", classes=classes), tmp_path)
    assert (record.network["output"], record.network["classes"]) == (None, [])
    assert record.network["no_output"] == reason
    assert len(record.parts) == 2
    assert len(record.network["nodes"]) == 4


def test_a_head_that_is_too_large_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a network whose layers are has no page."""
    network = watched(plain(nn.Flatten(), nn.Linear(792, 100)), SIZE, "1", "3")
    monkeypatch.setattr(measure, "MOST_BYTES", 10_000)
    found = written(network, tmp_path).network
    assert found["no_output"] == (
        "The scores need 0 MB of weights with those of the layers, more than a page should load."
    )
    monkeypatch.setattr(measure, "MOST_BYTES", 100)
    reason = measure.write(network, NO_IMAGES, tmp_path / "none", silent)
    assert reason == "its layers have 0 MB of weights, too many for a page"
    assert not (tmp_path / "none").exists()


# --- Missing --------------------------------------------------------------------------------------


def test_layers_on_what_is_no_op_have_no_page(tmp_path: Path) -> None:
    """The reason names the module."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.ReLU())
    reason = measure.write(watched(model, SIZE, "2"), NO_IMAGES, tmp_path, silent)
    assert (
        reason == "module '1' (GroupNorm) is no known operation, so no page can compute the layers"
    )


def test_weights_that_8_bits_change_too_much_have_no_page(tmp_path: Path) -> None:
    """One huge weight for each map makes all the others coarse; the layer is named."""
    model = scoring(5)
    with torch.no_grad():
        first, _, second, *_ = model
        assert isinstance(first, nn.Conv2d)
        assert isinstance(second, nn.Conv2d)
        assert first.bias is not None
        first.weight[0], first.bias[0] = 0, -1
        second.weight[:, 0] = 1e3  # of that map, which is zero
    network = watched(model, SIZE, "1", "3")
    reason = measure.write(network, NO_IMAGES, tmp_path, silent)
    said = r"8-bit weights change the maps of Layer 2 by 9\d\.\d%, and a page shows at most 3%"
    assert re.fullmatch(said, reason)
    assert list(tmp_path.iterdir()) == []


# --- What it rests on -----------------------------------------------------------------------------


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the run, the clock or the machine's names is in them."""
    for name in ("one", "two"):
        written(watched(scoring(5), SIZE, "1", "3"), tmp_path / name)
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    ]
    assert files[0] == files[1]


def test_it_rests_on_all_of_the_network_and_on_no_image_that_is_not_shown() -> None:
    """Each change of the network is seen."""
    network = watched(scoring(2), SIZE, "1", "3")
    others = [
        watched(scoring(3), SIZE, "1", "3"),
        watched(scoring(2), SIZE, "1"),
        watched(scoring(2), Size(20, 25), "1", "3"),
        replace(network, classes=("a", "b")),
        replace(network, mean=(0.1, 0.2, 0.3)),
        replace(network, weights_sha256="1"),
        replace(network, filters=2),
        replace(network, rule=DECONVNET),
    ]
    made = [str(measure.rests_on(each, NO_IMAGES)) for each in (network, *others)]
    assert len(set(made)) == len(made)
    assert made[0] == str(measure.rests_on(watched(scoring(2), SIZE, "1", "3"), NO_IMAGES))
    assert "'images': []" in made[0]


@pytest.mark.parametrize("resized", [Size(20, 24), Size(33, 21)])
def test_a_network_that_can_be_resized_gives_the_same_at_other_sizes(
    tmp_path: Path, resized: Size
) -> None:
    """Its nodes say so, and do so."""
    model = snap(plain())
    record = written(watched(model, SIZE, "1", "3"), tmp_path)
    assert record.network["resizable"]
    bare = Written({**record.network, "values": []}, record.parts, [])
    image = np.random.default_rng(1).normal(0, 1, (3, *resized))
    maps, _ = own_values(watched(model, resized, "3"), image)
    found = bare.run(image)[record.network["layers"][1]["value"]]
    assert np.allclose(found, maps["layer1"], atol=1e-5)
    require_like_the_network(watched(model, SIZE, "1", "3"), record)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_no_byte(tmp_path: Path, threads: int) -> None:
    """As in the rest of the atlas."""
    before = torch.get_num_threads()
    straight = written(watched(scoring(5), Size(96, 96), "1", "3"), tmp_path / "straight")
    try:
        torch.set_num_threads(threads)
        other = written(watched(scoring(5), Size(96, 96), "1", "3"), tmp_path / "other")
    finally:
        torch.set_num_threads(before)
    assert other == straight
