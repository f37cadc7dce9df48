"""ICC profiles that tests write themselves, and what they mean in sRGB, worked out slowly."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

# Columns: red, green and blue of full strength, as XYZ under the light D50.
SRGB = np.array(
    [[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]]
)
DISPLAY_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24119, 0.69224, 0.06657], [-0.00105, 0.04188, 0.78407]]
)
GAMMA = 563 / 256  # 2.2 as a profile stores it


def matrix_profile(matrix: npt.NDArray[np.float64]) -> bytes:
    """Write a profile of RGB with these primaries [3, 3] and GAMMA."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(GAMMA * 256)) + bytes(2)
    tags = {
        name + b"XYZ": _xyz(column)
        for name, column in zip((b"r", b"g", b"b"), matrix.T, strict=True)
    }
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile() -> bytes:
    """Write a profile of grey values with a gamma of 1."""
    return _profile(b"GRAY", {b"kTRC": b"curv" + bytes(8)})


def in_srgb(
    levels: tuple[int, int, int], matrix: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return what a colour of `matrix_profile` is in sRGB, 0…255."""
    linear = np.linalg.inv(SRGB) @ matrix @ (np.array(levels) / 255) ** GAMMA
    return encoded(linear)


def encoded(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring shares of light to levels of sRGB, 0…255."""
    shares = linear.clip(0, 1)
    curved = np.where(shares <= 0.0031308, 12.92 * shares, 1.055 * shares ** (1 / 2.4) - 0.055)
    levels: npt.NDArray[np.float64] = 255 * curved
    return levels


def _xyz(values: npt.NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = tags | {b"wtpt": _xyz(np.array([0.9642, 1.0, 0.8249]))}
    place = 132 + 12 * len(tags)
    table = struct.pack(">I", len(tags))
    for name, data in tags.items():
        table += name + struct.pack(">2I", place, len(data))
        place += len(data)
    head = bytearray(128)
    head[:4] = struct.pack(">I", place)
    head[8:12] = b"\x02\x10\x00\x00"
    head[12:24] = b"mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    head[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    return bytes(head) + table + b"".join(tags.values())
