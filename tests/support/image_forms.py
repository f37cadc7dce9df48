"""The same drawn pictures in every form that a set of images may have."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

PICTURES = {  # path → label, caption
    "cats/tabby.png": ("cats", "tabby"),
    "cats/img_0002.jpg": ("cats", "A sleeping cat"),
    "sea_dogs/seal.png": ("sea dogs", "seal"),
    "photo-3.png": ("", "image 3"),
}
OWN = {"cats/img_0002.jpg": "A sleeping cat"}
CREDITS = "".join(
    f'{key} = "Anna"\n' for key in ("title", "authors", "licence", "source", "how_to_credit")
).encode()


def picture(seed: int = 0, form: str = "PNG", size: tuple[int, int] = (20, 14)) -> bytes:
    """Draw noise and return it as a file's bytes."""
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, form)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """Return every file of the set, with its credits and captions, by path."""
    drawn = {
        path: picture(seed, "JPEG" if path.endswith("jpg") else "PNG")
        for seed, path in enumerate(PICTURES)
    }
    others = {"captions.json": json.dumps(OWN).encode(), "CREDITS.toml": CREDITS}
    return drawn | others | {"notes/read me.txt": b"not a picture", "cats/.hidden.png": b"x"}


def write_folder(folder: Path, content: dict[str, bytes]) -> Path:
    """Write files below a folder."""
    for path, data in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def write_zip(file: Path, content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(file, "w", method) as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    return file


def write_tar(
    file: Path, content: Iterable[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT
) -> Path:
    """Write an uncompressed tar."""
    with tarfile.open(file, "w", format=form) as archive:
        for path, data in content:
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file


def samples() -> list[tuple[str, bytes]]:
    """Return the pictures as members of WebDataset shards, words beside each picture."""
    members = []
    for path, data in files().items():
        if path not in PICTURES:
            continue
        label, caption = PICTURES[path]
        stem = path.partition(".")[0]
        members.append((path, data))
        if label == "cats":
            members += [(f"{stem}.cls", label.encode()), (f"{stem}.txt", caption.encode())]
        else:
            words = {"label": label, "caption": caption}
            members.append((f"{stem}.json", json.dumps(words).encode()))
    return members


def write_shards(folder: Path) -> str:
    """Write three shards, the last without a picture; return how they are named."""
    folder.mkdir()
    members = samples()
    write_tar(folder / "08.tar", members[:6])
    write_tar(folder / "09.tar", members[6:])
    write_tar(folder / "10.tar", [("nothing.txt", b"")])
    (folder / "CREDITS.toml").write_bytes(CREDITS)
    return str(folder / "{08..10}.tar")


def write_list(folder: Path, file: str = "list.txt") -> Path:
    """Write the folder and a list of its pictures with labels and captions."""
    write_folder(folder, files())
    lines = ["# path, label, caption", ""]
    lines += [f"{path}\t{label}\t{caption}" for path, (label, caption) in PICTURES.items()]
    (folder / file).write_text("\r\n".join(lines), "utf-8")
    return folder / file


def write_every_form(folder: Path) -> dict[str, str]:
    """Write the pictures in every form; return how each is named after --images."""
    content = files()
    shards = write_shards(folder / "shards")
    return {
        "folder": str(write_folder(folder / "folder", content)),
        "zip": str(write_zip(folder / "a.zip", content)),
        "stored zip": str(write_zip(folder / "b.zip", content, zipfile.ZIP_STORED)),
        "tar": str(write_tar(folder / "a.tar", content.items())),
        "pax tar": str(write_tar(folder / "b.tar", content.items(), tarfile.PAX_FORMAT)),
        "gnu tar": str(write_tar(folder / "c.tar", content.items(), tarfile.GNU_FORMAT)),
        "tar of samples": str(write_tar(folder / "d.tar", samples())),
        "shards": shards,
        "list": str(write_list(folder / "listed")),
    }
