"""What people call from Python: the README's lines, and what they may give that cannot be."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import generator
from generator import Atlas, gallery
from generator.errors import ConfigError, GalleryError, NetworkError
from generator.render.site.check import check_site
from tests import ROOT
from tests.support.tiny_network import draw_pictures

USUAL: dict[str, Any] = {"studies": "none", "stimuli": False, "workers": 0, "input_size": 32}


def small() -> nn.Module:
    """Two layers over images of any size, in training mode."""
    torch.manual_seed(2)
    features = nn.Sequential(
        *(nn.Conv2d(3, 4, 5, 2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU()),
    )
    model = nn.Sequential()
    model.add_module("features", features)
    return model.train()


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of pictures."""
    folder = tmp_path_factory.mktemp("api") / "photographs"
    draw_pictures(folder, 12)
    return folder


def test_the_lines_of_the_readme(
    photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They run as they stand, and make a site without a fault."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photographs").symlink_to(photographs)
    torch.manual_seed(5)
    strange = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU())
    gallery(strange, photographs, tmp_path / "other", **{**USUAL, "stimuli": True}, quiet=True)
    names: dict[str, Any] = {"model": small()}
    exec(lines, names)  # noqa: S102 - our own
    atlas = names["atlas"]
    assert [layer.name for layer in atlas.manifest.layers] == ["edges", "parts"]
    assert atlas.manifest.network.input_size == (64, 64)
    assert atlas.arrays("parts").activation.shape == (6, 9)
    assert check_site(tmp_path / "site").faults == ()
    shown = atlas.filter("parts", 5)._repr_html_()
    assert shown.count('<img src="data:image/webp;base64,') == 2
    assert "parts, filter 5" in shown
    found = names["found"]
    assert found.cka.shape == (2, 1)
    layer, number, correlation = found.nearest("a", "parts", 5)
    assert layer == "layer1"
    assert number in range(5)
    assert -1 <= correlation <= 1
    with pytest.raises(IndexError, match="parts has filters 0 to 5, not 6"):
        found.nearest("a", "parts", 6)


def test_it_is_what_the_model_answers(photographs: Path, tmp_path: Path) -> None:
    """In evaluation mode and float32, whatever its own mode and type; the model stays as it is."""
    model = small()
    atlas = gallery(model, photographs, tmp_path / "a", layers=["features.2"], quiet=True, **USUAL)
    with torch.no_grad():
        model.get_parameter("features.0.weight").mul_(2)
    half = gallery(
        model.half(), photographs, tmp_path / "b", layers=["features.2"], quiet=True, **USUAL
    )
    assert model.training
    assert all(weight.requires_grad for weight in model.parameters())
    assert next(model.parameters()).dtype == torch.float16
    known, doubled = (each.arrays("layer1").activation for each in (atlas, half))
    assert np.nanmax(doubled) > 1.5 * np.nanmax(known)
    assert atlas.manifest.network.weights_sha256 != half.manifest.network.weights_sha256


def test_again_it_keeps_what_is_there(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same weights, images and settings: nothing is computed, and stderr has no search."""
    first = gallery(small(), photographs, tmp_path / "s", layers=["features.2"], **USUAL)
    assert "search: " in capsys.readouterr().err
    again = gallery(small(), photographs, tmp_path / "s", layers=["features.2"], **USUAL)
    assert "search: " not in capsys.readouterr().err
    assert again.identity == first.identity
    assert first.folder == tmp_path / "s.atlas"


def test_a_filter_shows_itself(photographs: Path, tmp_path: Path) -> None:
    """Its activations fall, and its names are escaped; a dead one says so."""
    model = small()
    with torch.no_grad():
        model.get_parameter("features.0.bias")[1] = -1e6
    atlas = gallery(
        model, photographs, tmp_path / "s", layers={"one": "features.1"}, quiet=True, **USUAL
    )
    found = Atlas.open(str(atlas.folder)).filter("one", 0)
    assert list(found.activations) == sorted(found.activations, reverse=True)
    assert len(found.images) == len(found.units) == len(found.activations) > 0
    assert found.patches.is_file()
    assert found._repr_html_().count("data:image/webp;base64,") == 2
    assert "no image activates it" in atlas.filter("one", 1)._repr_html_()
    with pytest.raises(IndexError, match="one has filters 0 to 3, not 4"):
        atlas.filter("one", 4)
    with pytest.raises(KeyError):
        atlas.filter("two", 0)


@pytest.mark.parametrize(
    ("given", "error", "line"),
    [
        ({"network": "zfnet"}, ConfigError, r"takes the network itself: leave out network"),
        ({"snapshots": {}}, ConfigError, "leave out snapshots"),
        ({"layers": "features.2"}, ConfigError, "'features.2' is one text; give a list"),
        ({"layers": ["features.9"]}, NetworkError, "has no module 'features.9'"),
        ({"inptu_size": 3}, ConfigError, "inptu_size"),
        ({"images": "nowhere"}, GalleryError, "nowhere"),
        ({"out": "/"}, ConfigError, "out: / cannot be the folder of a site"),
    ],
)
def test_what_cannot_be_is_a_line(
    photographs: Path, tmp_path: Path, given: dict[str, Any], error: type[Exception], line: str
) -> None:
    """Nothing is written."""
    words = {"images": photographs, "layers": ["features.2"], **USUAL, **given}
    images, out = words.pop("images"), words.pop("out", tmp_path / "out" / "site")
    with pytest.raises(error, match=line) as raised:
        gallery(small(), images, out, quiet=True, **words)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_what_is_no_network_is_a_line(photographs: Path, tmp_path: Path) -> None:
    """Another object, and a module that cannot be copied."""

    class Fixed(nn.Module):
        def __deepcopy__(self, _memo: object) -> nn.Module:
            raise RuntimeError("not me")

    for model, line in (
        ({"weights": 1}, "dict is a value of type dict"),
        (Fixed(), "Fixed: cannot be copied .RuntimeError: not me."),
    ):
        with pytest.raises(NetworkError, match=line):
            gallery(model, photographs, tmp_path / "s", quiet=True, **USUAL)  # type: ignore[arg-type]


def test_the_package_alone_imports_neither_torch_nor_numpy() -> None:
    """And names what it lacks."""
    code = (
        "import sys, generator; print(generator.__version__, {'torch', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == f"{generator.__version__} set()\n"
    with pytest.raises(AttributeError, match="has no attribute 'galery'"):
        generator.galery  # noqa: B018
