"""A network from a person's own file: what it gives, and how its faults are reported."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import compute
from generator.config import Settings, load_settings
from generator.errors import ConfigError, NetworkError
from generator.network.watched import WatchedNetwork
from generator.network.weights.state import state_digest
from generator.network.zoo import load as zoo
from generator.network.zoo.zfnet import MEAN, STD
from tests.support.tiny_network import draw_pictures

NET = """
import torch
from torch import nn
def build():
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
"""
LAYERS = ("low=1", "high=3")


@pytest.fixture(autouse=True)
def _no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one name within a second are two files."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def write(folder: Path, text: str = NET, name: str = "net.py") -> Path:
    """Put a person's file in place."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def load(file: Path, function: str = "build", **more: Any) -> WatchedNetwork:
    """Load the network that a function in a file makes."""
    settings = {"layers": LAYERS, "input_size": 16, **more}
    return zoo.load(Settings(network=f"{file}:{function}", **settings))


def test_a_function_in_a_file_makes_the_network(tmp_path: Path) -> None:
    """Its own weights, by their digest; the file by its name, never by its path."""
    network = load(write(tmp_path))
    assert network.name == "net.py:build"
    assert network.source == "made by build() in net.py"
    assert network.trained_on == ""
    assert network.classes == ()
    assert network.weights_sha256 == state_digest(network.model)
    assert [(layer.name, layer.filters, layer.grid) for layer in network.layers] == [
        ("low", 4, (14, 14)),
        ("high", 5, (12, 12)),
    ]
    assert not network.model.training
    with network.watching(network.layers) as run:
        images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        maps = run(images)
    torch.manual_seed(1)
    twin = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
    torch.testing.assert_close(maps[1], twin(images).detach())


def test_preprocessing_is_what_the_settings_say(tmp_path: Path) -> None:
    """Without a word, 224 pixels and ImageNet's mean and std."""
    file = write(tmp_path)
    usual = load(file, input_size=None)
    assert (usual.input_size, usual.mean, usual.std) == (224, MEAN, STD)
    known = load(file, input_size=20, mean=(0.1, 0.2, 0.3), std=(1, 2, 3))
    assert (known.input_size, known.mean, known.std) == (20, (0.1, 0.2, 0.3), (1.0, 2.0, 3.0))


def test_a_settings_file_names_paths_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network's file and its weights are found from any folder."""
    write(tmp_path / "nets" / "deep")
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
    torch.save(network.state_dict(), tmp_path / "nets" / "best.pth")
    toml = tmp_path / "nets" / "gallery.toml"
    toml.write_text(
        'network = "deep/net.py:build"\nweights = "best.pth"\ninput_size = 16\n'
        'mean = [0.5, 0.5, 0.5]\nstd = [0.25, 0.25, 0.25]\nlayers = ["low=1"]\n'
    )
    monkeypatch.chdir("/")
    found = zoo.load(load_settings(toml, {}))
    assert found.std == (0.25, 0.25, 0.25)
    assert found.source == "the file best.pth"
    weight = found.model.get_submodule("0").weight
    assert torch.equal(weight, network[0].weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["mean = [nan, 0, 0]", "std = [1, 1, 0]", "std = [1, inf, 1]"])
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, line: str) -> None:
    """Before any network is loaded."""
    (tmp_path / "gallery.toml").write_text(line)
    with pytest.raises(ConfigError, match=f"'{line[:3]}"):
        load_settings(tmp_path / "gallery.toml", {})


def test_layers_have_to_be_named(tmp_path: Path) -> None:
    """The error lists the convolutions, the first forty of them."""
    with pytest.raises(ConfigError, match=r"net\.py:build: .*--layers name=module.* 0, 2$"):
        load(write(tmp_path), layers=())
    many = "from torch import nn\ndef build():\n    return nn.Sequential(*["
    many += "nn.Conv2d(3, 3, 1) for _ in range(43)])\n"
    with pytest.raises(ConfigError, match=r" 38, 39 and 3 more$"):
        load(write(tmp_path, many, "many.py"), layers=())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def build():\n    return 5", r"returned a value of type int.*torch\.nn\.Module"),
        ("from torch import nn\ndef build():\n    return nn.ReLU()", "has no parameters"),
        ("def build(size):\n    return size", "build: TypeError: .*size"),
        ("def build():\n    return {}['width']", "build: KeyError: 'width'"),
        ("def build():\n    return 1 / 0", "build: ZeroDivisionError: division by zero"),
        ("import no_such_library", "build: ModuleNotFoundError: .*no_such_library"),
        ("def build(:", r"build: SyntaxError: .*line 1"),
        ("import sys\nsys.exit('bye')", "build: SystemExit: bye"),
        ("build = 5", "has no function 'build'"),
        ("", "has no function 'build'"),
        (
            "from torch import nn\ndef build():\n    return nn.Sequential(nn.LazyConv2d(4, 3))",
            "build: ",
        ),
    ],
)
def test_faults_of_the_persons_code_are_reported_in_one_line(
    tmp_path: Path, text: str, words: str
) -> None:
    """File, function, and the exception's type and text."""
    with pytest.raises(NetworkError, match=rf"net\.py.*{words}") as caught:
        load(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["ValueError", "AssertionError", "ImportError"])
def test_a_forward_pass_that_fails_is_reported(tmp_path: Path, kind: str) -> None:
    """The network takes the first pass while its layers are looked for."""
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, 4, 3)\n"
        "    def forward(self, images):\n        raise KIND('no light')\n"
        "def build():\n    return Net()\n"
    )
    with pytest.raises(NetworkError, match=rf"net\.py:build.*{kind}: no light"):
        load(write(tmp_path, text.replace("KIND", kind)), layers=("x=conv",))


def test_a_forward_pass_for_one_image_only_is_reported(tmp_path: Path) -> None:
    """The trace shows it one image, the check two."""
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.one = nn.Conv2d(3, 4, 3)\n"
        "        self.two = nn.Conv2d(3, 4, 3)\n"
        "    def forward(self, images):\n        return self.two(images.view(1, 3, 16, 16))\n"
        "def build():\n    return Net()\n"
    )
    file = write(tmp_path, text)
    with pytest.raises(NetworkError, match=r"net\.py:build: RuntimeError: shape"):
        load(file, input_size=16, layers=["top=two"], rule="gradient")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the path as it was given."""
    with pytest.raises(NetworkError, match=r"none\.py:build: there is no such file"):
        load(tmp_path / "none.py")


def test_neighbours_can_be_imported_and_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """The search path is as before either way; modules of a failed file are gone."""
    write(tmp_path, "WIDTH = 4\n", "filter_gallery_test_widths.py")
    text = NET.replace("def build", "from filter_gallery_test_widths import WIDTH\ndef build")
    path, modules = sys.path.copy(), set(sys.modules)
    file = write(tmp_path, text + "    raise RuntimeError\n".replace("    raise", "raise"))
    with pytest.raises(NetworkError, match="RuntimeError"):
        load(file)
    assert sys.path == path
    assert {name for name in set(sys.modules) - modules if "filter_gallery" in name} == set()
    assert load(write(tmp_path, text, "good.py")).layers[0].filters == 4
    assert sys.path == path
    del sys.modules["filter_gallery_test_widths"]


STRIDE = NET.replace("nn.Conv2d(3, 4, 3)", "nn.Conv2d(3, 4, 3, padding=1)")
CONSTANT = """
import torch
from torch import nn
class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, images):
        return nn.functional.conv2d(self.conv(images), FACTOR * torch.eye(4)[:, :, None, None])
def build():
    torch.manual_seed(1)
    return nn.Sequential(Scaled(), nn.ReLU())
"""


@pytest.mark.parametrize("changed", ["code", "number", "comment"])
def test_another_computation_with_the_same_weights_is_another_network(
    tmp_path: Path, changed: str
) -> None:
    """So that an atlas of one is never taken for the other's."""
    texts = {
        "code": (NET, STRIDE),
        "number": (CONSTANT.replace("FACTOR", "2"), CONSTANT.replace("FACTOR", "3")),
        "comment": (NET, NET),
    }[changed]
    one, other = (
        load(write(tmp_path / str(number), text), layers=("x=1",))
        for number, text in enumerate(texts)
    )
    assert one.weights_sha256 == other.weights_sha256
    assert (one.computation == other.computation) == (changed == "comment")
    assert one.computation == replace(one, code_sha256=one.code_sha256).computation


def test_code_in_a_neighbour_counts(tmp_path: Path) -> None:
    """What it does may not show in any op."""
    text = NET.replace("def build", "import filter_gallery_test_beside\ndef build")
    codes = []
    for number in range(2):
        folder = tmp_path / str(number)
        write(folder, f"WIDTH = {number}\n", "filter_gallery_test_beside.py")
        codes.append(load(write(folder, text)).code_sha256)
        del sys.modules["filter_gallery_test_beside"]
    assert codes[0] != codes[1]


CLASSIC = """
import torch.nn.functional as F
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 8, 3)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc = nn.Linear(8 * 2 * 2, 10)
    def train(self, mode=True):
        super().train(mode)
    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = F.relu(self.conv2(x))
        x = self.pool(x)
        return self.fc(x.view(-1, 8 * 2 * 2))
def build():
    return Net()
"""


def test_a_network_as_tutorials_write_them(tmp_path: Path) -> None:
    """A view of the maps in memory, and a `train` that returns nothing, are no reason to fail."""
    pictures = draw_pictures(tmp_path / "pictures", 4)
    settings = Settings(
        network=f"{write(tmp_path, CLASSIC)}:build",
        layers=("low=conv1", "high=conv2"),
        input_size=16,
        images=str(pictures),
        atlas=tmp_path / "atlas",
        batch=3,
        workers=0,
    )
    assert compute(settings, lambda *_: None, lambda *_: None) is not None
    assert [layer.filters for layer in Atlas.open(tmp_path / "atlas").manifest.layers] == [6, 8]


@pytest.mark.parametrize(
    ("change", "layers", "words"),
    [
        ("torch.jit.script(NET)", ("x=1",), r"returned TorchScript, which cannot be watched"),
        ("nn.Sequential(torch.jit.script(NET))", ("x=0",), r"returned TorchScript in module '0'"),
        ("nn.Conv2d(3, 4, 3)", ("x=0",), r"no modules inside that could be watched"),
    ],
)
def test_what_cannot_be_watched_is_refused(
    tmp_path: Path, change: str, layers: tuple[str, ...], words: str
) -> None:
    """With what to do instead."""
    before, _, made = NET.rpartition("return ")
    quiet = "import warnings; warnings.simplefilter('ignore')"  # torch deprecates TorchScript
    text = f"{before}{quiet}\n    return {change.replace('NET', made.strip())}\n"
    with pytest.raises(NetworkError, match=words):
        load(write(tmp_path, text), layers=layers)


def test_a_file_named_like_a_library_hides_none(tmp_path: Path) -> None:
    """The file is imported under a name of its own."""
    before = sys.modules["json"]
    load(write(tmp_path, NET, "json.py"))
    assert sys.modules["json"] is before


def test_a_module_in_half_precision_is_computed_in_full(tmp_path: Path) -> None:
    """Activations are compared to the last digit, so they have some."""
    text = NET.replace("nn.ReLU())\n", "nn.ReLU()).half()\n")
    network = load(write(tmp_path, text))
    assert {weight.dtype for weight in network.model.parameters()} == {torch.float32}
