"""Every moment at which a process touches files, as one line of text, and a fault at one of them.

Python announces what it is about to do with a file to its audit hooks; the writing itself is seen
by standing in for `open` and `sendfile`. Nothing here can be taken off again: it is for a process
that was forked to be broken.
"""

from __future__ import annotations

import builtins
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NAMES = {
    "os.rename": "rename",  # `os.replace` as well
    "os.remove": "remove",
    "os.rmdir": "rmdir",
    "os.mkdir": "mkdir",
    "os.link": "link",
    "os.symlink": "link",
    "os.truncate": "truncate",
    "shutil.rmtree": "rmtree",
    "fcntl.flock": "lock",
    "fcntl.lockf": "lock",
}


class Moments:
    """Calls `strike` at the nth moment, below some folders, that a pattern fits.

    `seen` holds every moment that the pattern fitted. Those in a process that this one forked, to
    decode images, begin with "decoder".
    """

    def __init__(
        self, folders: Iterable[str], pattern: str, nth: int, strike: Callable[[], None]
    ) -> None:
        self._folders = tuple(folder + "/" for folder in folders)
        self._pattern = re.compile(pattern)
        self._nth = nth
        self._strike = strike
        self._process = os.getpid()
        self.seen: list[str] = []

    def arm(self) -> None:
        """Watch this process, and those that it forks, from now on."""
        honest: Callable[..., Any] = io.open

        def watched(file: Any, *words: Any, **more: Any) -> Any:
            stream, name = honest(file, *words, **more), self._inside(file)
            return Halting(stream, f"write {name}", self) if name else stream

        setattr(builtins, "open", watched)  # noqa: B010  mypy allows no assignment
        setattr(io, "open", watched)  # noqa: B010
        if hasattr(os, "sendfile"):
            self._watch_copies()
        sys.addaudithook(self._audit)

    def comes(self, moment: str) -> bool:
        """Count a moment; say whether it is the one to strike at."""
        if os.getpid() != self._process:
            moment = f"decoder {moment}"
        if self._pattern.search(moment) is None:
            return False
        self.seen.append(moment)
        return len(self.seen) == self._nth

    def strike(self) -> None:
        """Let the fault happen."""
        self._strike()

    def _watch_copies(self) -> None:
        honest: Callable[..., int] = os.sendfile

        def halting(out: int, source: int, offset: int, count: int) -> int:
            name = self._inside(Path(f"/proc/self/fd/{out}").readlink())
            if offset > 0 or not name or not self.comes(f"write {name}"):
                return honest(out, source, offset, count)
            sent = honest(out, source, offset, min(count, 100))
            self.strike()
            return sent

        setattr(os, "sendfile", halting)  # noqa: B010

    def _audit(self, event: str, words: tuple[Any, ...]) -> None:
        moment = self._moment(event, words)
        if moment and self.comes(moment):
            self.strike()

    def _moment(self, event: str, words: tuple[Any, ...]) -> str:
        """Return a line for an event that concerns our files, "" for any other."""
        if event.startswith("fcntl."):
            return NAMES.get(event, "")
        if event != "open" and event not in NAMES:
            return ""
        name = self._inside(words[0])
        if not name or (event == "os.mkdir" and Path(words[0]).is_dir()):
            return ""  # elsewhere, or already there
        if event == "open":
            return f"create {name}" if words[2] & CHANGING else f"read {name}"
        return f"{NAMES[event]} {name}"

    def _inside(self, path: object) -> str:
        """Return a path as seen from our folder; "" for files elsewhere and open descriptors."""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return ""
        name = os.fsdecode(path)
        if not name.startswith("/"):
            return name  # beside a folder that is open, as `rmtree` walks
        ours = (folder for folder in self._folders if name.startswith(folder))
        return name.removeprefix(next(ours, name))


class Halting:
    """A file that can be struck when half of something is written."""

    def __init__(self, stream: Any, moment: str, moments: Moments) -> None:
        self._stream, self._moment, self._moments = stream, moment, moments

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __enter__(self) -> Self:
        self._stream.__enter__()
        return self

    def __exit__(self, *problem: object) -> Any:
        return self._stream.__exit__(*problem)

    def write(self, data: Any) -> int:
        """Write all, or half, be struck, and then the other half."""
        if not self._moments.comes(self._moment):
            return int(self._stream.write(data))
        half = len(data) // 2
        self._stream.write(data[:half])
        self._stream.flush()
        self._moments.strike()
        return half + int(self._stream.write(data[half:]))
