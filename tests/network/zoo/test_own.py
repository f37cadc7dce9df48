"""A network from a person's own file: what it gives, and how its faults are reported."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from generator.atlas.store import Atlas
from generator.compute.pipeline import compute, compute_shard
from generator.compute.run.checkpoints import Share
from generator.config import Settings, load_settings
from generator.errors import ConfigError, NetworkError
from generator.names import Size
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
    assert (usual.input_size, usual.mean, usual.std) == (Size.square(224), MEAN, STD)
    size, mean, std = Size(20, 24), (0.1, 0.2, 0.3), (1.0, 2.0, 3.0)
    known = load(file, input_size=[20, 24], mean=mean, std=std)
    assert (known.input_size, known.mean, known.std) == (size, mean, std)


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


def test_layers_that_nobody_named_are_found(tmp_path: Path) -> None:
    """A line says which modules they are; some of them, or others, can be named instead."""
    file = write(tmp_path)
    network = load(file, layers=())
    assert network.modules == {"layer1": "1", "layer2": "3"}
    assert [layer.filters for layer in network.layers] == [4, 5]
    assert network.choice.startswith("The layers were found by resolution: the last ReLU before")
    said = "layers found by resolution: layer1=1, layer2=3; --layers name=module for others"
    assert network.note == f"net.py:build: {said}"
    some = load(file, layers=("layer2",))
    assert (some.modules, some.choice) == ({"layer2": "3"}, "")
    named = load(file)
    assert (named.choice, named.note) == ("", "")
    with pytest.raises(ConfigError, match=r"no layer 'layer3'; did you mean 'layer2'"):
        load(file, layers=("layer3",))
    with pytest.raises(NetworkError, match=r"'9'; did you mean .*Its convolutions are 0, 2$"):
        load(file, layers=("deep=9",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def build():\n    return 5", r"returned a value of type int.*torch\.nn\.Module"),
        ("def build(size):\n    return size", r"build\(\) is called without .*: 'size'; name a"),
        ("def build(*, size):\n    return 1", r"build\(\) is called without .* 'size'"),
        ("class build:\n    def __init__(self, size): ...", "called without .* 'size'"),
        ("async def build():\n    return 5", "build is a coroutine, .* without async"),
        ("def build():\n    return {}", "returned a value of type dict"),
        ("def build():\n    raise ValueError('two\\nlines')", "build: ValueError: two lines"),
        ("def build():\n    return {}['width']", "build: KeyError: 'width'"),
        ("def build():\n    return 1 / 0", "build: ZeroDivisionError: division by zero"),
        ("import no_such_library", "build: ModuleNotFoundError: .*no_such_library"),
        ("def build(:", r"build: SyntaxError: .*line 1"),
        ("import sys\nsys.exit('bye')", "build: SystemExit: bye"),
        ("build = 5", "has no function 'build'"),
        ("", "has no function 'build'"),
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
        "    def forward(self, images):\n"
        "        return self.two(images.view(1, 3, 16, 16) * images)\n"
        "def build():\n    return Net()\n"
    )
    file = write(tmp_path, text)
    with pytest.raises(NetworkError, match=r"net\.py:build: does .*\(RuntimeError: shape"):
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
        input_size=Size.square(16),
        images=str(pictures),
        atlas=tmp_path / "atlas",
        batch=3,
        workers=0,
    )
    assert compute(settings, lambda *_: None, lambda *_: None) is not None
    assert [layer.filters for layer in Atlas.open(tmp_path / "atlas").manifest.layers] == [6, 8]


HEADED = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.fc = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.Linear(5, 10)
    def forward(self, images):
        return self.fc(self.two(self.one(images).relu()).relu().mean((2, 3)))
def build():
    return Net()
"""
BETWEEN = {"deconvnet": "relu", "gradient": "sigmoid"}  # with a graph, and without


def headed(folder: Path, head: int | None, left_out: str = "") -> tuple[Path, dict[str, Tensor]]:
    """Save weights for that network, with a head of so many classes or none."""
    torch.manual_seed(2)
    parts: dict[str, nn.Module] = {"one": nn.Conv2d(3, 4, 3), "two": nn.Conv2d(4, 5, 3)}
    if head is not None:
        parts["fc"] = nn.Linear(5, head)
    state = nn.ModuleDict(parts).state_dict()
    state.pop(left_out, None)
    torch.save({"state_dict": state}, folder / "best.pth")
    return folder / "best.pth", state


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
@pytest.mark.parametrize("head", [None, 7])
def test_a_head_that_no_watched_layer_needs_may_be_missing(
    tmp_path: Path, head: int | None, rule: str
) -> None:
    """Or be one for other classes. What the file has is as there, and each load is the same."""
    weights, state = headed(tmp_path, head)
    file = write(tmp_path, HEADED.replace("images).relu", f"images).{BETWEEN[rule]}"))
    first, second = (
        load(file, layers=("low=one", "high=two"), weights=weights, rule=rule) for _ in range(2)
    )
    assert first.note == (
        "weights best.pth: the network's tensors are those under state_dict"
        "; missing or of another shape, which no watched layer needs: fc.weight, fc.bias"
    )
    for name in ("one.weight", "one.bias", "two.weight", "two.bias"):
        assert torch.equal(first.model.get_parameter(name), state[name])
    images = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with first.watching(first.layers) as run, torch.no_grad():
        maps = run(images)
    assert not any(bool(each.isnan().any()) for each in maps)
    assert first.computation == second.computation


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
@pytest.mark.parametrize("name", ["one.weight", "one.bias", "two.bias"])
def test_what_a_watched_layer_needs_may_not_be_missing(
    tmp_path: Path, name: str, rule: str
) -> None:
    """It is named. A layer below it can be watched."""
    weights, _ = headed(tmp_path, 10, name)
    file = write(tmp_path, HEADED.replace("images).relu", f"images).{BETWEEN[rule]}"))
    with pytest.raises(
        NetworkError, match=rf"^net\.py:build: weights best\.pth: tensor {name} is missing$"
    ):
        load(file, layers=("low=one", "high=two"), weights=weights, rule=rule)
    if name.startswith("two"):
        assert load(file, layers=("low=one",), weights=weights, rule=rule).layers


def test_what_is_to_be_known_of_a_file_of_weights_is_said_once(tmp_path: Path) -> None:
    """In the log, before the search."""
    weights, _ = headed(tmp_path, 10)
    settings = Settings(
        network=f"{write(tmp_path, HEADED)}:build",
        weights=weights,
        layers=("low=one",),
        input_size=Size.square(16),
        images=str(draw_pictures(tmp_path / "pictures", 2)),
        atlas=tmp_path / "atlas",
        workers=0,
        stimuli=False,
    )
    lines: list[str] = []
    said = "weights best.pth: the network's tensors are those under state_dict"
    compute_shard(settings, Share(0, 1), lambda *_: None, lines.append)
    assert lines == [said]
    assert compute(settings, lambda *_: None, lines.append) is not None
    assert lines == [said, said]


def small_atlas(folder: Path, text: str) -> Settings:
    """The settings of an atlas of two pictures."""
    return Settings(
        network=f"{write(folder, text)}:build",
        input_size=Size.square(16),
        images=str(draw_pictures(folder / "pictures", 2)),
        atlas=folder / "atlas",
        workers=0,
        stimuli=False,
    )


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_an_atlas_says_what_its_reconstructions_pass_over(tmp_path: Path, rule: str) -> None:
    """The deconvnet passes over local response normalisation, gradients go through it."""
    old = NET.replace("nn.ReLU(), nn.Conv2d(4", "nn.ReLU(), nn.LocalResponseNorm(3), nn.Conv2d(4")
    settings = small_atlas(tmp_path, old).model_copy(update={"rule": rule})
    assert compute(settings, lambda *_: None, lambda _: None) is not None
    network = Atlas.open(tmp_path / "atlas").manifest.network
    assert network.skipped == (("local response normalisation",) if rule == "deconvnet" else ())


def test_an_atlas_says_how_its_layers_were_chosen(tmp_path: Path) -> None:
    """Named by hand they are others, though the modules are the same; no image is searched anew."""
    settings = small_atlas(tmp_path, NET)
    lines: list[str] = []
    assert compute(settings, lambda *_: None, lines.append) is not None
    assert len(lines) == 1
    assert "layer1=1, layer2=3" in lines[0]
    assert Atlas.open(tmp_path / "atlas").manifest.network.choice.endswith("the maps’ size.")
    named = settings.model_copy(update={"layers": ("layer1=1", "layer2=3")})
    report = compute(named, lambda *_: None, lines.append)
    assert report is not None
    assert not report.unchanged
    assert Atlas.open(tmp_path / "atlas").manifest.network.choice == ""
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("change", "layers", "words"),
    [
        ("torch.jit.script(NET)", ("x=1",), r"returned TorchScript, which cannot be watched; name"),
        (
            "torch.export.export(NET.eval(), (torch.zeros(1, 3, 9, 9),)).module()",
            ("x=1",),
            r"returned a network of torch\.export, which cannot be watched",
        ),
        (
            "nn.Sequential(torch.ao.nn.quantized.Quantize(1, 0, torch.quint8), NET)",
            ("x=1",),
            r"returned a quantised network \(Quantize\) in module '0', which cannot be watched",
        ),
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


def maps_of(network: WatchedNetwork) -> Tensor:
    """The last layer's maps of one image."""
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with network.watching(network.layers) as run:
        return run(images)[-1].detach()


NOTED = """
from torch import nn
class Noted(nn.ReLU):
    def get_extra_state(self):
        return {"note": 1}
    def set_extra_state(self, state):
        pass
"""
# What is done to the usual network, and what is returned.
WRAPPED = {
    "compiled": ("", "torch.compile(net)"),
    "compiled in place": ("net.compile(); net[2].compile()", "net"),
    "parallel": ("", "nn.DataParallel(net)"),
    "compiled and parallel": ("", "torch.compile(nn.DataParallel(torch.compile(net)))"),
    "a compiled part": ("net[0] = torch.compile(net[0])", "net"),
    "with a method train": ("net.train = lambda loader: [0 for _ in loader]", "net"),
    "with a flag train": ("net.train = False", "net"),
    "with a method eval": ("net.eval = lambda loader: 1 / 0", "net"),
    "learning": ("net[1] = nn.Sequential(net[1], nn.Dropout(0.9)); net.train()", "net"),
    "quantised as needed": (
        "net.append(nn.Flatten()).append(nn.Linear(720, 4)); warnings.simplefilter('ignore')",
        "torch.ao.quantization.quantize_dynamic(net, {nn.Linear})",
    ),
    "with a head for another size": ("net.append(nn.Flatten()).append(nn.Linear(7, 4))", "net"),
    "with a note beside its weights": ("net[1] = Noted()", "net"),
    "computed twice": (
        "net[2].forward = partial(checkpoint, net[2].forward, use_reentrant=True)",
        "net",
    ),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit")  # which torch itself uses where it compiles
@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
def test_a_network_that_is_wrapped_is_the_network_inside(
    tmp_path: Path, how: str, rule: str
) -> None:
    """Its modules have their plain paths, and do what they do without."""
    lines, made = WRAPPED[how]
    before, _, net = NET.rpartition("return ")
    text = "import warnings\nfrom functools import partial\n"
    text += "from torch.utils.checkpoint import checkpoint\n"
    text += f"{NOTED}{before}net = {net}    {lines}\n    return {made}\n"
    network = load(write(tmp_path, text), rule=rule)
    torch.testing.assert_close(maps_of(network), maps_of(load(write(tmp_path / "plain"))))


MODULE = """
import torch
from torch import nn
torch.manual_seed(1)
made = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
"""
CLASS = """
import torch
from torch import nn
class made(nn.Sequential):
    def __init__(self):
        torch.manual_seed(1)
        super().__init__(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3), nn.ReLU())
"""


@pytest.mark.parametrize(
    ("text", "source"), [(MODULE, "made in net.py"), (CLASS, "made by made() in net.py")]
)
def test_a_module_or_its_class_may_be_named(tmp_path: Path, text: str, source: str) -> None:
    """As they stand in many scripts."""
    network = load(write(tmp_path, text), "made")
    assert network.source == source
    torch.testing.assert_close(maps_of(network), maps_of(load(write(tmp_path / "plain"))))


LAZY = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.norm = nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d()
        self.two, self.head = nn.LazyConv2d(5, 3), nn.LazyLinear(7)
    def forward(self, x):
        x = self.two(torch.relu(self.norm(self.one(x))))
        return self.head(x.flatten(1))
def build():
    torch.manual_seed(1)
    return Net()
"""


def test_lazy_modules_get_their_shapes_from_an_image(tmp_path: Path) -> None:
    """Of the size that the settings name; their weights may come from a file."""
    file = write(tmp_path, LAZY)
    tensors = load(file, layers=("one=one", "two=two")).model.state_dict()
    assert list(tensors["two.weight"].shape) == [5, 4, 3, 3]
    assert list(tensors["head.weight"].shape) == [7, 5 * 12 * 12]
    assert not tensors["norm.running_mean"].any()  # of a run in evaluation mode
    torch.save({name: each + 1 for name, each in tensors.items()}, tmp_path / "other.pth")
    other = load(file, layers=("two=two",), weights=tmp_path / "other.pth").model.state_dict()
    assert torch.equal(other["two.weight"], tensors["two.weight"] + 1)


@pytest.mark.parametrize(
    ("part", "instead", "words"),
    [
        ("torch.relu(", "self.no(", r"their shapes from one image \[1, 3, 16, 16\].*'no'"),
        ("self.two(", "(", "some of its lazy modules do not run"),
    ],
)
def test_lazy_modules_that_stay_without_shapes_are_reported(
    tmp_path: Path, part: str, instead: str, words: str
) -> None:
    """With what was raised, if anything was."""
    with pytest.raises(NetworkError, match=rf"net\.py: build: .*{words}"):
        load(write(tmp_path, LAZY.replace(part, instead)), layers=("one=one",))


def test_what_fails_behind_lazy_modules_does_not_matter(tmp_path: Path) -> None:
    """All have their shapes by then."""
    text = LAZY.replace("return self.head(x.flatten(1))", "self.head(x.flatten(1)).none")
    assert load(write(tmp_path, text), layers=("one=one",)).layers


BUFFERS = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.register_buffer("count", torch.tensor(3))
        kernel = torch.rand(4, 3, 3, 3, generator=torch.Generator().manual_seed(1))
        self.register_buffer("kernel", kernel.to(kind))
        self.relu = nn.ReLU()
    def forward(self, x):
        return self.relu(nn.functional.conv2d(x, self.kernel))
def full():
    return Net(torch.float32)
def half():
    return Net(torch.float16)
def none():
    return nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
"""


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
@pytest.mark.parametrize(("function", "layer"), [("full", "relu"), ("half", "relu"), ("none", "1")])
def test_a_network_may_have_no_parameters(
    tmp_path: Path, function: str, layer: str, rule: str
) -> None:
    """Its weights may be buffers; or there are none, and it runs on the CPU."""
    network = load(write(tmp_path, BUFFERS), function, layers=(f"x={layer}",), rule=rule)
    assert network.device == torch.device("cpu")
    maps = maps_of(network)
    assert maps.dtype == torch.float32
    assert maps.shape[1:] == ((3, 8, 8) if function == "none" else (4, 14, 14))


OUTPUTS = {
    "tuple": "return maps, maps.mean()",
    "dict": "return {'out': maps}",
    "list": "return [maps, [None]]",
    "None": "return None",
    "named tuple": "return namedtuple('Out', 'maps')(maps)",
    "dataclass": "return Out(maps)",
    "error": "raise AssertionError('a loss wants targets')",
}
GIVING = """
from __future__ import annotations
from collections import namedtuple
from dataclasses import dataclass
from torch import Tensor, nn
@dataclass
class Out:
    maps: Tensor
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    def forward(self, x):
        maps = self.body(x)
        GIVE
"""


@pytest.mark.parametrize("rule", ["deconvnet", "gradient"])
@pytest.mark.parametrize("kind", OUTPUTS)
def test_what_the_network_gives_in_the_end_does_not_matter(
    tmp_path: Path, kind: str, rule: str
) -> None:
    """Modules inside are watched."""
    file = write(tmp_path, GIVING.replace("GIVE", OUTPUTS[kind]))
    assert maps_of(load(file, "Net", layers=("x=body.1",), rule=rule)).shape == (1, 4, 14, 14)


def test_a_watched_module_that_gives_no_map_is_named(tmp_path: Path) -> None:
    """With those that give one."""
    text = GIVING.replace("GIVE", "return maps, maps")
    text += "def build():\n    return nn.Sequential(nn.Conv2d(3, 3, 1), Net())\n"
    with pytest.raises(NetworkError, match=r"'1' .*; it has 0, 1\.body\.0, 1\.body\.1, 1\.body"):
        load(write(tmp_path, text), layers=("x=1",))


@pytest.mark.parametrize(
    ("line", "words", "size"),
    [
        ("self.conv(x, x)", r"TypeError: .*positional", False),
        ("self.conv(x['image'])", r"IndexError: ", False),
        ("self.no", r"AttributeError: .*'no'", False),
        ("1 / 0", r"ZeroDivisionError: division", False),
        ("self.conv(x[:, :1])", r"RuntimeError: .*channels", False),
        ("self.conv(nn.functional.max_pool2d(x, 20))", r"RuntimeError: .*too small", True),
        ("self.conv(x.view(1, 3, 20, 20))", r"RuntimeError: shape", True),
    ],
)
def test_the_input_size_is_blamed_for_sizes_only(
    tmp_path: Path, line: str, words: str, size: bool
) -> None:
    """For everything else the error says what was raised, and what the network is given."""
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, 4, 3)\n"
        f"    def forward(self, x):\n        return {line}\n"
    )
    given = r"one tensor \[1, 3, 16, 16\]"
    with pytest.raises(NetworkError, match=rf"net\.py:Net: .*{given}.*\({words}") as caught:
        load(write(tmp_path, text), "Net", layers=("x=conv",))
    assert str(caught.value).endswith("; set its input size") == size


def test_a_network_that_insists_on_another_range_says_so(tmp_path: Path) -> None:
    """With mean and std, which decide it."""
    text = GIVING.replace("GIVE", "return maps").replace(
        "        maps =", "        assert x.min() >= 0, 'below zero'\n        maps ="
    )
    file = write(tmp_path, text)
    words = r"net\.py:Net: .* mean \(0\.485 0\.456 0\.406\) .*AssertionError: below zero"
    with pytest.raises(NetworkError, match=words):
        load(file, "Net", layers=("x=body.1",))
    assert load(file, "Net", layers=("x=body.1",), mean=(0.0,) * 3, std=(1.0,) * 3).layers


IMPORTS = {
    "beside, relative": "from .blocks import WIDTH",
    "beside, absolute": "from blocks import WIDTH",
    "beside, as a module": "from . import blocks\nWIDTH = blocks.WIDTH",
    "below, relative": "from .deep.part import WIDTH",
    "below, absolute": "import deep.part\nWIDTH = deep.part.WIDTH",
    "below, by its own neighbour": "from deep import WIDTH",
    "above, relative": "from ..above import WIDTH",
    "above, absolute": "from above import WIDTH",
    "above, from the top": "from nets.blocks import WIDTH",
}


@pytest.mark.parametrize("how", IMPORTS)
def test_neighbours_are_found_and_never_another_networks(tmp_path: Path, how: str) -> None:
    """Beside, below, and above where the file is in a package; two files of one name are two."""
    text = NET.replace("def build", f"{IMPORTS[how]}\ndef build")
    text = text.replace("3, 4, 3", "3, WIDTH, 3").replace("4, 5, 3", "WIDTH, 5, 3")
    networks = []
    for width in (2, 6, 2):
        top = tmp_path / str(width)
        for name in ("nets/blocks.py", "nets/deep/part.py", "above.py"):
            write(top, f"WIDTH = {width}\n", name)
        write(top, "from .part import WIDTH\n", "nets/deep/__init__.py")
        write(top, "", "nets/__init__.py")
        path = sys.path.copy()
        networks.append(load(write(top, text, "nets/net.py")))
        assert sys.path == path
    assert [network.layers[0].filters for network in networks] == [2, 6, 2]
    first, second, third = (network.code_sha256 for network in networks)
    assert first == third != second


def test_libraries_beside_a_file_are_not_its_neighbours(tmp_path: Path) -> None:
    """A person's environment may lie in the same folder."""
    write(tmp_path, "", ".venv/lib/site-packages/filter_gallery_test_library.py")
    text = "import sys\nsys.path.append(__file__[:-6] + '.venv/lib/site-packages')\n"
    text += f"import filter_gallery_test_library\n{NET}"
    network = load(write(tmp_path, text))
    assert network.code_sha256 != load(write(tmp_path / "plain")).code_sha256
    with pytest.raises(NetworkError, match="RuntimeError"):
        load(write(tmp_path, f"{text}    raise RuntimeError\n".replace("return", "pass;")))
    assert "filter_gallery_test_library" in sys.modules
    del sys.modules["filter_gallery_test_library"]
