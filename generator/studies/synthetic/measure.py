"""The study itself: pictures in groups of filters, then what the filters answer to them."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from generator.compute.run.threads import IN_TURN, side_by_side
from generator.files import write_whole
from generator.network.watched import WatchedNetwork
from generator.progress import Progress
from generator.studies.subject import Subject
from generator.studies.synthetic import record
from generator.studies.synthetic.answers import answers, shift_of
from generator.studies.synthetic.ascent import SEED, Climb
from generator.studies.synthetic.canvas import Canvas
from generator.studies.synthetic.groups import groups_of, make
from generator.studies.synthetic.unit import InWhole, unit_of


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    network = subject.network
    return {
        "network": network.name,
        "weights": network.weights_sha256,
        "what the network does": network.computation,
        "input size": list(network.input_size),
        "mean": list(network.mean),
        "std": list(network.std),
        "layers": [[each.name, each.module, each.filters] for each in network.layers],
        "rule": network.rule.name,
        "device": network.device.type,
        "steps": subject.settings.steps,
    }


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder."""
    write(subject.network, subject.settings.steps, folder, progress)
    return ""


def write(network: WatchedNetwork, steps: int, folder: Path, progress: Progress) -> None:
    """Do as `measure`, given what the study rests on."""
    done, total = 0, sum(layer.filters for layer in network.layers)
    layers = []
    for layer in network.layers:
        way, place = unit_of(network, layer)
        canvas = Canvas.for_side(place.side, network.device)
        climb = Climb(network, layer.name, way, place, canvas, steps)
        groups, here = groups_of(layer.filters, way.most), folder / layer.name
        whole = isinstance(way, InWhole)
        with nullcontext(IN_TURN) if whole else side_by_side(network.device) as threads:
            for made in threads.map(partial(make, climb, here), groups):
                done += made
                progress("synthetic", done, total)
            found = [*threads.map(partial(answers, climb, here), range(layer.filters))]
        layers.append(
            record.Layer(
                name=layer.name,
                side=place.side,
                shift=shift_of(place.side),
                activation=tuple(activation for activation, _ in found),
                shifted=tuple(shifted for _, shifted in found),
            )
        )
    written = record.SyntheticRecord(steps=steps, seed=SEED, layers=tuple(layers))
    write_whole(folder / record.RECORD, written.model_dump_json().encode())
