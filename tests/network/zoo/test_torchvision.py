"""Networks of torchvision: which layers, which preprocessing, whose weights. Nothing downloads."""

from __future__ import annotations

import shutil
from http.client import IncompleteRead
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import nn

from generator.config import Settings
from generator.errors import ConfigError, NetworkError
from generator.files import hash_file
from generator.names import Size
from generator.network.rules import DECONVNET, GUIDED, Rule
from generator.network.torchvision_compat import models
from generator.network.watched import WatchedNetwork
from generator.network.weights.state import fill, state_digest
from generator.network.zoo import load as zoo
from generator.network.zoo import torchvision as zoo_torchvision
from generator.network.zoo.default_layers import CHOICES, DEEP, Choice, default_layers
from generator.network.zoo.torchvision import (
    HALVES,
    file_name,
    hash_prefix,
    torchvision_network,
    with_names_of_today,
)
from generator.network.zoo.zfnet import MEAN, STD

PROMISED = [
    "alexnet",
    *(f"vgg{depth}{ending}" for depth in (11, 13, 16, 19) for ending in ("", "_bn")),
    "squeezenet1_0",
    "squeezenet1_1",
    "resnet18",
    "resnet34",
    "resnet50",
    "googlenet",
    "inception_v3",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "resnext50_32x4d",
    "mobilenet_v2",
]
LITTLE = 96  # pixels; enough for every network here, and quick
SMALL = "squeezenet1_1"  # 5 MB of weights


def load(network: str, **more: Any) -> WatchedNetwork:
    """Load a network with the usual settings but for these."""
    return zoo.load(Settings(network=f"torchvision:{network}", **more))


def seeded(name: str, **options: Any) -> nn.Module:
    """A network as torchvision makes it, with weights drawn by torch's own rules."""
    torch.manual_seed(3)
    model: nn.Module = models.get_model(name, weights=None, **options)
    return model.eval()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way to fill it."""

    def refuse(*_: object, **__: object) -> None:
        raise URLError("no such host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of weights for the small network."""
    path = tmp_path / "small.pth"
    torch.save(seeded(SMALL).state_dict(), path)
    return path


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *((name, DECONVNET) for name in PROMISED),
        *((name, GUIDED) for name in PROMISED if name in DEEP),
    ],
)
def test_every_promised_network_has_five_layers(name: str, rule: Rule) -> None:
    """Each sees at least as much as the one before, none is finer, and none is the same."""
    found = torchvision_network(name, "random", None, rule)
    found.model.eval().requires_grad_(False)
    layers = WatchedNetwork(**{**vars(found), "input_size": Size.square(LITTLE)}, rule=rule).layers
    assert [layer.name for layer in layers] == [f"layer{number}" for number in range(1, 6)]
    sizes = [layer.field.size for layer in layers]
    assert sizes == sorted(set(sizes))
    strides = [layer.field.stride for layer in layers]
    assert strides == sorted(strides)


def listed(name: str, rule: Rule) -> Choice:
    """The layers of a network that is listed."""
    found = default_layers(name, rule)
    assert found is not None
    return found


@pytest.mark.parametrize("name", [name for name in CHOICES if name.startswith("vgg")])
def test_the_layers_of_a_vgg_lie_before_its_pools(name: str) -> None:
    """Found by looking at what follows what."""
    parts = list(zoo_torchvision._build(name).get_submodule("features").children())
    last = [
        f"features.{number}"
        for number, (part, after) in enumerate(pairwise(parts))
        if isinstance(after, nn.MaxPool2d) and isinstance(part, nn.ReLU)
    ]
    assert list(listed(name, DECONVNET).modules) == last


@pytest.mark.parametrize("name", ["squeezenet1_0", "squeezenet1_1"])
def test_the_layers_of_a_squeezenet_end_its_widths(name: str) -> None:
    """The next fire module, if there is one, is wider."""
    features = zoo_torchvision._build(name).get_submodule("features")
    widths = {
        f"features.{number}": 2 * part.expand1x1.out_channels  # type: ignore[union-attr, operator]
        for number, part in enumerate(features.children())
        if hasattr(part, "expand1x1")
    }
    last = {width: path for path, width in widths.items()}
    assert list(listed(name, GUIDED).modules)[1:] == list(last.values())


def test_the_layers_of_alexnet_are_its_convolutions() -> None:
    """Each after its ReLU."""
    parts = list(zoo_torchvision._build("alexnet").get_submodule("features").children())
    found = [f"features.{n + 1}" for n, part in enumerate(parts) if isinstance(part, nn.Conv2d)]
    assert list(listed("alexnet", DECONVNET).modules) == found


@pytest.mark.parametrize("rule", [DECONVNET, GUIDED])
def test_families_have_the_layers_of_their_smallest(rule: Rule) -> None:
    """By name; all others have to be found."""
    families = {"resnet18": ("resnet", "resnext", "wide_resnet"), "densenet121": ("densenet",)}
    for smallest, beginnings in families.items():
        members = [name for name in zoo_torchvision.names() if name.startswith(beginnings)]
        assert len(members) in {4, 10}
        for name in members:
            assert listed(name, rule) == listed(smallest, rule)
    assert listed("densenet161", rule).modules[-1].endswith("norm5" if rule.autograd else "relu")
    assert default_layers("regnet_x_400mf", rule) is None


@pytest.mark.parametrize(
    ("name", "rule", "last"),
    [
        ("mnasnet0_5", "deconvnet", ["layers.16", 1280]),
        ("shufflenet_v2_x0_5", "deconvnet", ["conv5.2", 1024]),
        ("regnet_x_400mf", "deconvnet", ["trunk_output.block4.block4-11.activation", 400]),
        ("regnet_y_400mf", "gradient", ["trunk_output.block4.block4-5.activation", 440]),
        ("mobilenet_v3_small", "gradient", ["features.12.2", 576]),
    ],
)
def test_layers_of_other_networks_are_found(name: str, rule: str, last: list[Any]) -> None:
    """Five, at a stride twice that of the one before."""
    network = load(f"{name}:random", rule=rule, input_size=128)
    assert [layer.grid for layer in network.layers] == [(side, side) for side in (64, 32, 16, 8, 4)]
    assert [network.layers[-1].module, network.layers[-1].filters] == last
    assert network.choice.startswith("The layers were found by resolution: the last ")
    assert network.note.count("layers found by resolution: layer1=") == 1


def test_the_layers_that_the_rule_reaches_are_found() -> None:
    """Up to the first gate by squeezing; where there is none, the error names what stops it."""
    assert [layer.module for layer in load("regnet_y_400mf:random", input_size=64).layers] == [
        "trunk_output.block1.block1-0.f.a.2",
        "trunk_output.block1.block1-0.f.b.2",
    ]
    with pytest.raises(NetworkError, match=r"features\.0\.2' \(SiLU\) has no .*--rule guided or"):
        load("efficientnet_b0:random", input_size=64)


def test_listed_layers_say_what_they_are() -> None:
    """Unless a person chose among them."""
    assert load(f"{SMALL}:random").choice == (
        "The layers are the first convolution, and the last fire module of each of the four widths."
    )
    assert load(f"{SMALL}:random", layers=("layer1",)).choice == ""


@pytest.mark.parametrize("name", CHOICES)
def test_every_tensor_of_a_listed_network_is_drawn(name: str) -> None:
    """None is left at the zeros that it begins with."""
    options = {"init_weights": False} if name in zoo_torchvision.TRANSFORMING else {}
    with torch.device("meta"):
        model = models.get_model(name, weights=None, **options)
    for path, part in model.named_modules():
        if [*part.parameters(recurse=False), *part.buffers(recurse=False)]:
            assert isinstance(part, nn.Conv2d | nn.Linear | nn.BatchNorm2d), path


def test_random_weights_are_the_same_each_time_and_say_so() -> None:
    """Nothing was learned, so there are no classes; nobody else's random numbers change."""
    state = torch.random.get_rng_state()
    first, second = load(f"{SMALL}:random"), load(f"{SMALL}:random")
    assert torch.equal(state, torch.random.get_rng_state())
    assert first.name == f"{SMALL}, random weights"
    assert first.source == "random weights, seed 0"
    assert (first.trained_on, first.classes) == ("", ())
    assert first.weights_sha256 == state_digest(first.model) == second.weights_sha256
    assert (first.input_size, first.mean, first.std) == (Size.square(224), MEAN, STD)
    with first.watching(first.layers) as run:
        maps = run(torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)))
    assert all(bool((found > 0).any()) for found in maps)


@pytest.mark.parametrize(
    ("name", "size"), [("inception_v3", 299), ("efficientnet_b1", 240), ("alexnet", 224)]
)
def test_the_input_size_is_that_of_the_weights(name: str, size: int) -> None:
    """Weights of other sizes bring their own."""
    assert torchvision_network(name, "random", None, DECONVNET).input_size == Size.square(size)


@pytest.mark.parametrize("name", zoo_torchvision.TRANSFORMING)
def test_another_normalisation_replaces_the_transformation_inside(name: str) -> None:
    """The same function of the pixels: to 1e-5 of the largest output."""
    original = seeded(name, init_weights=False, aux_logits=False, transform_input=True)
    found = torchvision_network(name, "random", None, DECONVNET)
    assert (found.mean, found.std) == (HALVES, HALVES)
    fill(found.model, original.state_dict(), "weights")
    pixels = torch.rand(2, 3, LITTLE, LITTLE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        theirs = original(
            (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
        )
        ours = found.model.eval()((pixels - 0.5) / 0.5)
    assert float(theirs.std()) > 0
    assert float((theirs - ours).abs().max()) < 1e-5 * float(theirs.abs().max())


def test_auxiliary_classifiers_in_a_file_are_left_out(tmp_path: Path) -> None:
    """Weights from training hold them; nothing here reads them."""
    whole = seeded("googlenet", init_weights=False, aux_logits=True)
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    found = torchvision_network("googlenet", "", tmp_path / "whole.pth", DECONVNET)
    assert torch.equal(
        found.model.get_parameter("inception5b.branch1.conv.weight"),
        whole.get_parameter("inception5b.branch1.conv.weight"),
    )
    assert not any("aux" in name for name in found.model.state_dict())
    assert (found.note, found.lacking) == ("", "")


def test_old_names_of_densenet_are_todays() -> None:
    """The file that torchvision offers still has a dot where the network has none."""
    now = dict(seeded("densenet121").state_dict())
    old = {
        name.replace("norm1", "norm.1")
        .replace("norm2", "norm.2")
        .replace("conv1", "conv.1")
        .replace("conv2", "conv.2"): tensor
        for name, tensor in now.items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert list(with_names_of_today(old)) == list(now)
    assert list(with_names_of_today(now)) == list(now)
    trained = {f"module.{name}": tensor for name, tensor in old.items()}
    assert list(with_names_of_today(trained)) == [f"module.{name}" for name in now]


def test_a_file_of_weights_is_taken_as_it_is(small: Path) -> None:
    """By its name and digest; what an unknown file was trained on is unknown."""
    network = load(SMALL, weights=small)
    assert network.name == SMALL
    assert network.source == "the file small.pth"
    assert network.weights_sha256 == hash_file(small)
    assert (network.trained_on, network.classes) == ("", ())
    assert (network.input_size, network.mean, network.std) == (Size.square(224), MEAN, STD)
    twin = seeded(SMALL)
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    with network.watching(network.layers) as run, torch.no_grad():
        torch.testing.assert_close(
            run(images)[-1], twin.get_submodule("features")(images), rtol=1e-4, atol=1e-5
        )


def test_a_file_that_torchvision_offers_is_known_by_its_hash(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its provenance is known, whatever the file is called."""
    monkeypatch.setattr(zoo_torchvision, "hash_prefix", lambda _weights: hash_file(small)[:8])
    network = load(SMALL, weights=small)
    assert network.trained_on == "ImageNet-1K"
    assert len(network.classes) == 1000
    assert "goldfish" in network.classes


def test_weights_come_through_the_usual_cache(
    small: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloaded once, compared with the hash in their name, then read from the cache."""
    downloads = []

    def bring(url: str, path: str, prefix: str, *, progress: bool) -> None:
        downloads.append((url, prefix, progress))
        shutil.copy(small, path)

    monkeypatch.setattr(torch.hub, "download_url_to_file", bring)
    monkeypatch.setattr(zoo_torchvision, "hash_prefix", lambda _weights: hash_file(small)[:8])
    first = load(SMALL)
    second = load(f"{SMALL}:IMAGENET1K_V1")
    known = models.get_model_weights(SMALL).DEFAULT
    assert downloads == [(known.url, hash_file(small)[:8], False)]
    assert [path.name for path in cache.iterdir()] == [file_name(known)]
    assert first.weights_sha256 == second.weights_sha256 == hash_file(small)
    assert first.source == f"IMAGENET1K_V1 of torchvision, {known.url}"
    assert first.trained_on == "ImageNet-1K"
    assert len(first.classes) == 1000


def test_the_hash_in_a_name_is_found() -> None:
    """As torch's own downloader finds it."""
    for name in (*PROMISED, "mnasnet0_5"):
        for weights in models.get_model_weights(name):
            found = torch.hub.HASH_REGEX.search(file_name(weights))
            assert found is not None
            assert hash_prefix(weights) == found[1]


@pytest.mark.parametrize(
    "problem",
    [URLError("no such host"), IncompleteRead(b""), RuntimeError("invalid hash"), TimeoutError()],
    ids=lambda problem: type(problem).__name__,
)
def test_a_download_that_fails_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """The file, its address, and the two ways without it."""

    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(NetworkError, match=r"alexnet-owt-7be5be79\.pth.*--weights FILE.*:random"):
        load("alexnet")


def test_a_damaged_file_in_the_cache_is_named(cache: Path) -> None:
    """Its hash shows it before anything reads it."""
    cache.mkdir(parents=True)
    (cache / "alexnet-owt-7be5be79.pth").write_bytes(b"cut short")
    with pytest.raises(NetworkError, match=r"alexnet-owt-7be5be79\.pth: damaged; remove "):
        load("alexnet")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("alexnett", r"'alexnett'; did you mean 'torchvision:alexnet'"),
        ("", "did you mean 'torchvision:"),
        ("fcn_resnet50", "no classification network 'fcn_resnet50'"),
        ("resnet50:IMAGENET1K_V3", r"did you mean 'torchvision:resnet50:IMAGENET1K_V[12]'"),
        ("resnet50:rnd", r"did you mean 'torchvision:resnet50:random'"),
        ("resnet50:random:more", r"no weights 'random:more'"),
        ("alexnet:DEFAULT", "no such host"),
    ],
)
def test_names_that_there_are_not_get_the_nearest(name: str, words: str) -> None:
    """Of networks and of weights."""
    with pytest.raises((ConfigError, NetworkError), match=words):
        load(name)


@pytest.mark.parametrize("asked", ["random", "DEFAULT"])
def test_weights_named_twice_are_refused(small: Path, asked: str) -> None:
    """Neither is dropped in silence."""
    with pytest.raises(ConfigError, match="leave one out"):
        load(f"{SMALL}:{asked}", weights=small)


def test_weights_of_another_network_are_refused(small: Path) -> None:
    """The first tensor that does not fit is named."""
    with pytest.raises(NetworkError, match=r"weights small\.pth: tensor features\.0\.weight has"):
        load("squeezenet1_0", weights=small)


def test_any_other_network_takes_modules_by_name() -> None:
    """Up to the first part that has no rule, which is named with its module."""
    network = load(
        "regnet_y_400mf:random", layers=("stem=stem", "block=trunk_output.block1.block1-0.f.a")
    )
    assert [layer.filters for layer in network.layers] == [32, 48]
    with pytest.raises(NetworkError, match=r"efficientnet_b0.*features\.0\.2.*SiLU"):
        load("efficientnet_b0:random", layers=("first=features.0",))
