"""The study itself: the network's graph with 8-bit weights, and what they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from generator.files import write_whole
from generator.images.sets.image_set import ImageSet
from generator.network.graph.trace import NoProjection
from generator.network.scores import Scores, scores_of
from generator.network.watched import WatchedLayer, WatchedNetwork
from generator.progress import Progress
from generator.studies.live import record
from generator.studies.live.deviation import shown_with_8_bits
from generator.studies.live.eight_bit import each_op, in_float32
from generator.studies.live.export import Exported, export
from generator.studies.live.pictures import samples, shown
from generator.studies.live.sizes import is_resizable
from generator.studies.subject import Subject

MOST_DEVIATION = 0.03  # of a layer's maps, by 8-bit weights
MOST_BYTES = 48 << 20  # of weights, which a page loads


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return rests_on(subject.network, subject.images)


def rests_on(network: WatchedNetwork, images: ImageSet) -> dict[str, Any]:
    """Do as `made_from`, given the two things that the study rests on."""
    credit = shown(images)
    return {
        "network": network.name,
        "weights": network.weights_sha256,
        "what the network does": network.computation,
        "input size": list(network.input_size),
        "mean": list(network.mean),
        "std": list(network.std),
        "layers": [[each.name, each.title, each.module, each.filters] for each in network.layers],
        "rule": network.rule.name,
        "classes": hashlib.sha256(json.dumps(network.classes).encode()).hexdigest(),
        "device": network.device.type,
        "images": [images.signature(), credit] if credit else [],
    }


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return why the network has no live page."""
    return write(subject.network, subject.images, folder, progress)


def write(network: WatchedNetwork, images: ImageSet, folder: Path, progress: Progress) -> str:
    """Do as `measure`, given the two things that the study rests on."""
    try:
        found = scores_of(network)
    except NoProjection as problem:
        return f"{problem}, so no page can compute the layers"
    found = replace(found, graph=each_op(found.graph, in_float32))
    layers = len(network.layers)
    exported = export(found.graph, layers)
    if found.scores and exported.bytes > MOST_BYTES:
        found = found.without_scores(
            f"The scores need {exported.bytes / 1e6:.0f} MB of weights with those of the layers, "
            "more than a page should load."
        )
        exported = export(found.graph, layers)
    if exported.bytes > MOST_BYTES:
        return f"its layers have {exported.bytes / 1e6:.0f} MB of weights, too many for a page"
    pictures, deviations = shown_with_8_bits(
        network, found.graph, samples(network, images), progress
    )
    for layer, deviation in zip(network.layers, deviations, strict=True):
        if not deviation <= MOST_DEVIATION:  # nor is it where it is no number
            return (
                f"8-bit weights change the maps of {layer.title} by {deviation:.1%}, "
                f"and a page shows at most {MOST_DEVIATION:.0%}"
            )
    network_json = _network_record(network, found, exported, deviations)
    content = network_json.model_dump_json(by_alias=True).encode()
    write_whole(folder / record.NETWORK, content)
    write_whole(folder / record.PICTURES, record.PICTURE_LIST.dump_json(pictures))
    for part, weights in enumerate(exported.parts, start=1):
        write_whole(folder / record.weights_name(part), weights)
    return ""


def _network_record(
    network: WatchedNetwork, found: Scores, exported: Exported, deviations: Sequence[float]
) -> record.NetworkRecord:
    layers = network.layers
    below = found.graph.watched[: len(layers)]
    return record.NetworkRecord(
        network=network.name,
        input=(network.input_size.height, network.input_size.width),
        mean=network.mean,
        std=network.std,
        grey=network.channels == 1,
        rule=network.rule.name,
        classes=found.classes,
        output=exported.watched[-1] if found.scores else None,
        no_output=found.reason,
        resizable=is_resizable(found.graph, below, network.input_size),
        values=exported.values,
        nodes=exported.nodes,
        layers=tuple(
            _layer_record(layer, exported, number, deviations[number])
            for number, layer in enumerate(layers)
        ),
        parts=tuple(record.Part(bytes=len(part)) for part in exported.parts),
    )


def _layer_record(
    layer: WatchedLayer, exported: Exported, number: int, deviation: float
) -> record.Layer:
    field = layer.field
    return record.Layer(
        name=layer.name,
        title=layer.title,
        value=exported.watched[number],
        filters=layer.filters,
        field=field.size,
        stride=field.stride if isinstance(field.stride, int) else float(field.stride),
        offset=field.offset,
        part=exported.needs[number],
        deviation=deviation,
    )
