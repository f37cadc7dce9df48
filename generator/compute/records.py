"""What was computed, in the form of the atlas."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import GUTTER, LayerArrays, LayerRecord, NetworkRecord
from generator.compute import crops
from generator.compute.search import TopNine
from generator.network.geometry import Field
from generator.network.probed import ProbedLayer, ProbedNetwork


def layer_arrays(layer: ProbedLayer, best: TopNine) -> LayerArrays:
    """Bring the result of the search (on the CPU) into the atlas's form; scales are zero yet."""
    image = best.image.numpy()
    unit = best.unit.numpy().astype(np.int32)
    empty = image < 0
    activation = best.activation.numpy().astype(np.float32)
    box = boxes(layer.field, unit)
    activation[empty] = np.nan
    box[empty] = 0
    return LayerArrays(
        activation=activation,
        image=image,
        unit=unit,
        box=box,
        scale=np.zeros_like(activation),
        active=best.active.numpy(),
    )


def boxes(field: Field, unit: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return top, left, bottom, right [f, 9, 4] of the receptive fields of units [f, 9, 2]."""
    start = field.offset + unit * field.stride
    return np.concatenate([start, start + field.size], axis=-1).astype(np.int32)


def network_record(network: ProbedNetwork) -> NetworkRecord:
    """Describe a network."""
    return NetworkRecord(
        name=network.name,
        source=network.source,
        weights_sha256=network.weights_sha256,
        input_size=network.input_size,
        mean=network.mean,
        std=network.std,
        classes=network.classes,
        trained_on=network.trained_on,
    )


def layer_record(layer: ProbedLayer) -> LayerRecord:
    """Describe a layer, and how its contact sheets are laid out."""
    field = layer.field
    return LayerRecord(
        name=layer.name,
        title=layer.title,
        module=layer.module,
        filters=layer.filters,
        grid=layer.grid,
        receptive_field=field.size,
        stride=field.stride,
        offset=field.offset,
        tile=crops.tile_side(field.size),
        gutter=GUTTER,
        thumbnails=field.size >= crops.SMALL_FROM,
    )
