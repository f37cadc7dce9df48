"""Says whether what lies at a place is whole, and which of the whole ones it is."""

from __future__ import annotations

from dataclasses import dataclass

from generator.files import aside
from tests.faults.place import Place, bytes_of, names_in

STUDIES = "studies/"  # begins what is made after the rest of an atlas


@dataclass(frozen=True)
class Undisturbed:
    """What runs left that nothing disturbed, for tests to copy and to compare with."""

    empty: Place  # nothing was run here yet
    old: Place  # the atlas and the site of a few pictures
    new: Place  # those of more pictures, made in a fresh folder

    def state(self, place: Place) -> tuple[str, str]:
        """Say of atlas and site: "old" or "new" where all bytes are, "none", or "broken".

        A study may not be there yet, where the rest of the atlas is; half of one is broken.
        What has stepped aside for a new one counts as long as that is not there: `recover` puts it
        back.
        """
        return self._state(place, "atlas"), self._state(place, "site")

    def require_complete(self, place: Place) -> None:
        """Assert that the new atlas is there, and nothing that a run should have removed."""
        assert bytes_of(place.atlas) == bytes_of(self.new.atlas)
        assert names_in(place.folder) - {"site"} == {"atlas", "atlas.work"}
        assert names_in(place.work) == names_in(self.new.work)

    def _state(self, place: Place, name: str) -> str:
        found = bytes_of(place.folder / name) or bytes_of(aside(place.folder / name))
        if not found:
            return "none"
        for word, whole in (("old", self.old), ("new", self.new)):
            there = {_study(file) for file in found} | {""}
            expected = bytes_of(whole.folder / name).items()
            if found == {file: data for file, data in expected if _study(file) in there}:
                return word
        return "broken"


def _study(file: str) -> str:
    """Return the name of the study that a file of an atlas is of; "" for the rest."""
    return file.removeprefix(STUDIES).partition("/")[0] if file.startswith(STUDIES) else ""
