"""The effective field: how much of its receptive field a unit's reconstruction fills.

The receptive field is what a unit can rest on. What it does rest on is denser in the middle, for
more ways lead there, and it fills less of the field the deeper the layer [Luo]. Here it is measured
on what is shown: the smallest square in the middle of the field that has 98 % of the squared
reconstruction, the median over places of all filters.

[Luo] Luo, Li, Urtasun, Zemel, Understanding the Effective Receptive Field in Deep Convolutional
Neural Networks, NIPS 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import EFFECTIVE, LayerArrays
from generator.compute.project.boxes import boxes
from generator.compute.project.contact_sheets import Places, occupied
from generator.compute.project.crops import patch_side
from generator.names import FieldShown, Size
from generator.network.watched import WatchedLayer

# Places of a layer that are measured. Of the five layers of the embedded network, with 8,113
# photographs, this gives what all places give or the next larger or smaller square.
SAMPLE = 192
FEWEST = 32  # places whose field lies inside the image; where fewer do, those at the border count
# Patches are shown in the effective field where that is smaller by a tenth, and by four pixels.
CLEARLY, FEW_PIXELS = 0.9, 4

Signals = npt.NDArray[np.float32]  # [n, 3, side, side]


def sampled(layer: WatchedLayer, arrays: LayerArrays, input_size: Size) -> Places:
    """Return the places to measure: evenly spread over filters and ranks, with their whole fields.

    Those whose field lies inside the image, if enough do. At the border a field is clipped, and
    what is left of it lies to one side. None where nobody knows in the middle of what to measure.
    """
    places = occupied(arrays, 0, layer.filters)
    own = boxes(layer.field, input_size, places.units, layer.field.size)
    if layer.known_by != "geometry" and layer.field.size > max(input_size):
        return places.some(np.zeros(0, np.int64))
    inside = np.flatnonzero((own[:, :2] >= 0).all(1) & (own[:, 2:] <= input_size).all(1))
    usable = inside if len(inside) >= FEWEST else np.arange(len(own))
    count = min(SAMPLE, len(usable))
    return replace(places, boxes=own).some(usable[np.arange(count) * len(usable) // max(1, count)])


def effective_field(places: Places, reconstruct: Callable[[Places], Signals]) -> int:
    """Return the median over places of the smallest square's side, pixels; 0 without any.

    `reconstruct` gives the reconstructions of places, each in its box.
    """
    sides = np.sort(smallest_sides(reconstruct(places)))
    sides = sides[sides > 0]
    # The upper of two in the middle: their mean may be the side of no square in the middle.
    return int(sides[len(sides) // 2]) if len(sides) else 0


def smallest_sides(signals: Signals) -> npt.NDArray[np.int64]:
    """Return the side [n] of the smallest middle square of each signal with `EFFECTIVE` of it.

    Sides are odd where the signal's side is, else even; 0 for a signal that is zero everywhere.
    """
    side = signals.shape[-1]
    inset = np.minimum(np.arange(side), np.arange(side)[::-1])
    ring = np.minimum(inset[:, None], inset).ravel()  # by how much a square is smaller, to miss it
    sides = np.zeros(len(signals), np.int64)
    for number, signal in enumerate(signals):
        energy = np.bincount(ring, np.square(signal, dtype=np.float64).sum(0).ravel())
        within = np.cumsum(energy[::-1])[::-1]  # of the square inside each inset
        if within[0] > 0:
            sides[number] = side - 2 * np.flatnonzero(within >= EFFECTIVE * within[0])[-1]
    return sides


def shown_side(field: int, effective: int, input_size: Size, shown: FieldShown) -> int:
    """Return the side of the patches of a layer, pixels, from its two fields (0: not measured)."""
    whole = patch_side(field, input_size)
    clear = effective <= CLEARLY * whole and effective <= whole - FEW_PIXELS
    return effective if shown == "effective" and effective > 0 and clear else whole
