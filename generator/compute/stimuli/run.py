"""The stimuli of a layer: every stimulus shown to every filter, and what the responses say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from generator.compute.run.threads import IN_TURN, side_by_side
from generator.compute.stimuli.draw import GREY, Floats, Integers, Stimuli, colours, gratings
from generator.compute.stimuli.forms import Forms, forms, joined, scaled, shifted, turned
from generator.compute.stimuli.lines import DIRECTIONS, MIDDLE, line
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
from generator.names import Size
from generator.network.cone.cone import Cone
from generator.network.cone.geometry import Field
from generator.network.graph.graph import IMAGE
from generator.network.watched import KEPT, WatchedLayer, WatchedNetwork
from generator.network.zoo.loaded import a_weight
from generator.progress import Progress

BATCH = 64  # stimuli that run at a time


@dataclass(frozen=True)
class LayerMeasures:
    """All that the stimuli show of a layer's filters. f: filters."""

    side: int  # pixels, of every stimulus
    best: Floats  # [f] largest activation to any stimulus; 0 where a filter responds to none
    rest: Floats  # [f] activation to plain mid grey
    gratings: GratingFacts
    colours: ColourFacts
    forms: FormFacts
    invariances: Invariances
    twins: Twins
    responses: Floats  # [n, f] activation to every stimulus: gratings, colours, forms


@dataclass(frozen=True)
class Stage:
    """Where a layer's stimuli are shown."""

    unit: tuple[int, int]  # row, column in the layer's map
    side: int  # pixels of a stimulus
    start: tuple[int, int]  # the first row and column that it covers; may lie outside the input
    inside: bool  # whether the unit sees nothing but the stimulus


def stage(layer: WatchedLayer, input_size: Size) -> Stage:
    """Choose the unit nearest the grid's middle, of those whose field lies inside the input.

    Where none does it is the nearest of all. A field larger than the input's shorter side is shown
    stimuli of that side, as near the field's middle as lies inside.
    """
    field, side = layer.field, min(layer.field.size, *input_size)
    axes = [_on_axis(field, *axis, side) for axis in zip(layer.grid, input_size, strict=True)]
    (row, top, above), (column, left, beside) = axes
    return Stage((row, column), side, (top, left), inside=above and beside)


def _on_axis(field: Field, units: int, length: int, side: int) -> tuple[int, int, bool]:
    """Return along one axis of the input the unit, the start, and whether its field lies inside."""
    fitting = [
        unit
        for unit, (start, stop) in enumerate(map(field.interval, range(units)))
        if start >= 0 and stop <= length
    ]
    unit = min(fitting or range(units), key=lambda unit: abs(2 * unit - (units - 1)))
    start, _ = field.interval(unit)
    if side < field.size:
        start = min(max(start + (field.size - side) // 2, 0), length - side)
    return unit, start, bool(fitting)


def respond(
    network: WatchedNetwork,
    layer: WatchedLayer,
    stimuli: Stimuli,
    progress: Callable[[int], None] = lambda _done: None,
    batch: int = BATCH,
) -> Floats:
    """Return the activations [n, f] of a layer's filters to stimuli on their receptive field.

    The unit is that of `stage`; what the stimulus leaves of the input is mid grey. `progress`
    gets how many stimuli are done. Raises NetworkError, naming layer and stimulus, where an
    activation is not a number.
    """
    responses = np.empty((len(stimuli), layer.filters), np.float32)

    def work(part: tuple[Unit, Integers]) -> Floats:
        unit, indices = part
        with torch.inference_mode():
            found = unit.respond(unit.read(torch.from_numpy(stimuli.draw(indices))))
            values: Floats = found[:, : layer.filters].float().clamp(min=0).cpu().numpy()
        return values

    with _units(network, layer) as units:
        parts = []
        left = np.ones(len(stimuli), np.bool_)
        for unit in units:
            chosen = left if unit.stripes is None else left & (stimuli.stripes == unit.stripes)
            left = left & ~chosen
            indices, size = np.flatnonzero(chosen), min(batch, unit.most)
            parts += [(unit, indices[at : at + size]) for at in range(0, len(indices), size)]
        alone = network.cone(layer) is None
        with nullcontext(IN_TURN) if alone else side_by_side(network.device) as threads:
            done = 0
            for (_, indices), values in zip(parts, threads.map(work, parts), strict=True):
                if np.isnan(values).any():
                    stimulus = indices[np.isnan(values).any(1)][0]
                    raise NetworkError(
                        f"{layer.name} of {network.name}: stimulus {stimulus} has an activation "
                        "that is not a number; the weights are damaged"
                    )
                responses[indices] = values
                done += len(indices)
                progress(done)
    return responses


@dataclass(frozen=True)
class Unit:
    """One way to run the unit that is shown stimuli, and the stimuli that it is for."""

    stripes: float | None  # degrees, see `Stimuli.stripes`; None: for all
    most: int  # stimuli at a time
    read: Callable[[Tensor], Tensor]  # pictures [k, 3, side, side] → the pixels that it needs
    respond: Callable[[Tensor], Tensor]  # those pixels → activations [k, f]


@contextmanager
def _units(network: WatchedNetwork, layer: WatchedLayer) -> Iterator[list[Unit]]:
    """Give the ways to run the unit of `stage`, the quickest first."""
    place = stage(layer, network.input_size)
    mean, std = (torch.tensor(part)[:, None, None] for part in (network.mean, network.std))
    parameter = a_weight(network.model)

    def normalised(pixels: Tensor) -> Tensor:
        ready = ((pixels - mean) / std).to(parameter)
        return ready.contiguous(memory_format=torch.channels_last)

    def in_cone(cone: Cone, unit: tuple[int, int], pixels: Tensor) -> Tensor:
        units = torch.tensor([unit]).expand(len(pixels), 2)
        return cone.forward(normalised(pixels), units, network.rule)[0]

    def most(cone: Cone) -> int:
        return max(1, KEPT // cone.largest)

    cone = network.cone(layer)
    if cone is None:
        row, column = place.unit
        with network.watching([layer]) as run:
            yield [
                Unit(
                    *(None, BATCH, partial(_laid, place, (0, 0), network.input_size)),
                    lambda pixels: run(normalised(pixels))[0][:, :, row, column],
                )
            ]
        return
    where = (place.unit, place.side, place.start)
    degrees = DIRECTIONS if place.inside else ()
    lines = [line(network, layer, direction, *where) for direction in degrees]
    (corner,) = cone.corners(torch.tensor([place.unit]))
    rows, columns = cone.axes[IMAGE]
    yield [
        *(
            Unit(
                *(each.degrees, most(each.cone), each.read),
                partial(in_cone, each.cone, (0, MIDDLE)),
            )
            for each in lines
            if each is not None
        ),
        Unit(
            *(None, most(cone), partial(_laid, place, corner, (rows.length, columns.length))),
            partial(in_cone, cone, place.unit),
        ),
    ]


def _laid(place: Stage, corner: tuple[int, int], size: tuple[int, int], pictures: Tensor) -> Tensor:
    """Lay pictures on grey, and cut out `size` pixels of the input from `corner` on."""
    pixels = torch.full((len(pictures), 3, *size), GREY)
    (rows, shown_rows), (columns, shown_columns) = (
        _overlap(start - first, place.side, length)
        for start, first, length in zip(place.start, corner, size, strict=True)
    )
    pixels[:, :, rows, columns] = pictures[:, :, shown_rows, shown_columns]
    return pixels


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
    shown = gratings(side), colours(side), forms(side)
    total = sum(len(stimuli) for stimuli in shown)

    def show(stimuli: Stimuli, before: int) -> Floats:
        return respond(
            network, layer, stimuli, lambda done: progress("stimuli", before + done, total)
        )

    to_gratings = show(shown[0], 0)
    to_colours = show(shown[1], len(shown[0]))
    to_forms = show(shown[2], total - len(shown[2]))
    everything = np.concatenate([to_gratings, to_colours, to_forms])
    (grey, *_) = np.flatnonzero(~shown[1].colour.any(1))  # adds nothing to mid grey
    preferred = form_facts(shown[2], to_forms, everything)
    return LayerMeasures(
        side=side,
        best=everything.max(0),
        rest=to_colours[grey],
        gratings=grating_facts(shown[0], to_gratings),
        colours=colour_facts(shown[1], to_colours, shown[0], to_gratings, to_forms),
        forms=preferred,
        invariances=_invariances(network, layer, shown[2], to_forms, preferred, progress)
        if changes
        else Invariances(*np.full((3, layer.filters), np.nan, np.float32)),
        twins=twins(everything),
        responses=everything,
    )


def _invariances(
    network: WatchedNetwork,
    layer: WatchedLayer,
    stimuli: Forms,
    to_forms: Floats,
    preferred: FormFacts,
    progress: Progress,
) -> Invariances:
    """Show each filter its best form shifted, scaled and turned, redrawn each time.

    A picture that several filters need, or that was a stimulus already, is shown once.
    """
    chosen, which = np.unique(np.maximum(preferred.best, 0), return_inverse=True)
    best_forms = stimuli.take(chosen)
    groups = [shifted(best_forms), scaled(best_forms), turned(best_forms)]
    changed = [variation for group in groups for variation in group]
    bank = joined([stimuli, *changed])
    _, first, alike = np.unique(bank.identities(), axis=0, return_index=True, return_inverse=True)
    new = np.sort(first[first >= len(stimuli)])
    responses = np.empty((len(bank), layer.filters), np.float32)
    responses[: len(stimuli)] = to_forms
    responses[new] = respond(
        network, layer, bank.take(new), lambda done: progress("invariance", done, len(new))
    )
    to_changed = responses[first[alike]][len(stimuli) :].reshape(len(changed), len(chosen), -1)
    found = to_changed[:, which, np.arange(layer.filters)]  # variation, filter
    ends = np.cumsum([len(group) for group in groups])[:-1]
    best = preferred.family_response.max(1)
    return Invariances(*(kept(group, best) for group in np.split(found, ends)))
