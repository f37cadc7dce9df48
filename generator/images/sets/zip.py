"""The pictures of a zip, read where they lie."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generator.errors import ImagesError
from generator.images.archives import DAMAGE, LARGEST, clean_name, one_line, slice_of
from generator.images.captions import display_path
from generator.images.decode import UnreadableImage, reading
from generator.images.root_files import CAPTIONS, CREDITS, parse_captions, parse_credits
from generator.images.sets.folder import ENDINGS
from generator.images.sets.image_set import (
    ImageSet,
    Names,
    count_unread,
    digest,
    no_images,
    unread_remarks,
)

LOCAL_HEADER = struct.Struct("<4s22xHH")  # before each member: mark, length of name, of extra
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
ENCRYPTED = 1  # bit of a member's flags


class ZipImages(ImageSet):
    """Pictures in the order of the zip's directory, stored or deflated, labelled by folder."""

    def __init__(self, archive: Path) -> None:
        paths = Names()
        # Of each: offset of its local header, bytes in the zip, bytes unpacked, sum, 1 if deflated.
        facts = array("q")
        at_root, unread = dict[str, bytes](), Counter[str]()
        try:
            with zipfile.ZipFile(archive) as opened:
                for path, member in _files(archive, opened):
                    if path in (CREDITS.encode(), CAPTIONS.encode()):
                        at_root[path.decode()] = opened.read(member)
                    elif path.lower().endswith(ENDINGS):
                        paths.append(path)
                        place, size = member.header_offset, member.file_size
                        deflated = int(member.compress_type == DEFLATED)
                        facts.extend((place, member.compress_size, size, member.CRC, deflated))
                    else:
                        count_unread(unread, path)
            status = archive.stat()
        except OSError as problem:
            raise ImagesError(f"{archive}: cannot be read: {problem.strerror}") from None
        except (*DAMAGE, ValueError, OverflowError, struct.error) as problem:
            raise ImagesError(f"{archive} is no whole zip: {one_line(problem)}") from None
        name = display_path(archive.name)
        if not len(paths):
            raise ImagesError(no_images(name, unread_remarks(unread)))
        self._archive = archive
        self._facts = np.array(facts, np.int64).reshape(-1, 5)
        self._state = f"{status.st_size} {status.st_mtime_ns}".encode()
        captions = parse_captions(at_root.get(CAPTIONS), f"{archive}: {CAPTIONS}")
        credit = parse_credits(at_root.get(CREDITS), f"{archive}: {CREDITS}")
        super().__init__(name, paths, self._facts[:, 2], captions, credit, unread)

    def encoded(self, row: int) -> bytes:
        offset, packed, size, crc, deflated = self._facts[row].tolist()
        if max(size, packed) > LARGEST:
            raise UnreadableImage(f"too large: a file of {max(size, packed):,} bytes")
        with reading():
            header = slice_of(self._archive, offset, LOCAL_HEADER.size)
            mark, name, extra = LOCAL_HEADER.unpack(header)
            data = slice_of(self._archive, offset + LOCAL_HEADER.size + name + extra, packed)
            if deflated:
                # Never more than the directory promises: a bomb ends there.
                data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size) if size else b""
        if mark != b"PK\3\4" or len(data) != size or zlib.crc32(data) != crc:
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
        name = clean_name(os.fsencode(member.filename.replace("\\", "/")))
        if member.is_dir() or kind not in (0, stat.S_IFREG) or not name:
            continue
        shown = display_path(member.filename)
        if member.flag_bits & ENCRYPTED:
            raise ImagesError(f"{archive} is encrypted ({shown}); give it without a password")
        if member.compress_type not in (STORED, DEFLATED):
            raise ImagesError(
                f"{archive}: {shown} is packed by method {member.compress_type}; make the zip anew "
                "with deflate or without compression"
            )
        yield name, member
