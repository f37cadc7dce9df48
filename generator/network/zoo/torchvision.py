"""Classification networks of torchvision, with its weights, a file's, or random ones."""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from generator.errors import ConfigError, NetworkError
from generator.network.torchvision_compat import models
from generator.network.weights.state import fill, plain_names
from generator.network.weights.state_file import file_digest, read_state
from generator.network.zoo.default_layers import CHOICES, default_layers
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.names import RANDOM
from generator.network.zoo.torchvision_weights import cached, hash_prefix, with_names_of_today
from generator.network.zoo.untrained import SEED

# Their weights want values with mean 0.5 and std 0.5. torchvision normalises as for the others and
# turns one into the other inside the network; to normalise so at once is the same function, and
# leaves nothing between the pixels and the first convolution.
TRANSFORMING = ("googlenet", "inception_v3")
HALVES = (0.5, 0.5, 0.5)
# Classifiers on the side, for training only; weights hold them or not.
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


def names() -> list[str]:
    """Return the names of all classification networks of torchvision."""
    return list(models.list_models(module=models))


def torchvision_network(name: str, asked: str, file: Path | None, rule: str) -> LoadedNetwork:
    """Return a network of torchvision.

    `asked` names weights of torchvision (IMAGENET1K_V1, DEFAULT), or is "random", or "" for the
    default ones; weights of a file take their place. Input size, mean and std are those of the
    weights' own transforms, of the default weights' for random ones and for an unknown file. These
    transforms bring the shorter side to a little more than the input size (256 for 224) before they
    cut out the centre; here the shorter side is brought to the input size itself, so that nothing
    of a picture's middle is lost and the network sees it slightly smaller.

    Raises ConfigError for names that there are not, NetworkError where weights cannot be had.
    """
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=1, cutoff=0)[0]
        raise ConfigError(
            f"torchvision has no classification network {name!r}; did you mean "
            f"'torchvision:{near}'?"
        )
    if asked and file is not None:
        raise ConfigError(
            f"torchvision:{name}:{asked} names weights, and --weights {file.name} does too; "
            "leave one out"
        )
    known = models.get_model_weights(name)
    weights = _weights_named(name, asked, known)
    model = _build(name)
    loaded = LoadedNetwork(
        name=name, model=model, **_preprocessing(name, weights), layers=default_layers(name, rule)
    )
    if file is not None:
        digest = _fill(model, file)
        same = next((each for each in known if digest.startswith(hash_prefix(each))), None)
        if same is None:
            return replace(loaded, source=f"the file {file.name}", weights_sha256=digest)
        preprocessing = _preprocessing(name, same)
        return replace(loaded, **preprocessing, **_provenance(same, digest))
    if asked == RANDOM:
        return replace(loaded, random=True)
    path = cached(weights)
    digest = file_digest(path)
    if not digest.startswith(hash_prefix(weights)):
        raise NetworkError(f"weights {path.name}: damaged; remove {path} and start again")
    _fill(model, path)
    return replace(loaded, **_provenance(weights, digest))


def _weights_named(name: str, asked: str, known: Any) -> Any:
    """Return a member of a network's enum of weights; the default one where none is named."""
    if asked in {"", RANDOM, "DEFAULT"}:
        return known.DEFAULT
    if asked not in known.__members__:
        choices = [*(each.name for each in known), "DEFAULT", RANDOM]
        near = difflib.get_close_matches(asked, choices, n=1, cutoff=0)[0]
        raise ConfigError(
            f"torchvision has no weights {asked!r} for {name}; did you mean "
            f"'torchvision:{name}:{near}'? There are {', '.join(choices)}"
        )
    return known[asked]


def _preprocessing(name: str, weights: Any) -> dict[str, Any]:
    """Return input size, mean and std as a loaded has them."""
    transforms = weights.transforms()
    transforming = name in TRANSFORMING
    return {
        "input_size": transforms.crop_size[0],
        "mean": HALVES if transforming else tuple(transforms.mean),
        "std": HALVES if transforming else tuple(transforms.std),
    }


def _provenance(weights: Any, digest: str) -> dict[str, Any]:
    """Return what is known of weights of torchvision's own."""
    return {
        "source": f"{weights.name} of torchvision, {weights.url}",
        "trained_on": next(iter(weights.meta.get("_metrics", {})), ""),
        "weights_sha256": digest,
        "classes": tuple(weights.meta["categories"]),
    }


def _fill(model: nn.Module, path: Path) -> str:
    """Fill a model from a file, without its auxiliary classifiers; return the file's sha256."""
    tensors = {
        name: tensor
        for name, tensor in with_names_of_today(plain_names(read_state(path))).items()
        if not name.startswith(AUXILIARY)
    }
    fill(model, tensors, f"weights {path.name}")
    return file_digest(path)


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
