"""Ready-made image sets, each brought into a plain folder with its credits, whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.files import write_whole
from generator.images.fetch import caltech101, patterns, tuxpaint
from generator.images.root_files import CAPTIONS, CREDITS, write_credits
from generator.images.sets.folder import list_images
from generator.names import nearest

Report = Callable[[str], None]  # takes one line for people
Make = Callable[[Path, Path, Path | None, Report], tuple[Credit, dict[str, str]]]

# The best first: photographs with labels, cut-out photographs, drawings.
SETS: dict[str, Make] = {
    "caltech101": caltech101.make,
    "tuxpaint": tuxpaint.make,
    "patterns": patterns.make,
}
SAMPLE = "sample"  # the first of them that can be had
CHOSEN = ".sample"  # the name of the set that it was, in the data folder


def fetch(name: str, data: Path, *, source: Path | None = None, report: Report) -> Path:
    """Bring an image set into `data/NAME/` and return that folder.

    `source` is an archive or folder to take the set from, in place of a download. A set that is
    there already is left as it is. The folder appears only when it is complete. Remains of an
    earlier, interrupted run are cleared away first, so fetch one set once at a time.

    "sample" brings the best set that can be had, under that set's own name, and remembers which.
    The next time it takes the best set that is there. Raises ImagesError.
    """
    known = (*SETS, SAMPLE)
    if name not in known:
        raise ImagesError(
            f"no image set {name!r}; did you mean {nearest(name, known)!r}? "
            f"There are {', '.join(known)}"
        )
    if name != SAMPLE:
        return _fetch_one(name, data, source, report)
    if source is not None:
        raise ImagesError("a sample has no source of its own: name the set that --from holds")
    return _fetch_sample(data, report)


def _fetch_sample(data: Path, report: Report) -> Path:
    here = [name for name in SETS if (data / name).is_dir()]
    chosen = data / CHOSEN
    if chosen.is_file() and chosen.read_text("utf-8", errors="replace") in here:
        return _fetch_one(here[0], data, None, report)
    for name, following in pairwise(SETS):
        try:
            folder = _fetch_one(name, data, None, report)
        except ImagesError as problem:
            report(f"{name} cannot be had: {problem}")
            report(f"trying {following} instead")
        else:
            break
    else:
        folder = _fetch_one([*SETS][-1], data, None, report)
    write_whole(chosen, folder.name.encode())
    return folder


def _fetch_one(name: str, data: Path, source: Path | None, report: Report) -> Path:
    final = data / name
    if final.is_dir():
        unused = f"; {source} is not used" if source else ""
        uncredited = "" if (final / CREDITS).is_file() else f", without {CREDITS}"
        report(f"{final} is there already{uncredited}{unused}")
        return final
    if source is not None and not source.exists():
        raise ImagesError(f"no archive or folder {source} to take {name} from")
    try:
        _make(name, final, source, report)
    except OSError as problem:
        place = f"{problem.filename}: " if problem.filename else ""
        raise ImagesError(
            f"{final} cannot be made: {place}{problem.strerror or problem}"
        ) from problem
    return final


def _make(name: str, final: Path, source: Path | None, report: Report) -> None:
    """Make a set beside its place, then move it there in one step."""
    data = final.parent
    data.mkdir(parents=True, exist_ok=True)
    prefix = f".{name}-"
    for stale in data.glob(f"{prefix}*"):
        shutil.rmtree(stale)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=data) as temporary:
        folder, work = Path(temporary, name), Path(temporary, "work")
        folder.mkdir()
        work.mkdir()
        credit, captions = SETS[name](folder, work, source, report)
        if captions:
            text = json.dumps(captions, ensure_ascii=False, indent=1, sort_keys=True)
            (folder / CAPTIONS).write_text(text + "\n", "utf-8", newline="\n")
        write_credits(folder, credit)
        count = len(list_images(folder))
        folder.rename(final)
    report(f"{final}: {count:,} images, {credit.licence}")
