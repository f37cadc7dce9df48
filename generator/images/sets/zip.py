"""The pictures of a zip, read where they lie."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generator.errors import ImagesError
from generator.images.archives import DAMAGE
from generator.images.captions import CAPTIONS, display_path, parse_captions
from generator.images.credits import CREDITS, parse_credits
from generator.images.decode import FORMAT_NAMES, UnreadableImage, reading
from generator.images.sets.folder import ENDINGS
from generator.images.sets.image_set import EncodedImages, digest
from generator.images.sets.members import LARGEST, clean_name, slice_of
from generator.images.sets.names import Names

LOCAL_HEADER = struct.Struct("<4s22xHH")  # before each member: mark, length of name, of extra
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
ENCRYPTED = 1  # bit of a member's flags


class ZipImages(EncodedImages):
    """Pictures in the order of the zip's directory, stored or deflated, labelled by folder."""

    def __init__(self, archive: Path) -> None:
        paths = Names()
        # offset of the local header; bytes in the zip; bytes when unpacked; sum; 1 where deflated
        columns = [array("q") for _ in range(5)]
        root_files: dict[str, bytes] = {}
        try:
            with zipfile.ZipFile(archive) as opened:
                for path, member in _files(archive, opened):
                    if path in (CREDITS.encode(), CAPTIONS.encode()):
                        root_files[path.decode()] = opened.read(member)
                    elif path.lower().endswith(ENDINGS):
                        paths.append(path)
                        deflated = int(member.compress_type == DEFLATED)
                        facts = (member.header_offset, member.compress_size, member.file_size)
                        for column, value in zip(
                            columns, (*facts, member.CRC, deflated), strict=True
                        ):
                            column.append(value)
            status = archive.stat()
        except OSError as problem:
            raise ImagesError(f"{archive}: cannot be read: {problem.strerror}") from None
        except (*DAMAGE, ValueError, struct.error) as problem:
            text = " ".join(str(problem).split()) or type(problem).__name__
            raise ImagesError(f"{archive} is no whole zip: {text}") from None
        name = display_path(archive.name)
        if not len(paths):
            raise ImagesError(f"no images in {name}: it holds no file of {FORMAT_NAMES}")
        self._archive = archive
        self._offsets, self._packed, sizes, self._sums, self._deflated = (
            np.array(column, np.int64) for column in columns
        )
        self._state = f"{status.st_size} {status.st_mtime_ns}".encode()
        captions, credit = root_files.get(CAPTIONS), root_files.get(CREDITS)
        super().__init__(
            name,
            paths,
            sizes,
            parse_captions(captions, f"{archive}: {CAPTIONS}") if captions is not None else {},
            parse_credits(credit, f"{archive}: {CREDITS}") if credit is not None else None,
        )

    def encoded(self, row: int) -> bytes:
        size, packed = int(self._sizes[row]), int(self._packed[row])
        if max(size, packed) > LARGEST:
            raise UnreadableImage(f"too large: a file of {max(size, packed):,} bytes")
        with reading():
            offset = int(self._offsets[row])
            mark, name, extra = LOCAL_HEADER.unpack(
                slice_of(self._archive, offset, LOCAL_HEADER.size)
            )
            data = slice_of(self._archive, offset + LOCAL_HEADER.size + name + extra, packed)
            if self._deflated[row]:
                # Never more than the directory promises: a bomb ends there.
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size) if size else b""
        if mark != b"PK\3\4" or len(data) != size or zlib.crc32(data) != self._sums[row]:
            raise UnreadableImage("damaged: not what the zip's directory says")
        return data

    def is_there(self, row: int) -> bool:
        return self._archive.exists()

    def signature(self) -> str:
        return digest(self.paths.raws(), self._sizes, more=self._state)


def _files(archive: Path, opened: zipfile.ZipFile) -> Iterator[tuple[bytes, zipfile.ZipInfo]]:
    """Yield clean name and record of each file that may count; links and the like are not."""
    for member in opened.infolist():
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.is_dir() or kind not in (0, stat.S_IFREG):
            continue
        name = clean_name(os.fsencode(member.filename.replace("\\", "/")))
        if not name:
            continue
        if member.flag_bits & ENCRYPTED:
            raise ImagesError(
                f"{archive} is encrypted ({display_path(member.filename)}); give it without a "
                "password"
            )
        if member.compress_type not in (STORED, DEFLATED):
            raise ImagesError(
                f"{archive}: {display_path(member.filename)} is packed by method "
                f"{member.compress_type}; make the zip anew with deflate or without compression"
            )
        yield name, member
