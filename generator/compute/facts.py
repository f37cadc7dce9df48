"""What stimuli and kernels show of each layer, as files of the atlas; no image is needed for it."""

from __future__ import annotations

import hashlib
import inspect
from typing import get_args

from generator import __version__
from generator.atlas.schema import SCHEMA, KernelSheet
from generator.atlas.store import AtlasWriter, MeasuresKind
from generator.compute.project import crops
from generator.compute.project.kernels import kernel_sheet
from generator.compute.records import measure_arrays, stimuli_record
from generator.compute.run.processes import Processes
from generator.compute.run.workspace import Workspace
from generator.compute.stimuli import draw, form_profiles, forms, preferences, run, tuning
from generator.compute.stimuli.run import measure_layer, stage
from generator.errors import AtlasError
from generator.network.watched import WatchedLayer, WatchedNetwork, pixel_kernels
from generator.progress import Progress

MEASURING = (form_profiles, forms, preferences, draw, run, tuning)  # a change shows them anew


def measure_layers(
    network: WatchedNetwork,
    random: WatchedNetwork,
    workspace: Workspace,
    progress: Progress,
    processes: Processes,
) -> int:
    """Find out what stimuli show of this process's share of the layers, and of their random shapes.

    Stimuli need no images, so what the workspace knows of this network stays true for any of them.
    Returns how many filters, trained or not, were shown stimuli just now.
    """
    shown = 0
    steps = processes.share(_steps(network))
    trained = sum(kind == "measures" for kind, _ in steps)
    for step, (kind, layer) in enumerate(steps):

        def report(stage: str, done: int, of: int, step: int = step) -> None:
            if stage == "stimuli":  # all layers are shown equally many stimuli
                progress(stage, step * of + done, len(steps) * of)
            else:  # of the trained layers, which come first; in hundredths of each
                progress(stage, 100 * step + 100 * done // of, 100 * trained)

        key = measures_key(network, layer, kind)
        if workspace.load_measures(key) is None:
            subject, changes = (network, True) if kind == "measures" else (random, False)
            workspace.save_measures(
                key, measure_arrays(measure_layer(subject, layer, report, changes=changes))
            )
            shown += layer.filters
    return shown


def write_measures(network: WatchedNetwork, workspace: Workspace, writer: AtlasWriter) -> None:
    """Write what the workspace knows from stimuli, whoever has shown them, and drop what is no use.

    Raises AtlasError where something is missing.
    """
    keys = []
    for kind, layer in _steps(network):
        keys.append(measures_key(network, layer, kind))
        arrays = workspace.load_measures(keys[-1])
        if arrays is None:
            raise AtlasError(
                f"{workspace.folder}: what stimuli showed of {layer.name} is not there any more; "
                "run the command again"
            )
        record = stimuli_record(stage(layer, network.input_size).side)
        writer.write_measures(layer.name, kind, record, arrays)
    workspace.keep_measures(keys)


def _steps(network: WatchedNetwork) -> list[tuple[MeasuresKind, WatchedLayer]]:
    kinds: tuple[MeasuresKind, ...] = get_args(MeasuresKind)
    return [(kind, layer) for kind in kinds for layer in network.layers]


def measures_key(network: WatchedNetwork, layer: WatchedLayer, kind: MeasuresKind) -> str:
    """Name everything that the facts of a layer rest on."""
    rests_on = (
        *(__version__, SCHEMA, network.weights_sha256, network.device.type),
        *(network.computation, network.input_size, network.mean, network.std),
        *(layer.module, layer.filters, layer.field, layer.grid),
        *(inspect.getsource(module) for module in MEASURING),
    )
    return f"{kind}-{hashlib.sha256(repr(rests_on).encode()).hexdigest()[:16]}"


def write_kernels(
    network: WatchedNetwork, random: WatchedNetwork, layer: WatchedLayer, writer: AtlasWriter
) -> tuple[KernelSheet, ...]:
    """Write the kernels of a layer that looks at pixels: random, while it learned, and now."""
    now = pixel_kernels(network, layer)
    before = pixel_kernels(random, layer)
    if now is None or before is None:
        return ()
    moments = (
        ("untrained", "random weights", before),
        *network.history,
        ("trained", "after training", now),
    )
    sheets = []
    for name, words, kernels in moments:
        picture = kernel_sheet(kernels.cpu().numpy())
        writer.write_kernels(layer.name, name, crops.webp(picture, None))
        height, width = picture.shape[:2]
        sheets.append(KernelSheet(name=name, words=words, width=width, height=height))
    return tuple(sheets)
