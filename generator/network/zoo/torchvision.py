"""Classification networks of torchvision, with its weights, a file's, or random ones.

Its pretrained weights are brought by torch into its usual cache, and compared with their hash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn

from generator.errors import ConfigError, NetworkError
from generator.files import hash_file
from generator.names import RANDOM, Size, nearest
from generator.network.rules import Rule
from generator.network.torchvision_compat import models
from generator.network.zoo.default_layers import CHOICES, default_layers
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.untrained import SEED

# Their weights want values with mean 0.5 and std 0.5. torchvision normalises as for the others and
# turns one into the other inside the network; to normalise so at once is the same function, and
# leaves nothing between the pixels and the first convolution.
TRANSFORMING = ("googlenet", "inception_v3")
HALVES = (0.5, 0.5, 0.5)
# Classifiers on the side, for training only; weights hold them or not.
_AUXILIARY = re.compile(r"(?:^|\.)(?:aux1|aux2|AuxLogits)\.")
# DenseNet's files are older than torchvision's names: …denselayer1.norm.1.weight is norm1 now.
_OLD_DENSENET = re.compile(r"(?<=\.)(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


def names() -> list[str]:
    """Return the names of all classification networks of torchvision."""
    return list(models.list_models(module=models))


def torchvision_network(name: str, asked: str, file: Path | None, rule: Rule) -> LoadedNetwork:
    """Return a network of torchvision.

    `asked` names weights of torchvision (IMAGENET1K_V1, DEFAULT), or is "random", or "" for the
    default ones; weights of a file take their place. Input size, mean and std are those of the
    weights' own transforms; random weights and those of an unknown file have the default weights'.
    These transforms bring the shorter side to a little more than the input size (256 for 224) and
    crop the centre. Here the shorter side is brought to the input size itself, so that nothing of a
    picture's middle is lost; the network sees it slightly smaller.

    Raises ConfigError for names that there are not, NetworkError where weights cannot be had.
    """
    if name not in names():
        raise ConfigError(
            f"torchvision has no classification network {name!r}; did you mean "
            f"'torchvision:{nearest(name, names())}'?"
        )
    if asked and file is not None:
        raise ConfigError(
            f"torchvision:{name}:{asked} names weights, and --weights {file.name} does too; "
            "leave one out"
        )
    known = models.get_model_weights(name)
    weights = _weights_named(name, asked, known)
    loaded = LoadedNetwork(name, _build(name), **_preprocessing(name, weights))
    layers = default_layers(name, rule)
    if layers is not None:
        loaded = replace(loaded, modules=layers.layers, choice=layers.sentence)
    if asked == RANDOM:
        return replace(loaded, random=True)
    if file is not None:
        loaded = loaded.with_weights_of(file, with_names_of_today)
        digest = loaded.weights_sha256
        same = next((each for each in known if digest.startswith(hash_prefix(each))), None)
        if same is None:
            return loaded
        return replace(loaded, **_preprocessing(name, same), **_provenance(same))
    path = cached(weights)
    if not hash_file(path).startswith(hash_prefix(weights)):
        raise NetworkError(f"weights {path.name}: damaged; remove {path} and start again")
    loaded = loaded.with_weights_of(path, with_names_of_today)
    return replace(loaded, **_provenance(weights))


def _weights_named(name: str, asked: str, known: Any) -> Any:
    """Return a member of a network's enum of weights; the default one where none is named."""
    if asked in {"", RANDOM, "DEFAULT"}:
        return known.DEFAULT
    if asked not in known.__members__:
        choices = [*(each.name for each in known), "DEFAULT", RANDOM]
        raise ConfigError(
            f"torchvision has no weights {asked!r} for {name}; did you mean "
            f"'torchvision:{name}:{nearest(asked, choices)}'? There are {', '.join(choices)}"
        )
    return known[asked]


def _preprocessing(name: str, weights: Any) -> dict[str, Any]:
    """Return input size, mean and std as a loaded network has them."""
    transforms = weights.transforms()
    transforming = name in TRANSFORMING
    return {
        "input_size": Size.square(transforms.crop_size[0]),
        "mean": HALVES if transforming else tuple(transforms.mean),
        "std": HALVES if transforming else tuple(transforms.std),
    }


def _provenance(weights: Any) -> dict[str, Any]:
    """Return the facts that torchvision knows of its own weights."""
    return {
        "source": f"{weights.name} of torchvision, {weights.url}",
        "trained_on": next(iter(weights.meta.get("_metrics", {})), ""),
        "classes": tuple(weights.meta["categories"]),
    }


def file_name(weights: Any) -> str:
    """Return the name of the file that holds these weights: alexnet-owt-7be5be79.pth."""
    return PurePosixPath(urlsplit(weights.url).path).name


def hash_prefix(weights: Any) -> str:
    """Return the beginning of the file's sha256, which its name ends with."""
    return PurePosixPath(file_name(weights)).stem.rpartition("-")[2]


def cached(weights: Any) -> Path:
    """Return the file of these weights in torch's cache, downloading it where it is not there.

    Raises NetworkError with what to do where it cannot be had.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / file_name(weights)
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(weights.url, str(path), hash_prefix(weights), progress=False)
    except (OSError, HTTPException, RuntimeError) as problem:
        raise NetworkError(
            f"weights {path.name}: cannot be downloaded from {weights.url} ({problem}); name a "
            "file with --weights FILE, or end the network's name with :random for random weights"
        ) from problem
    return path


def with_names_of_today(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors as torchvision's networks name them now, without auxiliary classifiers."""
    return {
        _OLD_DENSENET.sub(r"\1", name): tensor
        for name, tensor in tensors.items()
        if not _AUXILIARY.search(name)
    }


def _build(name: str) -> nn.Module:
    """Return a network without auxiliary classifiers, its weights still to be filled or drawn.

    Those listed have convolutions, linear layers and batch normalisation only, so every tensor will
    be replaced; to initialise them first would take longer than all the rest.
    """
    options: dict[str, Any] = {}
    if name in TRANSFORMING:
        options = {"init_weights": False, "aux_logits": False, "transform_input": False}
    if name in CHOICES:
        with torch.device("meta"):
            shapes: nn.Module = models.get_model(name, weights=None, **options)
        shapes.to_empty(device="cpu")
        for tensor in shapes.state_dict().values():
            tensor.zero_()
        return shapes
    with torch.random.fork_rng(devices=[]):  # leaves the global generator as it was
        torch.manual_seed(SEED)
        model: nn.Module = models.get_model(name, weights=None, **options)
    return model
