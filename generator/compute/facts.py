"""What probes and kernels tell of each layer, as files of the atlas; no image is needed for it."""

from __future__ import annotations

import hashlib
import inspect
from typing import get_args

from generator import __version__
from generator.atlas.schema import SCHEMA, KernelSheet
from generator.atlas.store import AtlasWriter, ProbeKind
from generator.compute.project import crops
from generator.compute.project.kernels import kernel_sheet
from generator.compute.records import probe_arrays, probe_record
from generator.compute.run.processes import Processes
from generator.compute.run.workspace import Workspace
from generator.compute.stimuli import form_profiles, forms, preferences, tuning
from generator.compute.stimuli import gratings as probes
from generator.compute.stimuli import run as probing
from generator.compute.stimuli.run import probe_layer, stage
from generator.errors import AtlasError
from generator.network.watched import WatchedLayer, WatchedNetwork, pixel_kernels
from generator.progress import Progress

PROBING = (form_profiles, forms, preferences, probes, probing, tuning)  # a change shows them anew


def show_probes(
    network: WatchedNetwork,
    random: WatchedNetwork,
    workspace: Workspace,
    progress: Progress,
    processes: Processes,
) -> int:
    """Find out what probes tell of this process's share of the layers, and of their random shapes.

    Probes need no images, so what the workspace knows of this network stays true for any of them.
    Returns how many filters, trained or not, were shown probes just now.
    """
    shown = 0
    steps = processes.share(_steps(network))
    trained = sum(kind == "probes" for kind, _ in steps)
    for step, (kind, layer) in enumerate(steps):

        def report(stage: str, done: int, of: int, step: int = step) -> None:
            if stage == "probe":  # all layers are shown equally many stimuli
                progress(stage, step * of + done, len(steps) * of)
            else:  # of the trained layers, which come first; in hundredths of each
                progress(stage, 100 * step + 100 * done // of, 100 * trained)

        key = probe_key(network, layer, kind)
        if workspace.load_probes(key) is None:
            subject, changes = (network, True) if kind == "probes" else (random, False)
            workspace.save_probes(
                key, probe_arrays(probe_layer(subject, layer, report, changes=changes))
            )
            shown += layer.filters
    return shown


def write_probes(network: WatchedNetwork, workspace: Workspace, writer: AtlasWriter) -> None:
    """Write what the workspace knows from probes, whoever has shown them, and drop what is no use.

    Raises AtlasError where something is missing.
    """
    keys = []
    for kind, layer in _steps(network):
        keys.append(probe_key(network, layer, kind))
        arrays = workspace.load_probes(keys[-1])
        if arrays is None:
            raise AtlasError(
                f"{workspace.folder}: what probes told of {layer.name} is not there any more; "
                "run the command again"
            )
        record = probe_record(stage(layer, network.input_size).side)
        writer.write_probes(layer.name, kind, record, arrays)
    workspace.keep_probes(keys)


def _steps(network: WatchedNetwork) -> list[tuple[ProbeKind, WatchedLayer]]:
    kinds: tuple[ProbeKind, ...] = get_args(ProbeKind)
    return [(kind, layer) for kind in kinds for layer in network.layers]


def probe_key(network: WatchedNetwork, layer: WatchedLayer, kind: ProbeKind) -> str:
    """Name everything that the facts of a layer rest on."""
    rests_on = (
        *(__version__, SCHEMA, network.weights_sha256, network.device.type),
        *(network.computation, network.input_size, network.mean, network.std),
        *(layer.module, layer.filters, layer.field, layer.grid),
        *(inspect.getsource(module) for module in PROBING),
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
