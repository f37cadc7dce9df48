"""The maps as pictures of the input's size, cell by cell, and the colours of their scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generator.compute.project.crops import Floats, Pixels
from generator.names import Size
from generator.studies.occlusion.record import COLOURS

# From low to high, ever lighter, so that the order shows without colours, too.
STEPS = ("#0e1430", "#1f3566", "#405f8c", "#71849a", "#a9a690", "#d9c579", "#fdf0b4")
LEVELS = 256  # of the scale


def heat(values: Floats, size: Size) -> Pixels:
    """Show values [rows, columns] on a scale from 0, or the least below it, to the largest."""
    low, high = min(float(values.min()), 0.0), float(values.max())
    part = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return enlarged(_scale()[np.rint(part * (LEVELS - 1)).astype(int)], size)


def scale() -> Pixels:
    """Return the colours of the scale from left to right: [1, 256, 3]."""
    return _scale()[None]


def answers(answer: npt.NDArray[np.int64], classes: list[int], size: Size) -> Pixels:
    """Show each position [rows, columns] in the colour of its class, by the order of `classes`."""
    at = {each: min(place, len(COLOURS) - 1) for place, each in enumerate(classes)}
    places = np.vectorize(at.__getitem__, otypes=[int])(answer)
    return enlarged(_rgb(COLOURS)[places].astype(np.uint8), size)


def enlarged(cells: Pixels, size: Size) -> Pixels:
    """Return cells [rows, columns, 3] as [h, w, 3], each as large as its part of the input."""
    rows, columns = (
        np.arange(length) * cells_ // length
        for length, cells_ in zip(size, cells.shape[:2], strict=True)
    )
    picture: Pixels = cells[rows[:, None], columns]
    return picture


def _scale() -> Pixels:
    anchors = _rgb(STEPS)
    at = np.linspace(0, len(anchors) - 1, LEVELS)
    channels = [np.interp(at, np.arange(len(anchors)), channel) for channel in anchors.T]
    levels: Pixels = np.rint(np.stack(channels, 1)).astype(np.uint8)
    return levels


def _rgb(colours: tuple[str, ...]) -> npt.NDArray[np.float64]:
    return np.array([list(bytes.fromhex(colour[1:])) for colour in colours], np.float64)
