"""`build` of networks whose input is no square of three colours, from the command to the pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image, ImageOps
from torch import Tensor, nn

from generator.atlas.schema import LayerArrays
from generator.atlas.store import Atlas
from generator.cli import main
from generator.names import Size
from generator.network.zoo.own import own_network
from tests.support.tiny_network import draw_pictures

NETWORKS = """
import torch
from torch import nn

def headed():  # whose head needs images of 32 by 16
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 8 * 4, 5),
    )

def narrow():  # kernels of one row, and of one column
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 4, (1, 7), padding=(0, 3)), nn.ReLU(),
        nn.Conv2d(4, 4, (7, 1), padding=(3, 0)), nn.ReLU(),
    )

def deep():  # fields of 20, larger than a side, and of 58, larger than both
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 4, 7, padding=3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 7, padding=3),
        nn.ReLU(), nn.Conv2d(4, 4, 20, padding=10), nn.ReLU(),
    )

def grey():  # of one channel, as a network of handwritten digits
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 5), nn.ReLU(),
        nn.Flatten(), nn.Linear(5 * 10 * 10, 3),
    )

def flow():
    return nn.Sequential(nn.Conv2d(11, 4, 3), nn.ReLU())

def uneven():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1)),
        nn.Conv2d(4, 4, 3), nn.ReLU(),
    )
"""
MEAN, STD = (0.4, 0.5, 0.6), (0.3, 0.25, 0.2)


def build(folder: Path, function: str, layers: str, *flags: str, settings: str = "") -> str:
    """Build atlas and site of a network of `NETWORKS`; return all that was said."""
    draw_pictures(folder / "pictures", 10)
    (folder / "net.py").write_text(NETWORKS)
    config = folder / "gallery.toml"
    settings = settings or f"mean = {list(MEAN)}\nstd = {list(STD)}"
    config.write_text(
        f'network = "net.py:{function}"\nimages = "pictures"\natlas = "atlas"\nsite = "site"\n'
        f"workers = 0\n{settings}\n"
    )
    done = CliRunner().invoke(main, ["build", "--config", str(config), "--layers", layers, *flags])
    return done.output


def as_seen(folder: Path, size: Size) -> Tensor:
    """Bring the pictures to a network's input with Pillow's own means: n 3 h w."""
    images = []
    for path in sorted((folder / "pictures").rglob("*.png")):
        with Image.open(path) as image:
            fitted = ImageOps.fit(image, (size.width, size.height), Image.Resampling.BILINEAR)
        images.append((np.asarray(fitted) / 255 - MEAN) / STD)
    return torch.from_numpy(np.stack(images)).float().permute(0, 3, 1, 2)


def assert_same_nine(arrays: LayerArrays, maps: Tensor) -> None:
    """Compare activations with the largest of each image's map: n f h w."""
    ranked = maps.amax((2, 3)).T.sort(descending=True).values[:, :9].clamp(min=0)
    found = np.nan_to_num(arrays.activation)
    np.testing.assert_allclose(found, ranked, rtol=1e-3, atol=1e-4)
    for filter_, place in np.argwhere(arrays.image >= 0):
        row, column = arrays.unit[filter_, place]
        there = maps[int(arrays.image[filter_, place]), filter_, row, column]
        assert float(there) == pytest.approx(float(found[filter_, place]), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("function", "layers", "fields"),
    [
        ("headed", {"one": "1", "two": "4"}, [(3, 1, -1), (8, 2, -3)]),
        ("narrow", {"one": "1", "two": "3"}, [(7, 1, -3), (7, 1, -3)]),
        ("deep", {"two": "4", "three": "6"}, [(20, 2, -9), (58, 2, -29)]),
    ],
)
def test_an_input_that_is_no_square(
    tmp_path: Path, function: str, layers: dict[str, str], fields: list[tuple[int, int, int]]
) -> None:
    """Activations are those of the network itself; fields, boxes and pages fit the input."""
    size = Size(32, 16)
    named = ",".join(f"{name}={module}" for name, module in layers.items())
    said = build(tmp_path, function, named, "--input-size", "32x16", "--no-stimuli")
    assert "site: written" in said, said
    atlas = Atlas.open(tmp_path / "atlas")
    assert atlas.manifest.network.input_size == size
    model = own_network(tmp_path / "net.py", function, None).model.eval()
    values = as_seen(tmp_path, size)
    for at, part in enumerate(model.children()):
        with torch.no_grad():
            values = part(values)
        for record, field in zip(atlas.manifest.layers, fields, strict=True):
            if record.module != str(at):
                continue
            assert (record.receptive_field, record.stride, record.offset) == field
            assert record.grid == tuple(values.shape[2:])
            arrays = atlas.arrays(record.name)
            assert_same_nine(arrays, values)
            length, stride, offset = field
            start = offset + arrays.unit * stride
            expected = np.concatenate([start, start + length], axis=2)
            expected = np.array([0, -8, 32, 24]) if length > 32 else expected
            assert (arrays.box == np.where(arrays.image[..., None] < 0, 0, expected)).all()
    page = (tmp_path / "site" / list(layers)[-1] / "0.html").read_text()
    whole = "larger than the input of 32 × 16, so that every patch is a whole image"
    assert (whole in page) == (function == "deep")
    assert "32 × 16 px" in (tmp_path / "site" / "network.html").read_text()


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
def test_a_network_of_one_channel(tmp_path: Path, rule: str) -> None:
    """It is fed grey, the pages show grey, and its first kernels are shown as any others."""
    size, mean, std = Size.square(28), 0.1307, 0.3081
    settings = f"input_size = 28\nmean = {mean}\nstd = [{std}]\nrule = '{rule}'"
    said = build(tmp_path, "grey", "one=0,two=4", "--no-stimuli", settings=settings)
    assert "site: written" in said, said
    atlas = Atlas.open(tmp_path / "atlas")
    assert atlas.manifest.network.mean == (mean,) * 3
    assert atlas.manifest.network.std == (std,) * 3
    model = own_network(tmp_path / "net.py", "grey", None).model.eval()
    assert isinstance(model, nn.Sequential)
    images = []
    for path in sorted((tmp_path / "pictures").rglob("*.png")):
        with Image.open(path) as image:
            fitted = ImageOps.fit(image, (28, 28), Image.Resampling.BILINEAR).convert("L")
        images.append((np.asarray(fitted) / 255 - mean) / std)
    seen = torch.from_numpy(np.stack(images)).float()[:, None]
    one, two = atlas.manifest.layers
    assert (one.receptive_field, one.stride, one.offset, one.grid) == (5, 1, -2, (28, 28))
    assert (two.receptive_field, two.stride, two.offset, two.grid) == (14, 2, -2, (10, 10))
    with torch.no_grad():
        assert_same_nine(atlas.arrays("one"), model[0](seen))
        assert_same_nine(atlas.arrays("two"), model[:5](seen))
    assert [sheet.name for sheet in one.kernels] == ["untrained", "trained"]
    for picture in ("patches", "reconstructions"):
        with Image.open(tmp_path / "site" / "one" / f"0.{picture}.webp") as sheet:
            red, green, blue = np.asarray(sheet.convert("RGB")).transpose(2, 0, 1)
        assert (red == green).all()
        assert (green == blue).all()
        assert np.ptp(red) > 50
    assert size == atlas.manifest.network.input_size


def test_other_numbers_of_channels_are_refused(tmp_path: Path) -> None:
    """The input size is not to blame."""
    said = build(tmp_path, "flow", "one=1")
    assert "net.py:flow: takes 11 channels; pictures have three, red, green and blue" in said


def test_strides_that_differ_are_refused(tmp_path: Path) -> None:
    """Patches are squares, which lie as far apart in rows as in columns."""
    said = build(tmp_path, "uneven", "top=4", "--input-size", "32x16")
    assert "top: its units lie 2 pixels apart in rows and 1 in columns" in said
    assert not (tmp_path / "site").exists()


def test_a_head_for_another_input_size_does_not_matter(tmp_path: Path) -> None:
    """It lies behind the last watched layer; a watched head is named, with height first."""
    assert "site: written" in build(tmp_path, "headed", "one=1", "--input-size", "16x24")
    said = build(tmp_path, "headed", "head=7", "--input-size", "16x24", "--anew")
    assert "does not run on one tensor [1, 3, 16, 24], an image of 16 × 24 pixels" in said
