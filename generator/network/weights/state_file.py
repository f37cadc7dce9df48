"""A file of weights from anywhere: safetensors, or a state dict saved by torch. Runs no code."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from generator.errors import NetworkError


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU.

    `.safetensors` is read as such, anything else as torch saves it; a dict that holds the state
    dict under "state_dict" is opened. Raises NetworkError naming the file where it cannot be read
    or holds anything else.
    """
    return _safetensors(path) if path.suffix == ".safetensors" else _saved_by_torch(path)


def _safetensors(path: Path) -> dict[str, Tensor]:
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
        raise NetworkError(
            f"weights {path.name}: neither safetensors nor a state dict without other objects "
            f"({_first_sentence(problem)}); save one with "
            "`torch.save(model.state_dict(), FILE)`"
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


def _first_sentence(problem: Exception) -> str:
    """Return the beginning of torch's text, which goes on with advice that would run code."""
    text = str(problem).strip() or type(problem).__name__
    return text.splitlines()[0].split(". ")[0]
