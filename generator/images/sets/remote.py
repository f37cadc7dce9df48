"""Archives at addresses, each copied to this disk once; fsspec knows the protocols."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from generator.errors import ImagesError
from generator.images.sets.braces import expand

COPIES = Path("data/remote")  # below it a copy lies where its address says
NEEDED = (
    "; pip install 'filter-gallery[remote]' for http and https, and for another protocol its own "
    "package too (s3fs for s3://, huggingface_hub for hf://), or download the archive first"
)


def copied(spec: str) -> str:
    """Copy the archives of an address, perhaps with braces; return how the copies are named.

    A copy that is there is taken as it is. Raises ImagesError.
    """
    place = _place(spec)
    if not place.endswith((".tar", ".zip")):
        raise ImagesError(
            f"{spec} is not the address of a .zip, a .tar or shards such as "
            "https://host/{0000..0146}.tar: download it first, and give its path"
        )
    for address in expand(spec):
        copy = Path(_place(address))
        if ".." in copy.parts:
            raise ImagesError(f"{address}: an address cannot hold '..'; give it without")
        if not copy.exists():
            _copy(address, copy)
    return place


def _place(address: str) -> str:
    """Return where the copy of an address lies."""
    return str(COPIES / address.partition("?")[0].replace("://", "/", 1))


def _copy(address: str, copy: Path) -> None:
    """Make a copy, whole or not at all.

    fsspec has caches, but a download that was cut off lies in them under its final name.
    """
    try:
        import fsspec  # noqa: PLC0415 - it is optional

        copy.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=copy.parent) as folder:
            new = Path(folder, copy.name)
            with fsspec.open(address, "rb") as source, new.open("wb") as file:
                shutil.copyfileobj(source, file)
            os.utime(new, (0, 0))  # a copy made later or elsewhere is the same set
            new.replace(copy)
    except Exception as problem:  # each protocol has errors of its own
        text = " ".join(f"{type(problem).__name__}: {problem}".split())
        hint = NEEDED if isinstance(problem, ImportError | ValueError) else ""
        raise ImagesError(f"{address}: cannot be copied to {copy}: {text}{hint}") from problem
