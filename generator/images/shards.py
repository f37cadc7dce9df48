"""WebDataset shards: many tars named with braces, on disk or from the outputs of commands."""

from __future__ import annotations

import atexit
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from generator.errors import GalleryError, ImagesError
from generator.images.braces import expand
from generator.images.captions import display_path
from generator.images.credits import read_credits
from generator.images.spec import PIPE
from generator.images.tar_images import Shard, TarImages, open_tars
from generator.lock import locked

CHUNK = 1 << 20  # bytes
SPOOL = "filter-gallery-pipe-"  # folders for what commands write
YOUNG = 60.0  # seconds: a younger folder may have no lock yet
_ours = set[Path]()  # folders of this process


def open_shards(spec: str) -> TarImages:
    """Open tars whose names a text with braces gives. Raises ImagesError naming what is missing."""
    tars = [Path(name) for name in expand(spec)]
    folder = Path(os.path.commonpath([tar.parent.absolute() for tar in tars]))
    shards = [Shard.of(tar, f"{tar.absolute().relative_to(folder)}/") for tar in tars]
    name = display_path(folder.resolve().name)
    return open_tars(name, shards, one_each=True, credit=read_credits(folder))


def open_pipes(spec: str) -> TarImages:
    """Run `pipe:COMMAND` once for each shard that its braces give, and open what comes out.

    What a command writes is kept in a temporary file until this process ends, as only a file can
    be read in any order. Commands run without a shell. Raises ImagesError naming the command that
    fails.
    """
    commands = expand(spec.removeprefix(PIPE).strip())
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=SPOOL))
    _ours.add(folder)
    held = ExitStack()  # until this process ends, however it does
    held.enter_context(locked(folder / "lock", str(folder)))
    atexit.register(_remove, folder, os.getpid(), held)
    width = len(str(len(commands) - 1))
    shards = [
        _spool(command, folder / f"{number:0{width}}.tar")
        for number, command in enumerate(commands)
    ]
    return open_tars("piped shards", shards, one_each=True)


def _remove(folder: Path, maker: int, held: ExitStack) -> None:
    """Drop the temporary files, unless this is another process that took over the exit's list."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
        held.close()


def _sweep() -> None:
    """Drop what processes have left behind that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SPOOL}*"):
        with suppress(OSError, GalleryError):  # other people's, or a living process's
            if folder in _ours or time.time() - folder.stat().st_mtime < YOUNG:
                continue  # a lock keeps out other processes only
            with locked(folder / "lock", str(folder)):
                shutil.rmtree(folder)


def _spool(command: str, tar: Path) -> Shard:
    """Write what a command prints into a file."""
    try:
        words = shlex.split(command)
    except ValueError as problem:
        raise ImagesError(f"{PIPE}{command}: {problem}") from None
    if not words:
        raise ImagesError(f"{PIPE} needs a command that writes a tar, such as {PIPE}cat a.tar")
    digest = hashlib.sha256()
    try:
        with (
            tempfile.TemporaryFile() as said,
            tar.open("wb") as file,
            subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
            ) as run,
        ):
            assert run.stdout is not None
            while chunk := run.stdout.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
            status = run.wait()
            said.seek(0)
            last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
    except OSError as problem:
        where = display_path(str(problem.filename)) if problem.filename else str(tar.parent)
        raise ImagesError(
            f"{PIPE}{command}: {where}: {problem.strerror}; it needs the program, and room in the "
            "folder for temporary files (TMPDIR) for all shards"
        ) from None
    if status != 0:
        ended = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        raise ImagesError(f"{PIPE}{command}: the command {ended}{f': {last}' if last else ''}")
    return Shard(tar, f"{tar.name}/", digest.hexdigest())
