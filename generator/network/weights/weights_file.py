"""Weights on disk: float16 safetensors with the class names and their provenance beside them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import nn

from generator.errors import NetworkError
from generator.network.weights.state import fill
from generator.network.weights.state_file import file_digest, read_state


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

    Raises NetworkError naming the tensors that do not fit, see `state.fill`. The model is untouched
    then.
    """
    fill(model, read_state(path), f"weights {path.name}")
    return file_digest(path)
