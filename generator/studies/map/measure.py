"""The study itself: codes of images, their neighbours, and a map on which like images meet.

The code of an image is the mean of each of a layer's maps. Sources: van der Maaten and Hinton,
Visualizing Data using t-SNE, JMLR 9, 2008; Karpathy, t-SNE visualization of CNN codes, 2014.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from generator.atlas.schema import RANDOM_WEIGHTS
from generator.files import read_arrays, write_arrays, write_whole, writing
from generator.images.sets.chosen import evenly_chosen
from generator.images.stream import stream
from generator.progress import Progress
from generator.studies.map import record
from generator.studies.map.codes import PEAKS, PICTURES, PIXELS, Arrays, code_name, looking
from generator.studies.map.neighbours import (
    Floats,
    by_chance,
    kept,
    nearest,
    neighbours_of,
    same_label,
)
from generator.studies.map.record import (
    FEWEST,
    RECORD,
    Grid,
    Labels,
    Map,
    Place,
    Same,
    Shades,
    Strong,
)
from generator.studies.map.tiles import encoded
from generator.studies.subject import Subject

MOST_IMAGES = 2_000
AT_ONCE = 32  # images between two savings
STRONG = 3  # filters that are named of an image
SHADED = 16  # filters that the map can be coloured by
TRAINED, UNTRAINED = "trained", "untrained"
ROWS = "rows"
WORK = "work"  # folder of what is gone when all is done
FEW = "{images} images can be read, and a map takes at least {fewest}"
ALIKE = (
    "by the means of the last layer only {different} of {images} images differ, and a map takes at "
    "least {fewest} that do"
)
NO_NUMBERS = "of some image the network’s values are no numbers"
NOTHING = (
    "no licence of the images is known, so that no map may show them, and there are no two labels "
    "to compare neighbours by; name their licence in CREDITS.toml"
)


def made_from(subject: Subject) -> dict[str, Any]:
    """Return all that the study's files depend on, as JSON has it."""
    return {"core": subject.core, "random": subject.random.source, "licensed": subject.licensed}


def measure(subject: Subject, folder: Path, progress: Progress) -> str:
    """Write the study's files into a folder; else return in a line why there are none."""
    arrays = _arrays(subject, folder / WORK, progress)
    layers, images = subject.network.layers, len(arrays.get(ROWS, ()))
    if images < FEWEST:
        return FEW.format(images=images, fewest=FEWEST)
    codes = arrays[code_name(TRAINED, layers[-1].name)].astype(np.float64)
    different = len(np.unique(codes, axis=0))
    if not all(np.isfinite(each).all() for name, each in arrays.items() if name != PICTURES):
        return NO_NUMBERS
    if different < FEWEST:
        return ALIKE.format(different=different, images=images, fewest=FEWEST)
    labels, grid = _labels(subject, arrays, progress), None
    if not (subject.licensed or labels):
        return NOTHING
    if subject.licensed:
        cells, grid = _grid(subject, arrays, codes, progress)
        for names, content in encoded(grid, arrays[PICTURES][np.argsort(cells)]):
            write_whole(record.picture(folder, *names), content)
    found = Map(
        layers=tuple((layer.name, layer.filters) for layer in layers),
        images=images,
        all_images=len(subject.images) <= MOST_IMAGES,
        labels=labels,
        grid=grid,
    )
    write_whole(folder / RECORD, found.model_dump_json().encode())
    with writing(folder / WORK):
        shutil.rmtree(folder / WORK)
    return ""


def _arrays(subject: Subject, work: Path, progress: Progress) -> Arrays:
    """Return what is kept of all images that can be read; it goes on where `work` ends."""
    images, settings = evenly_chosen(subject.images, MOST_IMAGES), subject.settings
    networks = {TRAINED: subject.network}
    if not subject.network.source.startswith(RANDOM_WEIGHTS):
        networks[UNTRAINED] = subject.random
    batches = range(-(-len(images) // AT_ONCE))
    files = [work / f"{number}.safetensors" for number in batches]
    todo = [number for number in batches if read_arrays(files[number]) is None]
    size = subject.network.input_size
    with looking(networks) as look:
        for number, batch in zip(
            todo, stream(images, size, AT_ONCE, settings.workers, todo), strict=True
        ):
            slots = torch.nonzero(batch.valid)[:, 0]
            rows = [images.row_in_whole(row) for row in batch.rows[slots].tolist()]
            found = look(batch.pixels[slots]) if rows else {}
            write_arrays(files[number], {ROWS: np.array(rows, np.int64), **found})
            progress("map: images", number + 1, len(batches))
    whole = (read_arrays(file) for file in files)
    parts = [found[0] for found in whole if found and len(found[0][ROWS])]
    names = parts[0] if parts else ()
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _labels(subject: Subject, arrays: Arrays, progress: Progress) -> Labels | None:
    """Return what labels of neighbours say; None where there are no two labels to tell apart."""
    labels = [subject.images.label(row) for row in arrays[ROWS].tolist()]
    some = [at for at, label in enumerate(labels) if label]
    known = [labels[at] for at in some]
    if len(set(known)) < 2 or len(some) < FEWEST:
        return None
    layers = [layer.name for layer in subject.network.layers]
    number, done = neighbours_of(len(some)), 0
    same = list[Same]()

    def share(name: str) -> float | None:
        nonlocal done
        done += 1
        progress("map: neighbours", done, 2 * len(layers) + 1)
        codes = arrays[name][some].astype(np.float64) if name in arrays else np.zeros((1, 1))
        if len(np.unique(codes, axis=0)) < FEWEST:
            return None
        return round(same_label(nearest(codes, number), known), 6)

    same.append(Same(layer="", share=share(PIXELS), untrained=None))
    for layer in layers:
        both = (share(code_name(network, layer)) for network in (TRAINED, UNTRAINED))
        same.append(Same(layer=layer, **dict(zip(("share", "untrained"), both, strict=True))))
    return Labels(
        images=len(some),
        labels=len(set(known)),
        neighbours=number,
        same=tuple(same),
        chance=round(by_chance(known), 6),
    )


def _grid(
    subject: Subject, arrays: Arrays, codes: Floats, progress: Progress
) -> tuple[npt.NDArray[np.int64], Grid]:
    """Return the cell [n] of each image, and the map."""
    # Loading it takes three seconds, which no other run need wait.
    from generator.studies.map import layout  # noqa: PLC0415

    progress("map: layout", 0, 2)
    places = layout.plane(codes)
    progress("map: layout", 1, 2)
    cells = layout.cells(places)
    progress("map: layout", 2, 2)
    number = neighbours_of(len(codes))
    near = nearest(codes, number)
    rows, columns = layout.grid_of(len(codes))
    on_grid = np.stack(np.divmod(cells, columns), 1).astype(np.float64)
    strong = _strong(subject, arrays)
    order = np.argsort(cells).tolist()
    images, found = subject.images, arrays[ROWS].tolist()
    return cells, Grid(
        rows=rows,
        columns=columns,
        perplexity=layout.perplexity_of(len(codes)),
        places=tuple(
            Place(
                row=found[at],
                cell=int(cells[at]),
                label=images.label(found[at]),
                caption=images.caption(found[at]),
                strong=strong[at],
            )
            for at in order
        ),
        filters=tuple(_shades(codes[order], strong)),
        neighbours=number,
        kept_plane=round(kept(near, nearest(places, number)), 6),
        kept_grid=round(kept(near, nearest(on_grid, number)), 6),
    )


def _strong(subject: Subject, arrays: Arrays) -> list[tuple[Strong, ...]]:
    """Return of each image the filters of the last layer that it activates most, in their terms."""
    best = subject.arrays(subject.network.layers[-1].name).activation[:, 0]
    with np.errstate(invalid="ignore"):
        parts = np.nan_to_num(arrays[PEAKS] / best).clip(0, 1)  # dead filters have no best
    order = np.argsort(-parts, axis=1, kind="stable")[:, :STRONG]
    return [
        tuple(
            Strong(filter=number, part=round(float(own[number]), 4))
            for number in some.tolist()
            if own[number] > 0
        )
        for own, some in zip(parts, order, strict=True)
    ]


def _shades(codes: Floats, strong: Sequence[tuple[Strong, ...]]) -> Iterator[Shades]:
    """Yield the filters that are named most often, with the codes [n, f] of them."""
    named = Counter(each.filter for some in strong for each in some)
    for number, _ in sorted(named.items(), key=lambda item: (-item[1], item[0]))[:SHADED]:
        means, most = codes[:, number], float(codes[:, number].max())
        if most > 0:
            levels = np.rint(255 * means.clip(0) / most).astype(int)
            yield Shades(filter=number, strongest=round(most, 6), levels=tuple(levels.tolist()))
