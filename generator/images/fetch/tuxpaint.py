"""Tux Paint's stamps: cut-out photographs of animals, plants, food, vehicles and more."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from generator.atlas.schema import Credit
from generator.errors import ImagesError

PACKAGE = "tuxpaint-stamps-default"
STAMPS = Path("usr/share/tuxpaint/stamps")  # inside the package
COPYRIGHT = Path("usr/share/doc") / PACKAGE / "copyright"

# These are no photographs, as a look at every picture of version 2022.06.04-1 showed. Hard outlines
# on a flat ground would win most places of the first layer, as drawings do in any image set.
LEFT_OUT_NAMES = {  # name of a folder, wherever it lies → reason
    "cartoon": "drawings",
    "flags": "flat drawings",
    "symbols": "letters, coins, notes, shapes",
}
LEFT_OUT = {  # folder → names in it, of folders or of files without ".png"; drawings, or as it says
    "animals/insects": "bee",
    "animals/mammals": "echidna hedgehog",
    "clothes": "button hats t_baseballcap t_glove t_jacket t_pants t_poloshirt t_scarf t_shirt "
    "t_sock t_tshirt",
    "food": "pizza",
    "household/dishes": "glass",
    "medical": "tooth",
    "military": "fireman240a",  # the same file as people/fireman240a
    "people/body_parts": "eye",
    "seasonal": "easter halloween hanukkah newyears",  # and gravestones with people's names
    "seasonal/christmas": "Santa bow candy_cane hard_candy lamp santahat star stocking tree "
    "xmas_tp_bulb",
    "space/planets": "0_sun",
    "sports": "rugby_goal_posts",  # a few thin lines
    "town/monuments": "inukshuk-outline",
    # Drawn signs; the photographed ones stay.
    "town/roadsigns": "arrow crossroads give_way_sign hospital roundabout stop stoplight_01_red "
    "stoplight_02_yellow stoplight_03_green t-junction toilets xing_ped xing_school yield",
    "vehicles": "7spoke256",
    "vehicles/emergency": "sedan_police",  # markings to lay on another stamp
}
LEFT_OUT_PATHS = {
    f"{folder}/{name}" for folder, names in LEFT_OUT.items() for name in names.split()
}


def make(
    folder: Path, work: Path, source: Path | None, report: Callable[[str], None]
) -> tuple[Credit, dict[str, str]]:
    """Fill a folder with the photographs among the stamps; return credit and captions.

    `source` is the package's file, or a folder with its content or with the stamps alone; without
    one it is downloaded with apt-get. Needs no root. Raises ImagesError.
    """
    work = work.absolute()  # programs run inside it
    version = ""
    if source is not None and source.is_dir():
        unpacked = source
    else:
        package = _download(work, report) if source is None else source.absolute()
        report(f"unpacking {package.name}")
        unpacked = work / "unpacked"
        _run(work, "dpkg-deb", "-x", str(package), str(unpacked))
        version = " " + _run(work, "dpkg-deb", "--field", str(package), "Version").strip()
    stamps = unpacked / STAMPS if (unpacked / STAMPS).is_dir() else unpacked
    captions = {}
    for picture in sorted(stamps.rglob("*.png")):
        path = picture.relative_to(stamps)
        if _is_photograph(path):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, folder / path)
            captions[path.as_posix()] = _description(picture.with_suffix(".txt"))
    if not captions:
        raise ImagesError(f"{source or PACKAGE} holds no stamps of Tux Paint")
    if (unpacked / COPYRIGHT).is_file():
        shutil.copyfile(unpacked / COPYRIGHT, folder / "COPYRIGHT")
    return _credit(version), captions


def _credit(version: str) -> Credit:
    return Credit(
        title="Tux Paint stamps (photographs)",
        authors="Bill Kendrick and the contributors to Tux Paint",
        licence="GPL-2.0-or-later",
        licence_url="https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
        source=f"Debian package {PACKAGE}{version}, from https://tuxpaint.org/",
        how_to_credit=(
            "Stamps of Tux Paint, copyright 2002–2022 Bill Kendrick and contributors, GPL 2 or "
            "later; shown cropped and scaled."
        ),
    )


def _is_photograph(path: Path) -> bool:
    """Say whether a stamp, given from the root of the stamps, is one of the photographs."""
    here = [path.with_suffix(""), *path.parents]
    return not (
        path.stem.endswith("_mirror")
        or any(part in LEFT_OUT_NAMES for part in path.parts)
        or any(step.as_posix() in LEFT_OUT_PATHS for step in here)
    )


def _description(text: Path) -> str:
    """Return the first line, which is English, without its full stop; "" where there is none.

    The lines below it are translations, each with the name of its language.
    """
    if not text.is_file():
        return ""
    first, _, _ = text.read_text("utf-8", errors="replace").partition("\n")
    return first.strip().removesuffix(".")


def _download(work: Path, report: Callable[[str], None]) -> Path:
    """Download the package; apt's lists and cache go into `work` too. Raises ImagesError."""
    report(f"downloading {PACKAGE} (161 MB) with apt-get")
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    options = {
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": "root",  # as whoever we are, into a folder of ours
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 15,  # seconds without an answer
        "Acquire::https::Timeout": 15,
    }
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    _run(work, *apt, "update")
    _run(work, *apt, "download", PACKAGE)
    found = sorted(work.glob(f"{PACKAGE}_*.deb"))
    if not found:
        raise ImagesError(f"apt-get left no file of {PACKAGE}; download it and give it with --from")
    return found[0]


def _run(work: Path, program: str, *arguments: str) -> str:
    """Run a program of Debian in a folder and return what it prints. Raises ImagesError."""
    if shutil.which(program) is None:
        raise ImagesError(
            f"the tuxpaint images need {program}, which Debian and Ubuntu have: "
            "unpack the package elsewhere and give its folder with --from"
        )
    done = subprocess.run(
        [program, *arguments],
        cwd=work,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        reason = said[-1].strip() if said else f"it ended with status {done.returncode}"
        raise ImagesError(f"{program} failed: {reason}")
    return done.stdout
