"""Open the set of images that a spec names: the text after --images."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import features

from generator.errors import ImagesError
from generator.images.captions import display_path
from generator.images.decode import EXTENSIONS, FORMAT_NAMES
from generator.images.sets.folder import list_images
from generator.images.sets.image_set import ImageSet
from generator.images.sets.list import ListedImages
from generator.images.sets.remote import copied
from generator.images.sets.tar import TarImages, open_shards
from generator.images.sets.zip import ZipImages
from generator.names import PIPE, TORCHVISION

VIDEO = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv")
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
FORMS = "a folder, a .zip, a .tar, shards such as shards/{0000..0146}.tar, or a list of paths .txt"


def open_images(spec: str, leave_out: Iterable[Path] = (), *, icc: bool = False) -> ImageSet:
    """Open the images that a spec names; folders in `leave_out` are no part of a folder.

    With `icc` their colours are brought to sRGB from the profiles that they carry.

    Forms: the path of a folder, of a zip, of an uncompressed tar, of a text file that lists
    paths; `shards/{0000..0146}.tar`; the address of a zip, a tar or shards;
    `torchvision:NAME:ROOT`, perhaps with arguments.
    Raises ImagesError for anything else, with the forms that there are.
    """
    if icc and not features.check("littlecms2"):
        raise ImagesError("icc: this Pillow has no LittleCMS; pip install --upgrade pillow")
    images = _open(spec, leave_out)
    images.icc = icc
    return images


def _open(spec: str, leave_out: Iterable[Path]) -> ImageSet:
    """Open the images that a spec names."""
    if spec.startswith(PIPE):
        raise ImagesError(
            f"{spec}: commands are not run. Give the address of the tars instead, such as "
            "https://host/{0000..0146}.tar (pip install 'filter-gallery[remote]'), or download "
            "them and give their path, such as shards/{0000..0146}.tar"
        )
    if spec.startswith(TORCHVISION):
        # Here alone, as it brings torch along.
        from generator.images.sets.torchvision import open_torchvision  # noqa: PLC0415

        return open_torchvision(spec)
    if "://" in spec:
        spec = copied(spec)
    path = Path(spec)
    if not path.exists():
        if "{" in spec:
            return open_shards(spec)
        raise ImagesError(f"no folder or file {display_path(spec)}: give {FORMS}")
    return list_images(path, leave_out) if path.is_dir() else _open_file(path)


def _open_file(path: Path) -> ImageSet:
    """Open a file; its first bytes and its name give its form."""
    shown, ending = display_path(str(path)), path.suffix.lower()
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as problem:
        raise ImagesError(f"{shown}: cannot be read: {problem.strerror}") from None
    if not start:
        raise ImagesError(f"{shown} is empty: give {FORMS}")
    for mark, method in COMPRESSED.items():
        if start.startswith(mark):
            raise ImagesError(
                f"{shown} is packed with {method}, out of which no picture can be read alone: "
                "unpack it to a plain .tar or a folder, or make a zip of it"
            )
    if start.startswith(b"PK") or ending == ".zip":
        return ZipImages(path)
    if start[257:262] == b"ustar" or ending == ".tar":
        return TarImages(display_path(path.name), [path], [""], one_each=False)
    if ending == ".txt":
        return ListedImages(path)
    kind = "not a set of images"
    if ending in VIDEO:
        kind = "a video: save its frames as pictures first"
    elif ending in EXTENSIONS:
        kind = "one picture"
    raise ImagesError(f"{shown} is {kind}; give {FORMS} ({FORMAT_NAMES})")
