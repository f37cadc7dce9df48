"""Weights on disk: float16 safetensors with the class names and their provenance beside them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import nn

from generator.errors import NetworkError


@dataclass(frozen=True)
class Provenance:
    """What travels with the weights."""

    classes: tuple[str, ...]
    source: str  # how they came to be, one sentence for people
    trained_on: str  # image sets and their terms, one sentence for people


def save(model: nn.Module, provenance: Provenance, path: Path) -> None:
    """Write a model's parameters as float16, with their provenance, through a temporary file."""
    tensors = {
        name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()
    }
    metadata = {key: json.dumps(value) for key, value in asdict(provenance).items()}
    part = path.with_suffix(".part")
    part.write_bytes(serialise(tensors, metadata))
    part.replace(path)


def provenance_of(path: Path) -> Provenance:
    """Read what travels with the weights; NetworkError where it is damaged or missing."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        return Provenance(
            classes=tuple(json.loads(metadata["classes"])),
            source=json.loads(metadata["source"]),
            trained_on=json.loads(metadata["trained_on"]),
        )
    except (SafetensorError, OSError, KeyError, ValueError) as problem:
        raise NetworkError(
            f"weights {path.name}: not a weights file of this project ({problem}); "
            "reinstall, or train it again with `filter-gallery train`"
        ) from problem


def load_into(model: nn.Module, path: Path) -> str:
    """Fill a model's parameters from a file, as float32; return the file's sha256.

    Raises NetworkError naming the first tensor that is missing, foreign, of another shape or not
    finite. The model is untouched then.
    """
    wanted = model.state_dict()
    try:
        with safe_open(path, "pt") as file:
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except (SafetensorError, OSError) as problem:
        raise NetworkError(f"weights {path.name}: cannot be read ({problem})") from problem
    for name, tensor in wanted.items():
        if name not in found:
            raise NetworkError(f"weights {path.name}: tensor {name} is missing")
        if found[name].shape != tensor.shape:
            raise NetworkError(
                f"weights {path.name}: tensor {name} has shape {list(found[name].shape)}, "
                f"the network needs {list(tensor.shape)}"
            )
        if not bool(torch.isfinite(found[name].float()).all()):
            raise NetworkError(f"weights {path.name}: tensor {name} holds NaN or infinity")
    for name in found:
        if name not in wanted:
            raise NetworkError(f"weights {path.name}: tensor {name} does not belong to the network")
    model.load_state_dict({name: tensor.float() for name, tensor in found.items()})
    return hashlib.sha256(path.read_bytes()).hexdigest()
