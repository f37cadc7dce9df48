"""What was computed, in the form of the atlas."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from generator.atlas.measures import MeasureArrays, StimuliRecord
from generator.atlas.schema import (
    GUTTER,
    ImageRecord,
    KernelSheet,
    LayerArrays,
    LayerRecord,
)
from generator.compute.project import crops
from generator.compute.project.boxes import boxes
from generator.compute.search.state import SearchState
from generator.compute.search.statistics import ActivationStatistics, LabelFacts, label_facts
from generator.compute.search.topk import TopK
from generator.compute.stimuli.draw import (
    AXES,
    HUES,
    ORIENTATIONS,
    colours,
    frequencies,
    gratings,
)
from generator.compute.stimuli.forms import FAMILIES, forms
from generator.compute.stimuli.run import LayerMeasures, stage
from generator.compute.stimuli.tuning import quotient
from generator.errors import ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError
from generator.images.sets.image_set import ImageSet
from generator.names import Size
from generator.network.watched import WatchedLayer, WatchedNetwork


def arrays_of(network: WatchedNetwork, found: SearchState, images: ImageSet) -> list[LayerArrays]:
    """Bring what was found (on the CPU) into the atlas's form; scales are zero yet."""
    labels = images.labels()
    return [
        layer_arrays(
            layer,
            network.input_size,
            state.nine,
            state.statistics,
            label_facts(state.statistics.image.numpy(), labels, images.label),
        )
        for layer, state in zip(network.layers, found.layers, strict=True)
    ]


def layer_arrays(
    layer: WatchedLayer,
    input_size: Size,
    best: TopK,
    statistics: ActivationStatistics,
    labels: LabelFacts,
) -> LayerArrays:
    """Bring what was found (on the CPU) into the atlas's form; scales are zero yet."""
    image = best.image.numpy()
    unit = best.unit.numpy().astype(np.int32)
    empty = image < 0
    activation = best.activation.numpy().astype(np.float32)
    box = boxes(layer.field, input_size, unit)
    activation[empty] = np.nan
    box[empty] = 0
    return LayerArrays(
        activation=activation,
        image=image,
        unit=unit,
        box=box,
        scale=np.zeros_like(activation),
        histogram=statistics.histogram.numpy(),
        label_purity=labels.purity,
        label_entropy=labels.entropy,
        label=labels.label,
    )


def layer_record(
    layer: WatchedLayer,
    input_size: Size,
    kernels: tuple[KernelSheet, ...],
    effective_field: int,
    shown: int,
    *,
    stimuli: bool,
) -> LayerRecord:
    """Describe a layer, and how its contact sheets are laid out.

    `effective_field` is 0 where none was measured; `shown` is the side of patches in pixels.
    """
    field = layer.field
    return LayerRecord(
        name=layer.name,
        title=layer.title,
        module=layer.module,
        filters=layer.filters,
        grid=layer.grid,
        receptive_field=field.size,
        field_known_by=layer.known_by,
        effective_field=effective_field or None,
        patch=shown,
        stride=field.stride if isinstance(field.stride, int) else float(field.stride),
        offset=field.offset,
        tile=crops.tile_side(shown),
        gutter=GUTTER,
        thumbnails=shown >= crops.SMALL_FROM,
        kernels=kernels,
        stimuli=stimuli_record(stage(layer, input_size).side) if stimuli else None,
    )


def image_records(images: ImageSet, rows: Iterable[int]) -> list[ImageRecord]:
    """Describe the images of these rows, in rising order of rows.

    Raises ImagesError for one that cannot be read any more.
    """
    credit = images.credits()
    records = []
    for row in sorted(rows):
        path = display_path(images.path(row))
        try:
            width, height = images.original_size(row)
        except PictureError as problem:
            raise ImagesError(
                f"{path}: was readable during the search and is not now ({problem}); "
                "put it back, or start without it, with --anew"
            ) from problem
        records.append(
            ImageRecord(
                row=row,
                path=path,
                label=images.label(row),
                caption=images.caption(row),
                width=width,
                height=height,
                licence=credit.licence if credit else "",
            )
        )
    return records


def stimuli_record(side: int) -> StimuliRecord:
    """Describe the stimuli that a layer is shown at this side in pixels."""
    return StimuliRecord(
        side=side,
        stimuli=len(gratings(side)) + len(colours(side)) + len(forms(side)),
        orientations=tuple(ORIENTATIONS.tolist()),
        frequencies=tuple(frequencies(side).tolist()),
        hues=tuple(HUES.tolist()),
        axes=AXES,
        families=FAMILIES,
    )


def stored_responses(found: LayerMeasures) -> npt.NDArray[np.float16]:
    """Return the responses [f, n] as shares of each filter's best, 0 where that is 0."""
    shares = quotient(found.responses, np.broadcast_to(found.best, found.responses.shape))
    return np.nan_to_num(shares.T).astype(np.float16)


def measure_arrays(found: LayerMeasures) -> MeasureArrays:
    """Bring what the stimuli showed into the atlas's form."""
    forms, changes = vars(found.forms), vars(found.invariances)
    return MeasureArrays(
        best=found.best,
        rest=found.rest,
        **vars(found.gratings),
        **vars(found.colours),
        **{
            name: forms[name] for name in ("polarity", "family", "family_margin", "family_response")
        },
        **{f"form_{name}": forms[name] for name in ("rotation", "size", "variant", "contrast")},
        **{f"{name}_invariance": kept for name, kept in changes.items()},
        twin=found.twins.twin,
        twin_correlation=found.twins.correlation,
    )
