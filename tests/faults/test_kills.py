"""Kill -9 at every moment at which a run changes something on the disk, and once more after it."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.faults.conftest import DRIVERS
from tests.faults.fault import WRITES, Fault, chosen
from tests.faults.place import Place, bytes_of
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
# What a run into an empty place does and a run that replaces something does not.
FIRST = r"^mkdir|^lock|^rename atlas\.work/atlas$|made|^(?!read).*studies"
STIMULI = r"^(?!read).*(measures|untrained)"


def kill_everywhere(
    make: Make, undisturbed: Undisturbed, verb: str, at: str = WRITES
) -> set[tuple[str, str]]:
    """Kill a run at each of its moments, the next one at another, and let the third one end.

    Returns the states of atlas and site that were met after the kills.
    """
    moments = make().succeed(verb, fault=Fault(at=at)).moments

    def kill(nth: int) -> set[tuple[str, str]]:
        place = make()
        killed = place.run(verb, fault=Fault("kill", at, nth))
        assert killed.status == -signal.SIGKILL
        met = {undisturbed.state(place)}
        again = place.run(verb, fault=Fault("kill", at, 1 + 7 * nth % len(moments)))
        assert again.status in {-signal.SIGKILL, 0}, again.err
        met.add(undisturbed.state(place))
        place.succeed(verb)
        undisturbed.require_complete(place)
        shutil.rmtree(place.folder)
        return met

    with ThreadPoolExecutor(DRIVERS) as pool:
        return set().union(*pool.map(kill, chosen(moments)))


def test_no_file_is_written_unseen(replacing: Make, undisturbed: Undisturbed) -> None:
    """The moments hold every file of atlas and site, the workspace, both swaps: kills reach all."""
    moments = replacing().succeed("build", fault=Fault()).moments
    for folder, kind in ((undisturbed.new.atlas, "atlas"), (undisturbed.new.site, "site")):
        for name in bytes_of(folder):
            pattern = re.compile(rf"^write \S*{kind}\S*/{re.escape(name)}(\.partial)?$")
            assert any(pattern.search(moment) for moment in moments), name
    for part in ("search", "fields", "scales", "identity", "made"):
        pattern = re.compile(rf"^write atlas\.work/\S*{part}")
        assert any(pattern.search(moment) for moment in moments), part
    moves = [moment for moment in moments if re.match(r"rename (?!.*\.partial$)", moment)]
    atlas = ["rename atlas", "rename atlas.work/atlas"]  # aside, and in its place
    study = "rename atlas.work/studies/control"  # which rests on the pictures
    assert moves == [*atlas, study, "rename site", "rename .site.filter-gallery-new"]


def test_every_moment_of_a_computation(replacing: Make, undisturbed: Undisturbed) -> None:
    """The old atlas stays whole until the new one is."""
    met = kill_everywhere(replacing, undisturbed, "compute")
    assert met == {("old", "old"), ("new", "old")}


def test_moments_of_a_first_computation(fresh: Make, undisturbed: Undisturbed) -> None:
    """Where nothing was, there is nothing until the atlas is whole."""
    met = kill_everywhere(fresh, undisturbed, "compute", FIRST)
    assert met == {("none", "none"), ("new", "none")}


def test_moments_of_showing_stimuli(fresh: Make, measures: Undisturbed) -> None:
    """What stimuli showed of one layer is kept, however often the run is killed at another."""
    met = kill_everywhere(
        lambda: replace(fresh(), settings="measures"), measures, "compute", STIMULI
    )
    assert met == {("none", "none"), ("new", "none")}


def test_every_moment_of_a_rendering(replacing: Make, undisturbed: Undisturbed) -> None:
    """The old site stays whole until the new one is; the atlas is not touched."""

    def computed() -> Place:
        place = replacing()
        for mine, new in ((place.atlas, undisturbed.new.atlas), (place.work, undisturbed.new.work)):
            shutil.rmtree(mine)
            shutil.copytree(new, mine)
        return place

    met = kill_everywhere(computed, undisturbed, "render")
    assert met == {("new", "old"), ("new", "new")}
