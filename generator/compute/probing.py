"""The probe of a layer: every stimulus shown to every filter, and what the answers tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.forms import Forms, forms, scaled, shifted, turned
from generator.compute.preferences import (
    FormFacts,
    Invariances,
    Twins,
    form_facts,
    kept,
    twins,
)
from generator.compute.probes import GREY, Floats, Stimuli, colours, gratings
from generator.compute.survey import Progress
from generator.compute.tuning import ColourFacts, GratingFacts, colour_facts, grating_facts
from generator.errors import NetworkError
from generator.network.geometry import Field
from generator.network.probed import ProbedLayer, ProbedNetwork, watching

BATCH = 64  # stimuli that run at a time


@dataclass(frozen=True)
class Probing:
    """All that the probe tells of a layer's filters. f: filters."""

    side: int  # pixels, of every stimulus
    answered: npt.NDArray[np.bool_]  # [f] whether any stimulus got an answer
    best: Floats  # [f] largest activation to any stimulus
    rest: Floats  # [f] activation to plain mid grey
    gratings: GratingFacts
    colours: ColourFacts
    forms: FormFacts
    invariances: Invariances
    twins: Twins


@dataclass(frozen=True)
class Stage:
    """Where a layer's stimuli are shown: along one axis, rows and columns alike."""

    unit: int  # in the crop's feature map
    length: int  # pixels of the crop
    side: int  # pixels of a stimulus
    start: int  # where in the crop a stimulus begins; below 0 where the input cuts it off


def stage(layer: ProbedLayer, input_size: int) -> Stage:
    """Choose the unit nearest the grid's middle, of those whose field lies inside the input.

    Where none does it is the nearest of all, and a field larger than the input is shown stimuli of
    the input's size.
    """
    field = layer.field
    units = range(layer.grid[0])
    inside = [unit for unit in units if _inside(field, unit, input_size)]
    unit = min(inside or units, key=lambda unit: abs(2 * unit - (len(units) - 1)))
    if field.size > input_size:
        return Stage(unit, input_size, input_size, 0)
    crop = field.crop(unit, input_size)
    return Stage(
        crop.unit, crop.stop - crop.start, field.size, field.interval(unit)[0] - crop.start
    )


def _inside(field: Field, unit: int, length: int) -> bool:
    start, stop = field.interval(unit)
    return start >= 0 and stop <= length


def respond(
    network: ProbedNetwork,
    layer: ProbedLayer,
    pictures: Stimuli,
    progress: Callable[[int], None] = lambda _done: None,
    batch: int = BATCH,
) -> Floats:
    """Return the activations [n, f] of a layer's filters to stimuli on their receptive field.

    The unit is that of `stage`; what the stimulus leaves of the crop is mid grey. `progress` is
    told how many stimuli are done. Raises NetworkError, naming layer and stimulus, where an
    activation is not a number.
    """
    place = stage(layer, network.input_size)
    answers = np.empty((len(pictures), layer.filters), np.float32)
    with torch.inference_mode(), watching(network.model, [layer.module]) as run:
        for indices in _batches(len(pictures), batch):
            (maps,) = run(_inputs(network, place, pictures.draw(indices)))
            values = maps[:, :, place.unit, place.unit].float().cpu().numpy()
            if np.isnan(values).any():
                stimulus = indices[np.isnan(values).any(1)][0]
                raise NetworkError(
                    f"{layer.name} of {network.name}: stimulus {stimulus} has an activation that "
                    "is not a number; the weights are damaged"
                )
            answers[indices] = values
            progress(int(indices[-1]) + 1)
    return answers


def _batches(count: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    for first in range(0, count, size):
        yield np.arange(first, min(first + size, count))


def _inputs(network: ProbedNetwork, place: Stage, pictures: Floats) -> Tensor:
    """Lay pictures [k, 3, side, side] on grey crops, as the network expects them."""
    parameter = next(network.model.parameters())
    crops = torch.full((len(pictures), 3, place.length, place.length), GREY)
    first, last = max(place.start, 0), min(place.start + place.side, place.length)
    shown = slice(first - place.start, last - place.start)
    crops[:, :, first:last, first:last] = torch.from_numpy(pictures[:, :, shown, shown])
    mean, std = (torch.tensor(part)[:, None, None] for part in (network.mean, network.std))
    normalised = (crops - mean) / std
    return normalised.to(parameter).contiguous(memory_format=torch.channels_last)


def probe_layer(
    network: ProbedNetwork, layer: ProbedLayer, progress: Progress, *, changes: bool = True
) -> Probing:
    """Show a layer every stimulus and, with `changes`, each filter's best form in its changes.

    Progress has two stages, "probe" and "invariance". Without `changes` invariances are NaN.
    """
    side = stage(layer, network.input_size).side
    grating_probe, colour_probe, form_probe = gratings(side), colours(side), forms(side)
    total = len(grating_probe) + len(colour_probe) + len(form_probe)

    def show(pictures: Stimuli, before: int) -> Floats:
        return respond(
            network,
            layer,
            pictures,
            lambda done: progress("probe", before + done, total),
        )

    to_gratings = show(grating_probe, 0)
    to_colours = show(colour_probe, len(grating_probe))
    to_forms = show(form_probe, len(grating_probe) + len(colour_probe))
    everything = np.concatenate([to_gratings, to_colours, to_forms])
    best = everything.max(0)
    preferred = form_facts(form_probe, to_forms, everything)
    return Probing(
        side=side,
        answered=best > 0,
        best=best,
        rest=_rest(colour_probe.colour, to_colours),
        gratings=grating_facts(grating_probe, to_gratings),
        colours=colour_facts(colour_probe, to_colours, grating_probe, to_gratings, to_forms),
        forms=preferred,
        invariances=_invariances(network, layer, form_probe, preferred, progress)
        if changes
        else Invariances(*np.full((3, layer.filters), np.nan, np.float32)),
        twins=twins(everything),
    )


def _rest(colour: npt.NDArray[np.float64], responses: Floats) -> Floats:
    """Pick the response to the stimulus that adds nothing to mid grey."""
    grey = int(np.flatnonzero(~colour.any(1))[0])
    rest: Floats = responses[grey]
    return rest


def _invariances(
    network: ProbedNetwork,
    layer: ProbedLayer,
    probe: Forms,
    preferred: FormFacts,
    progress: Progress,
) -> Invariances:
    """Show each filter its best form shifted, scaled and turned, redrawn each time.

    A form that is the best of several filters is shown once.
    """
    chosen, which = np.unique(np.maximum(preferred.best, 0), return_inverse=True)
    shown = probe.take(chosen)
    groups = [shifted(shown), scaled(shown), turned(shown)]
    total = len(shown) * sum(len(group) for group in groups)
    best = preferred.family_response.max(1)
    done = 0
    results = []
    for group in groups:
        answers = []
        for variation in group:
            answers.append(respond(network, layer, variation)[which, np.arange(layer.filters)])
            done += len(shown)
            progress("invariance", done, total)
        results.append(kept(np.stack(answers), best))
    return Invariances(*results)
