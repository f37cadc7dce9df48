"""How alike two patches are: by what layer 3 of the embedded network makes of them, by pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from generator.compute.project.crops import Pixels
from generator.network.zoo.loaded import freeze
from generator.network.zoo.zfnet import EMBEDDED_WEIGHTS, MEAN, STD, ZFNet, zfnet_with

SIDE = 64  # pixels of a patch as the embedded network sees it; its layer 3 then has 3 × 3 units
SMALL = 16  # pixels of a patch whose pixels are compared
LAST = "relu3"

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Looks:
    """Some patches as vectors of length 1, so that a product is a cosine; zero where all is flat.

    m: patches.
    """

    code: Vectors  # [m, 384] mean of each map of layer 3
    pixels: Vectors  # [m, 768] the patch at 16 × 16 pixels less its mean


class Judge:
    """The embedded network up to layer 3, on a device."""

    def __init__(self, device: torch.device) -> None:
        """Read the weights. Raises NetworkError."""
        model = zfnet_with(EMBEDDED_WEIGHTS).model
        assert isinstance(model, ZFNet)
        names = [name for name, _ in model.features.named_children()]
        self._layers: nn.Module = model.features[: names.index(LAST) + 1]
        freeze(self._layers)
        self._layers.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device

    def looks(self, patches: Sequence[Pixels]) -> Looks:
        """Return what there is to compare of patches [side, side, 3], of any sides."""
        small = np.stack([resized(patch, SMALL) for patch in patches]).astype(np.float32)
        flat = small.reshape(len(small), -1)
        large = np.stack([resized(patch, SIDE) for patch in patches])
        return Looks(
            code=unit_vectors(self._code(torch.from_numpy(large))),
            pixels=unit_vectors(flat - flat.mean(1, keepdims=True)),
        )

    def _code(self, patches: Tensor) -> Vectors:
        """Return the mean [m, 384] of each map for patches [m, side, side, 3] uint8."""
        with torch.inference_mode():
            mean, std = (torch.tensor(each, device=self._device) for each in (MEAN, STD))
            images = (patches.to(self._device).float() / 255 - mean) / std
            maps: Tensor = self._layers(images.permute(0, 3, 1, 2))  # channels lie innermost
            code: Vectors = maps.mean((2, 3)).cpu().numpy()
        return code


def resized(patch: Pixels, side: int) -> Pixels:
    """Return a square patch at `side` pixels, smoothly."""
    picture = Image.fromarray(patch)
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC))


def unit_vectors(vectors: Vectors) -> Vectors:
    """Return vectors [m, d] of length 1; zeros stay."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return result
