"""Images and a network in, an atlas out: wires the stages, skips what is done, resumes."""

from __future__ import annotations

import difflib
import hashlib
import inspect
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from generator import __version__
from generator.atlas.schema import (
    PLACES,
    SCHEMA,
    Credit,
    ImageSetRecord,
    KernelSheet,
    LayerArrays,
    Manifest,
    SkippedFile,
)
from generator.atlas.store import Atlas, AtlasWriter, ProbeKind, is_atlas
from generator.compute import crops, form_profiles, forms, preferences, probes, probing, tuning
from generator.compute.annotate import image_records
from generator.compute.census import label_facts
from generator.compute.device import pick_device
from generator.compute.journal import Identity, Journal
from generator.compute.kernels import kernel_sheet
from generator.compute.portray import (
    ActivationDiffers,
    occupied,
    portray,
    reconstruct_places,
)
from generator.compute.probing import probe_layer, stage
from generator.compute.records import (
    layer_arrays,
    layer_record,
    network_record,
    probe_arrays,
    probe_record,
)
from generator.compute.survey import Progress, Survey, survey
from generator.config import Settings
from generator.errors import AtlasError, ConfigError, ImagesError, OutputError
from generator.images.credits import read_credits
from generator.images.folder import (
    FORMAT_NAMES,
    Listing,
    UnreadableImage,
    display_path,
    list_images,
    read_captions,
    read_image,
)
from generator.images.stream import normalise
from generator.network import zoo
from generator.network.probed import ProbedLayer, ProbedNetwork, pixel_kernels
from generator.network.untrained import untrained
from generator.replace import recover, replace_folder

Log = Callable[[str], None]

PROBING = (form_profiles, forms, preferences, probes, probing, tuning)  # a change shows them anew
FILTERS_AT_ONCE = 32  # filters whose pictures are made together


@dataclass(frozen=True)
class ComputeReport:
    """What a run did, for the command line to print."""

    images: int
    skipped: tuple[SkippedFile, ...]
    filters: dict[str, int]  # by layer
    dead: dict[str, int]  # by layer: filters that no image activates
    unchanged: bool
    searched: int = 0  # images searched by this run
    search_seconds: float = 0.0
    probed: int = 0  # filters, trained and untrained, that this run showed probes
    probe_seconds: float = 0.0
    reconstructed: int = 0  # places reconstructed by this run
    reconstruct_seconds: float = 0.0


def compute(settings: Settings, progress: Progress, log: Log) -> ComputeReport:
    """Make the atlas that the settings ask for, or find that it is there already.

    The previous atlas stays whole until the new one takes its place in one step. Raises
    GalleryError with what to mend.
    """
    if settings.images is None:
        raise ConfigError("no images: name a folder with --images DIR, or `fetch sample` first")
    device = pick_device(settings.device)
    listing = list_images(settings.images, leave_out=_ours(settings))
    credit = read_credits(listing.root)
    captions = read_captions(listing.root)
    network = zoo.load(settings.network)
    network.model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    layers = _chosen(network, settings.layers)
    recover(settings.atlas)
    _refuse_foreign(settings.atlas)
    journal = Journal(settings.atlas)
    identity = _identity(settings, network, layers, listing, device, captions, credit)
    made = journal.made(identity)
    if made is not None and settings.atlas.exists():
        whole = _whole_atlas(settings.atlas, log)
        if whole is not None and whole.identity == made:
            journal.finished()
            _hold_strict(settings, whole.manifest.images.skipped)
            return _report_of(whole)
    journal.begin(identity)
    found = survey(settings, network, layers, listing, journal, progress)
    if found.images == 0:
        raise ImagesError(
            f"{display_path(str(settings.images))}: not one of its {len(listing)} image files can "
            f"be read, the first: {found.skipped[0].path} ({found.skipped[0].reason}); "
            f"give a folder with images ({FORMAT_NAMES})"
        )
    _hold_strict(settings, found.skipped)
    started = time.monotonic()
    writer = AtlasWriter(journal.atlas_folder)
    random = untrained(network)
    probed = _probe(network, random, layers, journal, writer, progress)
    probe_seconds = time.monotonic() - started
    started = time.monotonic()
    reconstructed = _draw(network, layers, found, listing, journal, writer, progress)
    seconds = time.monotonic() - started
    won = sorted(
        {int(row) for layer in found.layers for row in layer.nine.image.flatten() if row >= 0}
    )
    writer.write_images(image_records(listing, won, captions, credit.licence if credit else ""))
    writer.finish(
        Manifest(
            network=network_record(network),
            images=ImageSetRecord(
                root_name=display_path(listing.root.resolve().name),
                count=found.images,
                fingerprint=listing.fingerprint(),
                labels=tuple(sorted(set(listing.labels()) - {""})),
                skipped=tuple(found.skipped),
                credits=credit,
            ),
            layers=tuple(
                layer_record(
                    layer, network.input_size, _draw_kernels(network, random, layer, writer)
                )
                for layer in layers
            ),
            settings={"batch": settings.batch, "generator": __version__},
            files={},
        )
    )
    atlas = Atlas.open(journal.atlas_folder)
    report = replace(
        _report_of(atlas),
        unchanged=False,
        searched=found.searched,
        search_seconds=found.seconds,
        probed=probed,
        probe_seconds=probe_seconds,
        reconstructed=reconstructed,
        reconstruct_seconds=seconds,
    )
    journal.making(identity, atlas.identity)
    replace_folder(journal.atlas_folder, settings.atlas)
    journal.finished()
    return report


def _probe(
    network: ProbedNetwork,
    random: ProbedNetwork,
    layers: tuple[ProbedLayer, ...],
    journal: Journal,
    writer: AtlasWriter,
    progress: Progress,
) -> int:
    """Write what probes tell of each layer, and of the same shapes with random weights.

    Probes need no images, so what the journal knows of this network stays true for any of them.
    Returns how many filters, trained or not, were shown probes just now.
    """
    subjects: tuple[tuple[ProbeKind, ProbedNetwork], ...] = (
        ("probes", network),
        ("untrained", random),
    )
    shown, keys = 0, []
    steps = [(kind, subject, layer) for kind, subject in subjects for layer in layers]
    for step, (kind, subject, layer) in enumerate(steps):

        def report(stage: str, done: int, of: int, step: int = step) -> None:
            if stage == "probe":  # all layers are shown equally many stimuli
                progress(stage, step * of + done, len(steps) * of)

        key = _probe_key(network, layer, kind)
        keys.append(key)
        arrays = journal.load_probes(key)
        if arrays is None:
            changes = kind == "probes"
            arrays = probe_arrays(probe_layer(subject, layer, report, changes=changes))
            journal.save_probes(key, arrays)
            shown += layer.filters
        record = probe_record(stage(layer, network.input_size).side)
        writer.write_probes(layer.name, kind, record, arrays)
    journal.keep_probes(keys)
    return shown


def _probe_key(network: ProbedNetwork, layer: ProbedLayer, kind: ProbeKind) -> str:
    """Name everything that the facts of a layer rest on."""
    rests_on = (
        *(__version__, SCHEMA, network.weights_sha256, network.device.type),
        *(network.input_size, network.mean, network.std, layer.module, layer.field),
        *(inspect.getsource(module) for module in PROBING),
    )
    return f"{kind}-{hashlib.sha256(repr(rests_on).encode()).hexdigest()[:16]}"


def _draw_kernels(
    network: ProbedNetwork, random: ProbedNetwork, layer: ProbedLayer, writer: AtlasWriter
) -> tuple[KernelSheet, ...]:
    """Write the kernels of a layer that looks at pixels: random, while it learned, and now."""
    now = pixel_kernels(network.model, layer)
    before = pixel_kernels(random.model, layer)
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


def _draw(
    network: ProbedNetwork,
    layers: tuple[ProbedLayer, ...],
    found: Survey,
    listing: Listing,
    journal: Journal,
    writer: AtlasWriter,
    progress: Progress,
) -> int:
    """Write the pictures and arrays of all layers; return how many places were drawn just now.

    Groups of filters that the journal knows to be drawn are left as they are.
    """
    labels = listing.labels()
    drawn = 0
    total = sum(layer.filters for layer in layers)
    done = 0
    for layer, state in zip(layers, found.layers, strict=True):
        agreement = label_facts(state.census.image.numpy(), labels)
        arrays = layer_arrays(layer, state.nine, state.census, agreement)
        for first in range(0, layer.filters, FILTERS_AT_ONCE):
            last = min(first + FILTERS_AT_ONCE, layer.filters)
            scales = journal.load_scales(layer.name, first)
            if scales is None:
                scales = _portray_group(network, layer, arrays, listing, first, last, writer)
                journal.save_scales(layer.name, first, scales)
                drawn += int((arrays.image[first:last] >= 0).sum())
            arrays.scale[first:last] = scales
            done += last - first
            progress("reconstruct", done, total)
        writer.write_arrays(layer.name, arrays)
    return drawn


def _hold_strict(settings: Settings, skipped: Sequence[SkippedFile]) -> None:
    """Raise ImagesError where settings allow no unreadable image and there is one."""
    if settings.strict and skipped:
        raise ImagesError(
            f"{len(skipped)} images cannot be read, and --strict allows none; the first: "
            f"{skipped[0].path} ({skipped[0].reason})"
        )


def _portray_group(
    network: ProbedNetwork,
    layer: ProbedLayer,
    arrays: LayerArrays,
    listing: Listing,
    first: int,
    last: int,
    writer: AtlasWriter,
) -> npt.NDArray[np.float32]:
    """Make and write the pictures of the filters first … last − 1; return their scales [n, 9]."""
    places = occupied(arrays, first, last)
    rows = sorted({int(row) for row in places.rows})
    with ThreadPoolExecutor() as pool:
        decoded = dict(
            zip(rows, pool.map(lambda row: _input(network, listing, row), rows), strict=True)
        )
        try:
            signals = reconstruct_places(network, layer, places, decoded.__getitem__)
        except ActivationDiffers as problem:
            raise AtlasError(
                f"{layer.name}, filter {problem.filter}, image "
                f"{display_path(listing.paths[problem.row])}: the activation is "
                f"{problem.recomputed:.6g} now, the search recorded {problem.recorded:.6g}; "
                "the image or the network changed meanwhile, run the command again"
            ) from problem
        portraits = pool.map(
            lambda number: portray(network, layer, number, places, signals, decoded.__getitem__),
            range(first, last),
        )
        scales = np.zeros((last - first, PLACES), np.float32)
        for portrait, nine in portraits:
            for kind, data in portrait.sheets.items():
                writer.write_picture(layer.name, portrait.filter, kind, data)
            scales[portrait.filter - first] = nine
    return scales


def _input(network: ProbedNetwork, listing: Listing, row: int) -> Tensor:
    """Return what the network saw of an image: [3, size, size], normalised, on the CPU."""
    try:
        pixels = read_image(listing.root / listing.paths[row], network.input_size)
    except UnreadableImage as problem:
        raise ImagesError(
            f"{display_path(listing.paths[row])}: was readable during the search and is not now "
            f"({problem}); put it back, or run the command again without it"
        ) from problem
    return normalise(torch.from_numpy(pixels)[None], network.mean, network.std)[0]


def _chosen(network: ProbedNetwork, names: tuple[str, ...]) -> tuple[ProbedLayer, ...]:
    """Return the layers of these names in the network's order, all where none is named."""
    known = {layer.name: layer for layer in network.layers}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise ConfigError(
                f"{network.name} has no layer {name!r}; did you mean {near!r}? "
                f"It has {', '.join(known)}"
            )
    return tuple(layer for layer in network.layers if not names or layer.name in names)


def _identity(
    settings: Settings,
    network: ProbedNetwork,
    layers: tuple[ProbedLayer, ...],
    listing: Listing,
    device: torch.device,
    captions: dict[str, str],
    credit: Credit | None,
) -> Identity:
    """Everything that the atlas's bytes depend on."""
    return {
        "schema": SCHEMA,
        "generator": __version__,
        "network": network.name,
        "weights": network.weights_sha256,
        "layers": [layer.module for layer in layers],
        "history": [
            [name, words, hashlib.sha256(kernels.numpy().tobytes()).hexdigest()]
            for name, words, kernels in network.history
        ],
        "images": listing.signature(),
        "captions": captions,
        "credits": credit.model_dump() if credit else None,
        "batch": settings.batch,
        "device": device.type,
    }


def _ours(settings: Settings) -> tuple[Path, ...]:
    """Return the folders that this program writes, whose pictures are nobody's input."""
    return (settings.atlas, Journal(settings.atlas).folder, settings.site)


def _refuse_foreign(atlas: Path) -> None:
    """Raise OutputError where the atlas's place holds something that is no atlas."""
    if not atlas.resolve().name:
        raise OutputError(f"{atlas}: cannot be an atlas's own folder; name another")
    if not atlas.exists():
        return
    if not atlas.is_dir():
        raise OutputError(f"{atlas}: is a file; name a folder for the atlas")
    if any(atlas.iterdir()) and not is_atlas(atlas):
        raise OutputError(f"{atlas}: is not empty and holds no atlas; name another folder")


def _whole_atlas(path: Path, log: Log) -> Atlas | None:
    """Return the atlas at this place if it is undamaged."""
    try:
        atlas = Atlas.open(path)
        atlas.verify()
    except AtlasError as problem:
        log(f"{problem}; computing it again")
        return None
    return atlas


def _report_of(atlas: Atlas) -> ComputeReport:
    """Describe an atlas that was found as it should be."""
    layers = atlas.manifest.layers
    return ComputeReport(
        images=atlas.manifest.images.count,
        skipped=atlas.manifest.images.skipped,
        filters={layer.name: layer.filters for layer in layers},
        dead={layer.name: int((atlas.arrays(layer.name).active == 0).sum()) for layer in layers},
        unchanged=True,
    )
