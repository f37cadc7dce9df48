"""torchvision's pretrained weights: brought by torch into its usual cache, held to their hash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import Tensor

from generator.errors import NetworkError

# DenseNet's files are older than torchvision's names: …denselayer1.norm.1.weight is norm1 now.
_OLD_DENSENET = re.compile(r"(?<=\.)(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


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
    """Return the tensors under the names that torchvision's networks have now."""
    return {_OLD_DENSENET.sub(r"\1", name): tensor for name, tensor in tensors.items()}
