"""Files of weights: safetensors, or a state dict saved by torch. Reading one runs no code.

The project's own files are safetensors in float16, with class names and provenance inside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor, nn

from generator.errors import NetworkError
from generator.files import hash_file, write_whole
from generator.network.weights.state import fill


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU.

    `.safetensors` is read as such, anything else as torch saves it; a dict that holds the state
    dict under "state_dict" is opened. Raises NetworkError naming the file where it cannot be read
    or holds anything else.
    """
    if path.suffix != ".safetensors":
        return _saved_by_torch(path)
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
    except (SafetensorError, OSError) as problem:
        raise NetworkError(f"weights {path.name}: cannot be read ({problem})") from problem


def _saved_by_torch(path: Path) -> dict[str, Tensor]:
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as problem:
        raise NetworkError(f"weights {path.name}: cannot be read ({problem})") from problem
    except Exception as problem:  # damaged bytes raise whatever they happen to
        # torch's text goes on with advice that would run code.
        reason = (str(problem).strip() or type(problem).__name__).splitlines()[0].split(". ")[0]
        raise NetworkError(
            f"weights {path.name}: neither safetensors nor a state dict without other objects "
            f"({reason}); save one with `torch.save(model.state_dict(), FILE)`"
        ) from problem
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict) or not found:
        raise NetworkError(
            f"weights {path.name}: holds {_kind(found)} where tensors by name are needed; save "
            "them with `torch.save(model.state_dict(), FILE)`"
        )
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise NetworkError(
                f"weights {path.name}: entry {name!r} is {_kind(tensor)}, not a tensor; save the "
                "tensors alone with `torch.save(model.state_dict(), FILE)`"
            )
    return found


def _kind(value: object) -> str:
    return "an empty dict" if value == {} else f"a value of type {type(value).__name__}"


def load_into(
    model: nn.Module,
    path: Path,
    renamed: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict,
) -> str:
    """Fill a model from a file, in the model's own types; return the file's sha256.

    `renamed` gives the file's tensors the names that the model has. Raises NetworkError as
    `read_state` and `state.fill` do; the model is untouched then.
    """
    fill(model, renamed(read_state(path)), f"weights {path.name}")
    return hash_file(path)


@dataclass(frozen=True)
class Provenance:
    """The facts that a file of this project keeps beside its weights."""

    classes: tuple[str, ...]
    source: str  # how they came to be, one sentence for people
    trained_on: str  # image sets and their terms, one sentence for people


def save(model: nn.Module, provenance: Provenance, path: Path) -> None:
    """Write a model's parameters as float16, with their provenance, in one step."""
    tensors = {
        name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()
    }
    metadata = {key: json.dumps(value) for key, value in asdict(provenance).items()}
    write_whole(path, serialise(tensors, metadata))


def provenance_of(path: Path) -> Provenance:
    """Return the provenance in a file; NetworkError where it is damaged or missing."""
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
