"""A place on the disk where runs are made, broken and compared."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.faults.fault import Fault, Order, Outcome
from tests.faults.runs import Driver, Running

SETTINGS = """\
network = "{network}:small"
layers = ["layer1=1", "layer2=4"]
input_size = 16
batch = 4
workers = 0
studies = ["live", "control"]
device = "cpu"
stimuli = {stimuli}
"""
NETWORK = Path(__file__).with_name("network.py")


def write_settings(folder: Path) -> None:
    """Write two settings files, with stimuli and without, which take longer than all the rest."""
    for name, stimuli in (("measures", "true"), ("quick", "false")):
        (folder / f"{name}.toml").write_text(SETTINGS.format(network=NETWORK, stimuli=stimuli))


@dataclass(frozen=True)
class Place:
    """A folder with an atlas, its working folder and a site, or with none of them yet."""

    folder: Path
    pictures: Path
    driver: Driver
    settings: str = "quick"

    @property
    def atlas(self) -> Path:
        """Where the atlas lies."""
        return self.folder / "atlas"

    @property
    def work(self) -> Path:
        """Where unfinished work lies."""
        return self.folder / "atlas.work"

    @property
    def site(self) -> Path:
        """Where the site lies."""
        return self.folder / "site"

    def copy(self, folder: Path, **changes: Any) -> Place:
        """Return a place that begins as this one is now."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, **changes)

    def with_own_pictures(self) -> Place:
        """Return the same place with copies of the pictures, which a test may change."""
        own = self.folder.with_name(f"{self.folder.name}-pictures") / self.pictures.name
        shutil.copytree(self.pictures, own)
        write_settings(own.parent)
        return replace(self, pictures=own)

    def order(self, verb: str, *more: str, fault: Fault, **options: Any) -> Order:
        """Return what to ask of the driver."""
        arguments = [verb, "--config", str(self.pictures.parent / f"{self.settings}.toml")]
        arguments += ["--atlas", str(self.atlas)]
        if verb != "render":
            arguments += ["--images", str(self.pictures)]
        if verb in {"build", "render"}:
            arguments += ["--site", str(self.site)]
        folders = (str(self.folder), str(self.pictures.parent))
        return Order((*arguments, *more), folders, fault, **options)

    def start(self, verb: str, *more: str, fault: Fault, **options: Any) -> Running:
        """Start a run and come back at once."""
        return self.driver.start(self.order(verb, *more, fault=fault, **options))

    def run(self, verb: str, *more: str, fault: Fault | None = None, **options: Any) -> Outcome:
        """Run a verb to its end."""
        return self.start(verb, *more, fault=fault or Fault(), **options).outcome()

    def succeed(self, verb: str, *more: str, **options: Any) -> Outcome:
        """Run a verb that nothing disturbs."""
        outcome = self.run(verb, *more, **options)
        assert outcome.status == 0, outcome.err
        return outcome


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder; none where there is no folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def names_in(folder: Path) -> set[str]:
    """Return the names of everything directly in a folder."""
    return {path.name for path in folder.iterdir()}
