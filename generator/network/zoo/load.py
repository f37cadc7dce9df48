"""Watched networks by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from generator.config import Settings
from generator.errors import ConfigError, NetworkError
from generator.names import NETWORKS, RANDOM, file_and_function, nearest
from generator.network.graph.selfcheck import require_as_traced
from generator.network.rules import RULES
from generator.network.watched import WatchedNetwork
from generator.network.weights.state import state_digest
from generator.network.zoo.channels import channels_of, feed_grey
from generator.network.zoo.default_layers import CHOICES
from generator.network.zoo.layers import modules_to_watch
from generator.network.zoo.loaded import LoadedNetwork, freeze, in_one_line
from generator.network.zoo.untrained import SEED, draw_weights
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS, zfnet_random, zfnet_with


def load(
    settings: Settings, device: torch.device | str = "cpu", loaded: LoadedNetwork | None = None
) -> WatchedNetwork:
    """Return the network that the settings name, or one `loaded` already, on a device.

    It is in evaluation mode, watches exactly the layers that the settings ask for, and goes to the
    device before it runs.
    Raises ConfigError for names and settings that do not fit, NetworkError for a network or weights
    that cannot be used.
    """
    loaded = loaded or _loaded(settings)
    model = loaded.model
    freeze(model)
    facts = {
        **vars(loaded),
        "modules": modules_to_watch(loaded, settings.layers),
        "choice": "" if settings.layers else loaded.choice,
        "input_size": settings.input_size or loaded.input_size,
        "mean": settings.mean or loaded.mean,
        "std": settings.std or loaded.std,
    }
    if loaded.random:
        draw_weights(model)
        facts |= {
            "name": f"{loaded.name}, random weights",
            "source": f"random weights, seed {SEED}",
            "weights_sha256": state_digest(model),
        }
    model.to(device)
    network = WatchedNetwork(**facts, filters=settings.filters, rule=RULES[settings.rule])
    with _naming(network):
        network = replace(network, channels=channels_of(model, network.input_size))
        if network.channels == 1:
            feed_grey(model)
        found, choice = ({}, "") if network.modules else network.by_resolution()
    if found:
        told = ", ".join(f"{layer}={module}" for layer, module in found.items())
        line = (
            f"{network.name}: layers found by resolution: {told}; --layers name=module for others"
        )
        network = network.with_same_trace(
            modules=modules_to_watch(replace(loaded, modules=found), settings.layers),
            choice="" if settings.layers else choice,
            note=f"{network.note}\n{line}".strip(),
        )
    with _naming(network):
        require_as_traced(network)
    return network


def _loaded(settings: Settings) -> LoadedNetwork:
    """Return the network that the settings name, with its weights."""
    name, weights = settings.network, settings.weights
    own = file_and_function(name)
    if own is not None:
        from generator.network.zoo.own import own_network  # noqa: PLC0415 - see below

        return own_network(*own, weights, settings.input_size)
    if settings.mean is not None or settings.std is not None:
        raise ConfigError(f"mean and std of {name} are known; set them for a file of your own only")
    if weights is not None and name.endswith(f":{RANDOM}"):
        raise ConfigError(f"{name} has random weights, so it takes no --weights; leave one out")
    kind, _, rest = name.partition(":")
    known, _, asked = rest.partition(":")
    if name == f"zfnet:{RANDOM}":
        return zfnet_random()
    if name == "zfnet":
        return zfnet_with(weights or EMBEDDED_WEIGHTS)
    # torchvision takes longer to load than torch, and the embedded network does without it.
    if kind == "torchvision":
        from generator.network.zoo.torchvision import torchvision_network  # noqa: PLC0415

        return torchvision_network(known, asked, weights, RULES[settings.rule])
    if kind == "timm":
        from generator.network.zoo.timm import timm_network  # noqa: PLC0415

        return timm_network(known, asked, weights)
    raise ConfigError(_unknown(name))


@contextmanager
def _naming(network: WatchedNetwork) -> Iterator[None]:
    """Raise whatever a person's forward pass raises as NetworkError that names the network."""
    try:
        yield
    except NetworkError as problem:
        raise NetworkError(f"{network.name}: {problem}") from problem
    except Exception as problem:
        mean, std = (" ".join(map(str, each)) for each in (network.mean, network.std))
        raise NetworkError(
            f"{network.name}: does not run on pictures normalised with mean ({mean}) and std "
            f"({std}) ({in_one_line(problem)})"
        ) from problem


def _unknown(name: str) -> str:
    """Return the words for a network that there is not, with the nearest name."""
    path, _, _ = name.rpartition(":")
    for file in (path, name):
        if file.endswith(".py"):
            return f"network {name!r}: name the function that makes it, {file}:FUNCTION"
    known = ["zfnet", f"zfnet:{RANDOM}", *(f"torchvision:{each}" for each in CHOICES)]
    hints = {each: each for each in known} | {each: f"torchvision:{each}" for each in CHOICES}
    hint = hints[nearest(name, hints)]
    return f"no network is named {name!r}; did you mean {hint!r}? There are {NETWORKS}"
