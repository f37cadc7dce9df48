"""A disk that fills: every write beyond a limit really fails, at any moment and any size."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.faults.conftest import DRIVERS
from tests.faults.fault import Fault, Outcome, chosen
from tests.faults.place import Place, bytes_of
from tests.faults.states import Undisturbed

Make = Callable[[], Place]
# Every new file of a computation, and of a rendering some of each kind.
NEW_FILE = r"^create (atlas\.work|\.site\S*(index\.html|/0\.|json|nojekyll))"


def require_one_line(outcome: Outcome) -> None:
    """Assert that a run failed with one line that names the reason."""
    assert outcome.status == 1
    assert "Traceback" not in outcome.err
    assert "error: " in outcome.err.splitlines()[-1]
    assert "File too large" in outcome.err.splitlines()[-1]


def test_a_disk_that_is_full_from_any_file_on(replacing: Make, undisturbed: Undisturbed) -> None:
    """The run says so, what was there stays whole, and space is all that the next one needs."""
    moments = replacing().succeed("build", fault=Fault(at=NEW_FILE)).moments

    def fill(nth: int) -> None:
        place = replacing()
        outcome = place.run("build", fault=Fault("fill", NEW_FILE, nth))
        require_one_line(outcome)
        assert undisturbed.state(place) in {("old", "old"), ("new", "old")}
        place.succeed("build")
        undisturbed.require_complete(place)
        assert undisturbed.state(place) == ("new", "new")

    with ThreadPoolExecutor(DRIVERS) as pool:
        list(pool.map(fill, chosen(moments)))


def test_a_file_that_finds_room_for_a_part_only(replacing: Make, undisturbed: Undisturbed) -> None:
    """Whatever file is cut short, none of it is taken for whole."""
    sizes = {
        len(data)
        for folder in (undisturbed.new.atlas, undisturbed.new.site)
        for data in bytes_of(folder).values()
    }
    place = replacing()
    for size in sorted(sizes - {0}):
        outcome = place.run("build", largest_file=size - 1)
        assert outcome.status == 1, size
        require_one_line(outcome)
        assert undisturbed.state(place) in {("old", "old"), ("new", "old")}
    place.succeed("build")
    undisturbed.require_complete(place)
    assert undisturbed.state(place) == ("new", "new")
