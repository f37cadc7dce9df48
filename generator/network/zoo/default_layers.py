"""Layers 1 to 5 of networks by name: which modules they are, and why these.

Those of a network that is not listed are found by its maps' sizes (`by_resolution`).
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.network.rules import Rule


@dataclass(frozen=True)
class Choice:
    """The modules that are layers 1 to 5."""

    why: str  # in words that follow "The layers are"
    modules: tuple[str, ...]

    @property
    def layers(self) -> dict[str, str]:
        """Return layer name → module."""
        return numbered(self.modules)

    @property
    def sentence(self) -> str:
        """Say which modules the layers are, for people."""
        return f"The layers are {self.why}."


def _features(*names: int | str) -> tuple[str, ...]:
    return tuple(f"features.{name}" for name in names)


_VGG = "the last convolution of each of the five blocks, after its ReLU"
_RESNET = Choice(
    "the first convolution after its ReLU, and the ends of the four stages",
    ("relu", "layer1", "layer2", "layer3", "layer4"),
)
_SQUEEZENET = "the first convolution, and the last fire module of each of the four widths"

_DENSENET = Choice(
    "the first convolution, each second layer of the first dense block, and its end: all before "
    "the first average pool",
    _features(
        *("relu0", "denseblock1.denselayer2.relu2", "denseblock1.denselayer4.relu2"),
        *("denseblock1.denselayer6.relu2", "transition1.relu"),
    ),
)
_DEEP_DENSENET = Choice(
    "the first convolution and the ends of the four dense blocks",
    _features("relu0", "transition1.relu", "transition2.relu", "transition3.relu", "norm5"),
)
_RESNETS = (
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
)
_DENSENETS = tuple(f"densenet{depth}" for depth in (121, 161, 169, 201))

CHOICES = {
    "alexnet": Choice("the five convolutions, after their ReLUs", _features(1, 4, 7, 9, 11)),
    "vgg11": Choice(_VGG, _features(1, 4, 9, 14, 19)),
    "vgg13": Choice(_VGG, _features(3, 8, 13, 18, 23)),
    "vgg16": Choice(_VGG, _features(3, 8, 15, 22, 29)),
    "vgg19": Choice(_VGG, _features(3, 8, 17, 26, 35)),
    "vgg11_bn": Choice(_VGG, _features(2, 6, 13, 20, 27)),
    "vgg13_bn": Choice(_VGG, _features(5, 12, 19, 26, 33)),
    "vgg16_bn": Choice(_VGG, _features(5, 12, 22, 32, 42)),
    "vgg19_bn": Choice(_VGG, _features(5, 12, 25, 38, 51)),
    "squeezenet1_0": Choice(_SQUEEZENET, _features(1, 4, 7, 9, 12)),
    "squeezenet1_1": Choice(_SQUEEZENET, _features(1, 4, 7, 10, 12)),
    **dict.fromkeys(_RESNETS, _RESNET),
    "googlenet": Choice(
        "the two convolutions before pools, and the ends of inception stages 3, 4 and 5",
        ("conv1", "conv3", "inception3b", "inception4e", "inception5b"),
    ),
    "inception_v3": Choice(
        "the five convolutions before the first average pool, which lies in Mixed_5b",
        ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"),
    ),
    **dict.fromkeys(_DENSENETS, _DENSENET),
    "mobilenet_v2": Choice(
        "the first convolution, the last wide maps at each of the three resolutions between, "
        "and the last convolution; the narrow maps between blocks have no ReLU",
        _features("0", "4.conv.0", "7.conv.0", "14.conv.0", "18"),
    ),
}


# Instead, for rules that go through average pools.
DEEP = {
    "inception_v3": Choice(
        "the first and last convolution before the first average pool, and the ends of the three "
        "grids of mixed modules",
        ("Conv2d_1a_3x3", "Conv2d_4a_3x3", "Mixed_5d", "Mixed_6e", "Mixed_7c"),
    ),
    **dict.fromkeys(_DENSENETS, _DEEP_DENSENET),
}


def default_layers(network: str, rule: Rule) -> Choice | None:
    """Return the layers of a network by torchvision's name; None for one not listed."""
    return (DEEP if rule.autograd else CHOICES).get(network) or CHOICES.get(network)


def numbered(modules: tuple[str, ...]) -> dict[str, str]:
    """Name modules layer1, layer2, … in their order."""
    return {f"layer{number}": module for number, module in enumerate(modules, start=1)}
