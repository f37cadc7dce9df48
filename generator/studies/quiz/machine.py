"""A machine takes the test: of two images the one whose patch is more like the nine patches.

In the manner of the Machine Interpretability Score of Zimmermann, Klindt and Brendel (Measuring
Per-Unit Interpretability at Scale Without Humans, NeurIPS 2024), whose similarity, DreamSim, was
learned from judgements of people. Ours were not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generator.compute.project.run import Inputs
from generator.compute.run.threads import side_by_side
from generator.network.watched import WatchedNetwork
from generator.studies.quiz.judge import Judge, Looks
from generator.studies.quiz.patches import Patches, cut, groups
from generator.studies.quiz.record import Score

DIGITS = 4  # of a score
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Test:
    """What the machine is shown of a filter: its nine, then images that it has not seen."""

    nine: Patches
    queries: Patches  # strong ones, then as many weak ones


def take(
    tests: Sequence[Test],
    network: WatchedNetwork,
    images: Inputs,
    progress: Callable[[int, int], None],
) -> list[Score]:
    """Return the scores of the tests, on patches of images as the network sees them."""
    judge = Judge(network.device)
    nine, queries = [test.nine for test in tests], [test.queries for test in tests]
    done, total = 0, sum(len(each.row) for each in (*nine, *queries))

    def looked(several: Sequence[Patches]) -> Iterator[tuple[npt.NDArray[np.int64], Looks]]:
        """Yield some of the patches at a time: their places among all, and their vectors."""
        nonlocal done
        every = Patches.joined(several)

        def work(some: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Looks]:
            return some, judge.looks(cut(images, network, every.some(some)))

        with side_by_side(network.device) as threads:
            for some, looks in threads.map(work, groups(every.row)):
                yield some, looks
                done += len(some)
                progress(done, total)

    # The sum of cosines to some vectors of length 1 is the product with their sum; of one filter it
    # orders images as the mean does.
    sums: dict[str, Doubles] = {}
    test_of = _repeated(nine)
    for some, looks in looked(nine):
        for name, vectors in vars(looks).items():
            own = sums.setdefault(name, np.zeros((len(tests), vectors.shape[1])))
            np.add.at(own, test_of[some], vectors)
    test_of = _repeated(queries)
    alike = {name: np.zeros(len(test_of)) for name in sums}
    for some, looks in looked(queries):
        for name, vectors in vars(looks).items():
            alike[name][some] = (vectors * sums[name][test_of[some]]).sum(1)
    return [
        Score(
            by_code=share_right(alike["code"][test_of == number]),
            by_pixels=share_right(alike["pixels"][test_of == number]),
            pairs=(len(each.row) // 2) ** 2,
        )
        for number, each in enumerate(queries)
    ]


def _repeated(several: Sequence[Patches]) -> npt.NDArray[np.int64]:
    return np.repeat(np.arange(len(several)), [len(each.row) for each in several])


def share_right(alike: Doubles) -> float:
    """Return the share of pairs in which the strong image is more like the nine than the weak one.

    `alike` [2k] are the likenesses of strong images, then of weak ones. Every strong one makes a
    pair with every weak one; a tie is half right.
    """
    strong, weak = alike.reshape(2, -1)
    further = strong[:, None] - weak
    return round(float(((further > 0) + 0.5 * (further == 0)).mean()), DIGITS)
