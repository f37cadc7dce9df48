"""Batches of pictures decoded by processes beside this one, which share memory with it.

An executor waits for ever when a process dies in the middle of a message, so messages are small.
Pixels lie in memory that is taken once, outside /dev/shm, of which a container has little.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import SkippedFile
from generator.errors import ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError, UnreadableNow
from generator.images.forking import end_with_parent, forking, process_context
from generator.images.remarks import Remark, counts_of
from generator.images.sets.image_set import ImageSet
from generator.names import Size

AHEAD = 2  # batches that each process may have in work or waiting


@dataclass(frozen=True)
class Decoded:
    """Batch `number` without its pixels, which lie elsewhere. b: images of a batch."""

    number: int
    valid: npt.NDArray[np.bool_]  # [b] slots with a readable image
    content: npt.NDArray[np.int64]  # [b] a hash of each slot's pixels; 0 where there is no image
    skipped: tuple[SkippedFile, ...]
    remarks: npt.NDArray[np.int64]  # [kinds] how many there are of each


def fill(images: ImageSet, number: int, pixels: npt.NDArray[np.uint8]) -> Decoded:
    """Decode batch `number` into [b, 4, h, w], zeros where there is no image.

    Raises ImagesError where a picture cannot be read for no fault of its own.
    """
    batch, size = len(pixels), Size(*pixels.shape[2:])
    valid = np.zeros(batch, np.bool_)
    content = np.zeros(batch, np.int64)
    skipped, remarks = list[SkippedFile](), list[Remark]()
    pixels[...] = 0
    first = number * batch
    for slot in range(min(batch, len(images) - first)):
        row = first + slot
        try:
            pixels[slot] = images.read(row, size, remarks)
        except PictureError as problem:
            path = display_path(images.path(row))
            if isinstance(problem, UnreadableNow) or not images.is_there(row):
                raise ImagesError(
                    f"{path}: cannot be read now ({problem}), and others may be as sound as it is; "
                    "mend that, and the same command goes on from here"
                ) from problem
            skipped.append(SkippedFile(path=path, reason=str(problem)))
        else:
            valid[slot] = True
            content[slot] = content_of(pixels[slot])
    return Decoded(number, valid, content, tuple(skipped), counts_of(remarks))


def content_of(pixels: npt.NDArray[np.uint8]) -> int:
    """Return the first 8 bytes of sha256 over the pixels, as a signed number."""
    digest = hashlib.sha256(np.ascontiguousarray(pixels).data).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def decode_beside(
    images: ImageSet, size: Size, batch: int, workers: int, numbers: Sequence[int]
) -> Iterator[tuple[Decoded, npt.NDArray[np.uint8]]]:
    """Yield the batches of these numbers, in that order, decoded by `workers` ≥ 1 processes.

    With each come its pixels [b, 4, h, w]. Raises ImagesError where a process dies.
    """
    context = process_context()
    shape = (min(AHEAD * workers, len(numbers)), batch, 4, *size)
    shared = _shared_memory(context, int(np.prod(shape)))
    room = np.frombuffer(shared, np.uint8).reshape(shape)
    others = set(multiprocessing.active_children())
    processes: set[BaseProcess] = set()
    pool = ProcessPoolExecutor(workers, context, _Worker.begin, (images, shared, shape))
    asked: deque[Future[Decoded]] = deque()
    try:
        with forking():
            for turn in range(len(room)):
                asked.append(pool.submit(_Worker.fill, numbers[turn], turn))
                processes |= set(multiprocessing.active_children()) - others
        for turn in range(len(numbers)):
            slot = turn % len(room)
            decoded, pixels = asked.popleft().result(), room[slot].copy()
            if turn + len(room) < len(numbers):
                asked.append(pool.submit(_Worker.fill, numbers[turn + len(room)], slot))
            yield decoded, pixels
    except BrokenProcessPool as problem:
        pool.shutdown()
        raise _death(processes) from problem
    finally:
        for process in processes:
            process.terminate()
        pool.shutdown(cancel_futures=True)


class _Worker:
    """State of a process that decodes, as it was given when the process began."""

    images: ClassVar[ImageSet]
    room: ClassVar[npt.NDArray[np.uint8]]  # [slots, b, 4, h, w]

    @classmethod
    def begin(cls, images: ImageSet, shared: Any, shape: tuple[int, ...]) -> None:
        end_with_parent()
        cls.images, cls.room = images, np.frombuffer(shared, np.uint8).reshape(shape)

    @classmethod
    def fill(cls, number: int, slot: int) -> Decoded:
        return fill(cls.images, number, cls.room[slot])


def _shared_memory(context: BaseContext, size: int) -> Any:
    """Return zero bytes that this process shares with those that it starts.

    Forked processes inherit memory without a name, which takes nothing of /dev/shm.
    """
    if context.get_start_method() == "fork":
        return mmap.mmap(-1, size)
    return context.RawArray(ctypes.c_uint8, size)


def _death(processes: Iterable[BaseProcess]) -> ImagesError:
    """Name the process that has died, the cause, and what to do; the pool has ended the others."""
    dead = max(processes, key=lambda each: each.exitcode not in (0, -signal.SIGTERM))
    code = dead.exitcode or 0
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    hint = "; the memory may have run out" if code == -signal.SIGKILL else ""
    return ImagesError(
        f"process {dead.pid}, which decodes images, has died ({how}{hint}); the same "
        "command goes on from the last record, and --workers 0 decodes without such processes"
    )
