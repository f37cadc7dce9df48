"""Batches of pictures decoded by processes beside this one, which share memory with it.

PyTorch's DataLoader does nearly this. But when one of its processes dies, it says so from a signal
handler, anywhere in the program, or not at all where a batch was just on its way; and it takes new
memory from /dev/shm for each batch, which a container has little of. Here the dead process is found
where its batch is awaited, and the memory is taken once.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.atlas.schema import SkippedFile
from generator.errors import GalleryError, ImagesError
from generator.images.captions import display_path
from generator.images.decode import PictureError, UnreadableNow
from generator.images.forking import (
    ORPHAN_CHECK,
    forking,
    leave_signals_to_parent,
    process_context,
)
from generator.images.image_set import ImageSet

AHEAD = 2  # batches that each process may have in work or waiting


@dataclass(frozen=True)
class Decoded:
    """What was found in batch `number`, whose pixels lie elsewhere. b: images of a batch."""

    number: int
    valid: npt.NDArray[np.bool_]  # [b] slots that hold a readable image
    content: npt.NDArray[np.int64]  # [b] a hash of each slot's pixels; 0 where there is no image
    skipped: tuple[SkippedFile, ...]


def fill(images: ImageSet, number: int, pixels: npt.NDArray[np.uint8]) -> Decoded:
    """Decode batch `number` into [b, 4, size, size], zeros where there is no image.

    Raises ImagesError where a picture cannot be read for no fault of its own.
    """
    batch, size = len(pixels), pixels.shape[-1]
    valid = np.zeros(batch, np.bool_)
    content = np.zeros(batch, np.int64)
    skipped = []
    pixels[...] = 0
    first = number * batch
    for slot in range(min(batch, len(images) - first)):
        row = first + slot
        try:
            pixels[slot] = images.read(row, size)
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
    return Decoded(number, valid, content, tuple(skipped))


def fill_new(
    images: ImageSet, number: int, size: int, batch: int
) -> tuple[Decoded, npt.NDArray[np.uint8]]:
    """Decode batch `number` in this process, into new memory [batch, 4, size, size]."""
    pixels = np.empty((batch, 4, size, size), np.uint8)
    return fill(images, number, pixels), pixels


def content_of(pixels: npt.NDArray[np.uint8]) -> int:
    """Return the first 8 bytes of sha256 over the pixels, as a signed number."""
    digest = hashlib.sha256(np.ascontiguousarray(pixels).data).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def decode_beside(
    images: ImageSet, size: int, batch: int, workers: int, numbers: Sequence[int]
) -> Iterator[tuple[Decoded, npt.NDArray[np.uint8]]]:
    """Yield the batches of these numbers, in that order, decoded by `workers` ≥ 1 processes.

    With each come its pixels [b, 4, size, size]. Raises ImagesError where a process dies.
    """
    context = process_context()
    shape = (AHEAD * workers, batch, 4, size, size)
    shared = _shared_memory(context, int(np.prod(shape)))
    room = np.frombuffer(shared, np.uint8).reshape(shape)
    with _processes(context, workers, (images, shared, shape)) as processes:
        for turn in range(min(len(numbers), len(room))):
            _ask(processes[turn % workers], numbers[turn], turn)
        for turn in range(len(numbers)):
            process = processes[turn % workers]
            slot = turn % len(room)
            decoded, pixels = _answer(process), room[slot].copy()
            if turn + len(room) < len(numbers):
                _ask(process, numbers[turn + len(room)], slot)
            yield decoded, pixels


@dataclass(frozen=True)
class _Process:
    """A process and the line to it."""

    process: BaseProcess
    line: Connection


def _shared_memory(context: BaseContext, size: int) -> Any:
    """Return zero bytes that this process shares with those that it starts.

    Forked processes inherit memory without a name, for which /dev/shm need not have room.
    """
    if context.get_start_method() == "fork":
        return mmap.mmap(-1, size)
    return context.RawArray(ctypes.c_uint8, size)


@contextmanager
def _processes(
    context: BaseContext, workers: int, task: tuple[ImageSet, Any, tuple[int, ...]]
) -> Iterator[list[_Process]]:
    """Start so many processes, and end them whatever happens."""
    started: list[_Process] = []
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(  # type: ignore[attr-defined]
                target=_work, args=(theirs, *task), daemon=True
            )
            with forking():
                process.start()
            theirs.close()
            started.append(_Process(process, ours))
        yield started
    finally:
        for each in started:
            each.process.terminate()
        for each in started:
            each.process.join()
            each.line.close()


def _work(line: Connection, images: ImageSet, shared: Any, shape: tuple[int, ...]) -> None:
    """Decode the batches that are asked for, until nobody is there to ask."""
    leave_signals_to_parent()
    parent = os.getppid()
    room = np.frombuffer(shared, np.uint8).reshape(shape)
    while True:
        while not line.poll(ORPHAN_CHECK):
            if os.getppid() != parent:
                return
        try:
            number, slot = line.recv()
        except EOFError:
            return
        try:
            answer: Decoded | GalleryError = fill(images, number, room[slot])
        except GalleryError as problem:
            answer = problem
        try:
            line.send(answer)
        except BrokenPipeError:  # the parent is gone
            return


def _ask(process: _Process, number: int, slot: int) -> None:
    try:
        process.line.send((number, slot))
    except BrokenPipeError:
        raise _death(process) from None


def _answer(process: _Process) -> Decoded:
    """Wait for the next batch of a process."""
    if process.line not in wait([process.line, process.process.sentinel]):
        raise _death(process)
    try:
        answer: Decoded | GalleryError = process.line.recv()
    except (EOFError, ConnectionResetError):
        raise _death(process) from None
    if isinstance(answer, GalleryError):
        raise answer
    return answer


def _death(process: _Process) -> ImagesError:
    """Say that a process has died, of what, and what to do."""
    process.process.join()
    code = process.process.exitcode or 0
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    hint = "; the memory may have run out" if code == -signal.SIGKILL else ""
    return ImagesError(
        f"process {process.process.pid}, which decodes images, has died ({how}{hint}); the same "
        "command goes on from the last record, and --workers 0 decodes without such processes"
    )
