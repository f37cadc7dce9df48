"""The stimuli of a layer: every stimulus shown to every filter, and what the answers tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator.compute.run.threads import IN_TURN, side_by_side
from generator.compute.stimuli.draw import GREY, Floats, Stimuli, colours, gratings
from generator.compute.stimuli.forms import Forms, forms, scaled, shifted, turned
from generator.compute.stimuli.preferences import (
    FormFacts,
    Invariances,
    Twins,
    form_facts,
    kept,
    twins,
)
from generator.compute.stimuli.tuning import ColourFacts, GratingFacts, colour_facts, grating_facts
from generator.errors import NetworkError
from generator.network.cone.geometry import Field
from generator.network.graph.graph import IMAGE
from generator.network.watched import KEPT, WatchedLayer, WatchedNetwork
from generator.progress import Progress

BATCH = 64  # stimuli that run at a time


@dataclass(frozen=True)
class LayerMeasures:
    """All that the stimuli show of a layer's filters. f: filters."""

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

    unit: int  # in the layer's map
    side: int  # pixels of a stimulus
    start: int  # the first pixel of the input that it covers; may lie outside


def stage(layer: WatchedLayer, input_size: int) -> Stage:
    """Choose the unit nearest the grid's middle, of those whose field lies inside the input.

    Where none does it is the nearest of all, and a field larger than the input is shown stimuli of
    the input's size.
    """
    field = layer.field
    units = range(min(layer.grid))
    inside = [unit for unit in units if _inside(field, unit, input_size)]
    unit = min(inside or units, key=lambda unit: abs(2 * unit - (len(units) - 1)))
    if field.size > input_size:
        return Stage(unit, input_size, 0)
    return Stage(unit, field.size, field.interval(unit)[0])


def _inside(field: Field, unit: int, length: int) -> bool:
    start, stop = field.interval(unit)
    return start >= 0 and stop <= length


def respond(
    network: WatchedNetwork,
    layer: WatchedLayer,
    pictures: Stimuli,
    progress: Callable[[int], None] = lambda _done: None,
    batch: int = BATCH,
) -> Floats:
    """Return the activations [n, f] of a layer's filters to stimuli on their receptive field.

    The unit is that of `stage`; what the stimulus leaves of the input is mid grey. `progress` is
    told how many stimuli are done. Raises NetworkError, naming layer and stimulus, where an
    activation is not a number.
    """
    place = stage(layer, network.input_size)
    answers = np.empty((len(pictures), layer.filters), np.float32)
    cone = network.cone(layer)
    if cone is not None:
        batch = min(batch, max(1, KEPT // cone.largest))
    with _answering(network, layer, place) as answer:

        def work(indices: npt.NDArray[np.int64]) -> Floats:
            with torch.inference_mode():
                found: Floats = answer(pictures.draw(indices)).float().clamp(min=0).cpu().numpy()
            return found

        parts = list(_batches(len(pictures), batch))
        with nullcontext(IN_TURN) if cone is None else side_by_side(network.device) as threads:
            for indices, values in zip(parts, threads.map(work, parts), strict=True):
                if np.isnan(values).any():
                    stimulus = indices[np.isnan(values).any(1)][0]
                    raise NetworkError(
                        f"{layer.name} of {network.name}: stimulus {stimulus} has an activation "
                        "that is not a number; the weights are damaged"
                    )
                answers[indices] = values
                progress(int(indices[-1]) + 1)
    return answers


@contextmanager
def _answering(
    network: WatchedNetwork, layer: WatchedLayer, place: Stage
) -> Iterator[Callable[[Floats], Tensor]]:
    """Give a function from pictures [k, 3, side, side] to the activations [k, f] of one unit."""
    cone = network.cone(layer)
    if cone is None:
        with network.watching([layer]) as run:
            yield lambda pictures: run(
                _inputs(network, place, pictures, (0, 0), (network.input_size,) * 2)
            )[0][:, :, place.unit, place.unit]
        return
    unit = torch.full((1, 2), place.unit)
    (corner,) = cone.corners(unit)
    rows, columns = cone.axes[IMAGE]

    def answer(pictures: Floats) -> Tensor:
        pixels = _inputs(network, place, pictures, corner, (rows.length, columns.length))
        units = unit.expand(len(pixels), 2)
        return cone.forward(pixels, units, network.rule)[0][:, : layer.filters]

    yield answer


def _batches(count: int, size: int) -> Iterator[npt.NDArray[np.int64]]:
    for first in range(0, count, size):
        yield np.arange(first, min(first + size, count))


def _inputs(
    network: WatchedNetwork,
    place: Stage,
    pictures: Floats,
    corner: tuple[int, int],
    size: tuple[int, int],
) -> Tensor:
    """Lay pictures on grey, and cut out `size` pixels from `corner` on, as the network expects."""
    pixels = torch.full((len(pictures), 3, *size), GREY)
    (rows, shown_rows), (columns, shown_columns) = (
        _overlap(place.start - first, place.side, length)
        for first, length in zip(corner, size, strict=True)
    )
    shown = torch.from_numpy(pictures[:, :, shown_rows, shown_columns])
    pixels[:, :, rows, columns] = shown
    mean, std = (torch.tensor(part)[:, None, None] for part in (network.mean, network.std))
    parameter = next(network.model.parameters())
    return ((pixels - mean) / std).to(parameter).contiguous(memory_format=torch.channels_last)


def _overlap(start: int, side: int, length: int) -> tuple[slice, slice]:
    """Return where `side` pixels from `start` on lie in 0 … length, and which of them these are."""
    first, last = max(start, 0), min(start + side, length)
    return slice(first, last), slice(first - start, last - start)


def measure_layer(
    network: WatchedNetwork, layer: WatchedLayer, progress: Progress, *, changes: bool = True
) -> LayerMeasures:
    """Show a layer every stimulus and, with `changes`, each filter's best form in its changes.

    Progress has two stages, "stimuli" and "invariance". Without `changes` invariances are NaN.
    """
    side = stage(layer, network.input_size).side
    grating_stimuli, colour_stimuli, form_stimuli = gratings(side), colours(side), forms(side)
    total = len(grating_stimuli) + len(colour_stimuli) + len(form_stimuli)

    def show(pictures: Stimuli, before: int) -> Floats:
        return respond(
            network,
            layer,
            pictures,
            lambda done: progress("stimuli", before + done, total),
        )

    to_gratings = show(grating_stimuli, 0)
    to_colours = show(colour_stimuli, len(grating_stimuli))
    to_forms = show(form_stimuli, len(grating_stimuli) + len(colour_stimuli))
    everything = np.concatenate([to_gratings, to_colours, to_forms])
    best = everything.max(0)
    preferred = form_facts(form_stimuli, to_forms, everything)
    return LayerMeasures(
        side=side,
        answered=best > 0,
        best=best,
        rest=_rest(colour_stimuli.colour, to_colours),
        gratings=grating_facts(grating_stimuli, to_gratings),
        colours=colour_facts(colour_stimuli, to_colours, grating_stimuli, to_gratings, to_forms),
        forms=preferred,
        invariances=_invariances(network, layer, form_stimuli, preferred, progress)
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
    network: WatchedNetwork,
    layer: WatchedLayer,
    stimuli: Forms,
    preferred: FormFacts,
    progress: Progress,
) -> Invariances:
    """Show each filter its best form shifted, scaled and turned, redrawn each time.

    A form that is the best of several filters is shown once.
    """
    chosen, which = np.unique(np.maximum(preferred.best, 0), return_inverse=True)
    shown = stimuli.take(chosen)
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
