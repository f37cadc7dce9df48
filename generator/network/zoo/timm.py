"""Networks of timm, an extra: with its weights, a file's, or random ones."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

# Before timm, which imports torchvision: it loads beside any torch only after this.
import generator.network.torchvision_compat  # noqa: F401
from generator.errors import ConfigError, NetworkError
from generator.names import RANDOM, Size, nearest
from generator.network.weights.state import state_digest
from generator.network.zoo.default_layers import numbered
from generator.network.zoo.loaded import LoadedNetwork
from generator.network.zoo.untrained import SEED


def timm_network(name: str, asked: str, file: Path | None) -> LoadedNetwork:
    """Return a network of timm, by its name with or without a tag.

    `asked` is "random" or "". Input size, mean and std are those of timm's data configuration; as
    with torchvision's networks, the shorter side is brought to the input size itself. Its layers
    are the ends of stages that timm names; where it names none, they are left to be found.

    Raises ConfigError for names that there are not, NetworkError where timm is not installed, or
    cannot make the network or bring its weights.
    """
    try:
        timm = importlib.import_module("timm")
    except ImportError as problem:
        raise NetworkError(
            f"timm:{name} needs timm ({problem}): pip install filter-gallery[timm]"
        ) from problem
    if not timm.is_model(name):
        near = nearest(name, timm.list_models())
        raise ConfigError(f"timm has no network {name!r}; did you mean 'timm:{near}'?")
    if asked not in {"", RANDOM}:
        raise ConfigError(
            f"timm:{name}:{asked}: weights of timm are named by a tag, timm:NAME.TAG; or end the "
            f"name with :{RANDOM}, or name a file with --weights FILE"
        )
    model = _create(timm, name, pretrained=not asked and file is None)
    data = timm.data.resolve_model_data_config(model)
    loaded = LoadedNetwork(
        *(name, model, Size(*data["input_size"][1:]), tuple(data["mean"]), tuple(data["std"])),
        modules=numbered(_stages(model)),
        choice="The layers are the ends of the stages that timm names.",
    )
    if file is not None:
        return loaded.with_weights_of(file)
    if asked:
        return replace(loaded, random=True)
    config = model.pretrained_cfg
    where = config.get("hf_hub_id") or config.get("url") or name
    return replace(loaded, source=f"{where} of timm", weights_sha256=state_digest(model))


def _create(timm: Any, name: str, *, pretrained: bool) -> Any:
    with torch.random.fork_rng(devices=[]):  # leaves the global generator as it was
        torch.manual_seed(SEED)
        try:
            return timm.create_model(name, pretrained=pretrained)
        except Exception as problem:  # its downloaders have errors of their own
            raise NetworkError(
                f"timm:{name} cannot be had ({type(problem).__name__}: {problem}); name a file "
                f"with --weights FILE, or use timm:{name}:{RANDOM} for random weights"
            ) from problem


def _stages(model: nn.Module) -> tuple[str, ...]:
    """Return the modules that timm takes features from, less pools; empty where it names none."""
    modules = dict(model.named_modules())
    found = getattr(model, "feature_info", None)
    names = [each.get("module", "") for each in found] if isinstance(found, list) else []
    if any(not name or name not in modules for name in names):
        return ()
    return tuple(name for name in names if not isinstance(modules[name], nn.MaxPool2d))
