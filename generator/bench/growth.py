"""What a search costs as images grow in number, measured in processes of its own."""

from __future__ import annotations

import multiprocessing
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import Credit
from generator.bench.figures import Figure
from generator.config import Settings
from generator.images.remarks import Remark
from generator.images.sets.image_set import ImageSet
from generator.names import Size

if sys.platform != "win32":
    import resource

FEW, MANY = 2_000, 20_000  # images


@dataclass(frozen=True)
class Cost:
    """What one search took."""

    seconds: float
    bytes: int  # at the peak, this process and those that decode


class Repeated(ImageSet):
    """Another set over and over, each time with a corner of its own, so that no two are alike."""

    def __init__(self, images: ImageSet, count: int) -> None:
        self.images, self.count = images, count
        self.name = images.name

    def __len__(self) -> int:
        return self.count

    def path(self, row: int) -> str:
        return f"{row // len(self.images)}/{self.images.path(row % len(self.images))}"

    def label(self, row: int) -> str:
        return self.images.label(row % len(self.images))

    def labels(self) -> tuple[str, ...]:
        return self.images.labels()

    def caption(self, row: int) -> str:
        return self.images.caption(row % len(self.images))

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        turn, row = divmod(row, len(self.images))
        pixels = self.images.read(row, size, remarks)
        pixels[:3, :2, :2] = np.array([turn % 256, turn // 256, 0])[:, None, None]
        return pixels

    def original_size(self, row: int) -> tuple[int, int]:
        return self.images.original_size(row % len(self.images))

    def fingerprint(self) -> str:
        return f"{self.count} of {self.images.fingerprint()}"

    def signature(self) -> str:
        return f"{self.count} of {self.images.signature()}"

    def credits(self) -> Credit | None:
        return self.images.credits()


def measure_growth(settings: Settings) -> list[Figure]:
    """Search few of the settings' images, many, and few again, and compare."""
    few, many, again = (_measured(settings, count) for count in (FEW, MANY, FEW))
    return [
        Figure(
            "memory",
            f"peak resident at {MANY:,} images ÷ at {FEW:,}",
            many.bytes / few.bytes,
            1.05,
            "at most",
        ),
        Figure("peak", f"resident at {MANY:,} images", many.bytes / 1e9, 2.5, "at most", " GB"),
        Figure.of_turns(
            "growth",
            f"seconds per image at {MANY:,} images ÷ at {FEW:,}",
            [(many.seconds / MANY) / (less.seconds / FEW) for less in (few, again)],
            1.05,
            "at most",
        ),
    ]


def _measured(settings: Settings, count: int) -> Cost:
    processes = multiprocessing.get_context("spawn")
    receiver, sender = processes.Pipe(duplex=False)
    process = processes.Process(target=_search, args=(settings, count, sender))
    process.start()
    sender.close()
    try:
        cost: Cost = receiver.recv()
    except EOFError:
        raise RuntimeError(f"the search of {count:,} images ended without a result") from None
    finally:
        process.join()
    return cost


def _search(settings: Settings, count: int, result: Connection) -> None:
    """Search so many images, and send what that took."""
    from generator.compute.run.device import pick_device  # noqa: PLC0415 - in the new process only
    from generator.compute.search.loop import search_batches  # noqa: PLC0415
    from generator.images.sets.sources import open_images  # noqa: PLC0415
    from generator.network.zoo import load as zoo  # noqa: PLC0415

    def silent(_: object) -> None:
        return None

    assert settings.images is not None
    network = zoo.load(settings, pick_device(settings.device))
    images = Repeated(open_images(settings.images).in_channels(network.channels), count)
    started = time.perf_counter()
    numbers = range(-(-count // settings.batch))
    search_batches(settings, network, images, numbers, silent, silent, silent)
    result.send(Cost(time.perf_counter() - started, _peak(settings.workers)))


def _peak(workers: int) -> int:
    """Return the bytes that this process and its workers had at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    largest_child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return _own_peak() + unit * workers * largest_child


def _own_peak() -> int:
    """Return the bytes that this process had at most.

    What the system's accounting calls so counts, on Linux, the process that started this one too.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])
