"""Runs the real command line in forked copies of one warm process, each with a fault armed.

Orders come in on standard input as lines of JSON, answers go out the same way:
  {"start": order}    → {"process": number}
  {"paused": number}  → {"paused": true}, or false where the process ended before it came to pause
  {"resume": number}  → {}
  {"wait": number}    → how the process ended, see `Outcome`
A forked process starts in milliseconds where a fresh one would import torch for seconds. The warm
one has made a gallery: what libraries import, compile and look up once is there before any fork.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import torch
import torch.distributed

from generator import cli
from generator.compute.project import run as drawing
from generator.compute.search import loop
from tests.faults.fault import Deed
from tests.faults.moments import Moments
from tests.faults.place import write_settings
from tests.support.speed import remember_forms, remember_templates, skip_syncs
from tests.support.tiny_network import draw_pictures

SIGNALS: dict[Deed, signal.Signals] = {
    "kill": signal.SIGKILL,
    "terminate": signal.SIGTERM,
    "interrupt": signal.SIGINT,
}
CAPABILITIES_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3 of linux/capability.h


@dataclass
class Pipes:
    """What the driver keeps of a process that it has forked."""

    out: int
    err: int
    notes: int  # "paused", then the moments that were seen
    go: int


def main() -> None:
    """Obey orders until there are no more."""
    torch.set_num_threads(1)  # threads do not survive a fork
    skip_syncs()
    remember_templates()
    remember_forms()
    _make_gallery()
    gc.freeze()  # collecting in a forked process would copy all memory
    running: dict[int, Pipes] = {}
    for line in sys.stdin:
        ((verb, what),) = json.loads(line).items()
        answer: dict[str, Any] = {}
        if verb == "start":
            process, pipes = _start(what)
            running[process] = pipes
            answer = {"process": process}
        elif verb == "paused":
            answer = {"paused": os.read(running[what].notes, 1) == b"p"}
        elif verb == "resume":
            os.write(running[what].go, b"g")
        elif verb == "wait":
            answer = _wait(what, running.pop(what))
        print(json.dumps(answer), flush=True)  # noqa: T201  this is how it answers


def _make_gallery() -> None:
    """Run the command line here, once and quietly."""
    with TemporaryDirectory() as name, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        folder = Path(name)
        write_settings(folder)
        arguments = ["build", "--config", str(folder / "measures.toml")]
        arguments += ["--images", str(draw_pictures(folder / "pictures", 12))]
        arguments += ["--atlas", str(folder / "atlas"), "--site", str(folder / "site")]
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            cli.main(arguments, standalone_mode=False)


def _start(order: dict[str, Any]) -> tuple[int, Pipes]:
    """Fork a process that runs an order."""
    out, err, notes, go = (os.pipe() for _ in range(4))
    process = os.fork()
    if process == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out[1], 1)
        os.dup2(err[1], 2)
        _become(order, notes[1], go[0])
    for mine in (out[1], err[1], notes[1], go[0]):
        os.close(mine)
    return process, Pipes(out[0], err[0], notes[0], go[1])


def _wait(process: int, pipes: Pipes) -> dict[str, Any]:
    """Read what a process says until it and all its children have ended; return how it did."""
    os.close(pipes.go)
    said = _read_all([pipes.out, pipes.err, pipes.notes])
    _, status = os.waitpid(process, 0)
    notes = said[pipes.notes].removeprefix(b"p").decode()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "out": said[pipes.out].decode(),
        "err": said[pipes.err].decode(),
        "moments": json.loads(notes) if notes else [],
    }


def _read_all(descriptors: list[int]) -> dict[int, bytes]:
    said = dict.fromkeys(descriptors, b"")
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                part = os.read(key.fd, 65536)
                said[key.fd] += part
                if not part:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return said


def _become(order: dict[str, Any], notes: int, go: int) -> NoReturn:
    """Turn this process into the command line, with the fault that the order asks for."""
    fault = order["fault"]

    def strike() -> None:
        if fault["do"] in SIGNALS:
            os.kill(os.getpid(), SIGNALS[fault["do"]])
        elif fault["do"] == "fill":
            _allow_files_of(0)
        elif fault["do"] == "pause":
            os.write(notes, b"p")
            os.read(go, 1)

    os.environ.update(order["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    _record_all()
    if order["largest_file"] is not None:
        _allow_files_of(order["largest_file"])
    if not order["privileges"]:
        _drop_privileges()
    moments = Moments(order["folders"], fault["at"], fault["nth"], strike)
    sys.argv = ["filter-gallery", *order["arguments"]]
    moments.arm()
    try:
        cli.main()
    except SystemExit as ending:
        code = ending.code
    finally:  # an exception that nobody caught goes on from here and is printed with its traceback
        os.write(notes, json.dumps(moments.seen).encode())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))  # tidying up takes long


def _record_all() -> None:
    """Let every step be recorded, and every filter be a group of its own."""
    loop.SAVE_EVERY = -1.0
    drawing.FILTERS_AT_ONCE = 1


def _allow_files_of(size: int) -> None:
    """Let every write beyond so many bytes fail, as if the disk were full."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def _drop_privileges() -> None:
    """Give up what lets root pass by the modes of files; nothing to do for anybody else."""
    if os.geteuid() != 0:
        return
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION, 0)
    if library.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    main()
