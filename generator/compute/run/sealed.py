"""Arrays in a file that says itself whether it is as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from generator.files import write_whole

Arrays = dict[str, npt.NDArray[np.generic]]


def write_sealed(
    path: Path, arrays: Mapping[str, npt.NDArray[np.generic]], words: Mapping[str, str]
) -> None:
    """Write arrays and words with a hash over them, in one step. Raises OutputError."""
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_whole(path, save(whole, {**words, "sha256": _digest(whole, words)}))


def read_sealed(path: Path) -> tuple[Arrays, dict[str, str]] | None:
    """Return arrays and words; None where there is no such file, or one that was damaged."""
    try:
        with safe_open(path, "numpy") as file:
            words = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (FileNotFoundError, SafetensorError):  # not there, or cut short with the power
        return None
    sealed = words.pop("sha256", None)
    return (arrays, words) if sealed == _digest(arrays, words) else None


def _digest(arrays: Mapping[str, npt.NDArray[np.generic]], words: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
