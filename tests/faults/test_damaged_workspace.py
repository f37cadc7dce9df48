"""Files of unfinished work that a power failure or a bad disk has damaged."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from tests.faults.fault import Fault
from tests.faults.place import Place
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
Damage = Callable[[Path], None]


def emptied(path: Path) -> None:
    """Leave the name only."""
    path.write_bytes(b"")


def cut(path: Path) -> None:
    """Leave the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    """Turn over one bit near the end, where the values are."""
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(data)


def zeroed(path: Path) -> None:
    """Keep the size, lose the content, as file systems do when the power fails."""
    path.write_bytes(bytes(path.stat().st_size))


def renamed_inside(path: Path) -> None:
    """Give every value another name; a file without names gets foreign text."""
    if path.suffix == ".safetensors":
        save_file({f"other.{name}": array for name, array in load_file(path).items()}, path)
    else:
        path.write_text("[1, 2]")


DAMAGES = (emptied, cut, flipped, zeroed, renamed_inside)


def stopped(place: Place) -> Place:
    """Kill a run when the pictures of all filters but the last are made; return its place."""
    fault = Fault("kill", r"^write atlas\.work/atlas/pictures/layer2/1")
    assert place.run("compute", fault=fault).status == -signal.SIGKILL
    return place


def files_of(folder: Path) -> list[Path]:
    """Return all files of unfinished work."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.__name__ for damage in DAMAGES])
def test_what_is_damaged_counts_as_not_there(
    replacing: Make, undisturbed: Undisturbed, tmp_path: Path, damage: Damage
) -> None:
    """Each file of unfinished work alone, then all of them: the end is the undisturbed one."""
    place = stopped(replacing())
    names = [path.relative_to(place.work) for path in files_of(place.work)]
    for number, damaged in enumerate([*([name] for name in names), names]):
        copy = place.copy(tmp_path / f"damaged-{number}")
        for name in damaged:
            damage(copy.work / name)
        copy.succeed("compute")
        undisturbed.require_complete(copy)


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.__name__ for damage in DAMAGES])
def test_damaged_measures_are_found_anew(
    measures: Undisturbed, tmp_path: Path, damage: Damage
) -> None:
    """They outlive the run that made them, so they are looked at as closely."""
    place = measures.new.copy(tmp_path / "damaged")
    shutil.rmtree(place.atlas)
    for path in files_of(place.work):
        damage(path)
    place.succeed("compute")
    measures.require_complete(place)
