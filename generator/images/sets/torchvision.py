"""The pictures of a data set of torchvision's, by its name and folder."""

from __future__ import annotations

import hashlib
import inspect
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from generator.errors import ImagesError
from generator.images.archives import one_line
from generator.images.captions import caption_of, clean, display_path
from generator.images.decode import UnreadableImage, middle_of, reading, upright_size
from generator.images.remarks import Remark
from generator.images.root_files import read_credits
from generator.images.sets.image_set import ImageSet, Names, distinct, is_filled
from generator.names import TORCHVISION, Size, nearest
from generator.network.torchvision_compat import datasets

TARGETS = ("targets", "labels", "_labels", "y")  # where the classes of all pictures may stand
CLASSES = ("classes", "categories")
# Parameters that are given otherwise, or not at all: no text can stand for a function.
NOT_GIVEN = (
    *("root", "download", "transform", "target_transform", "transforms"),
    *("loader", "is_valid_file", "extensions"),
)


class TorchvisionImages(ImageSet):
    """The pictures of a data set that gives pairs of a picture and its class."""

    def __init__(self, dataset: Any, root: Path, arguments: str = "") -> None:
        name, count = type(dataset).__name__, len(dataset)
        if count == 0:
            raise ImagesError(f"no images in {name} at {display_path(str(root))}")
        width = len(str(count - 1))
        paths = Names(f"{name}/{row:0{width}}".encode() for row in range(count))
        super().__init__(name, paths, np.zeros(count, np.int64), {}, read_credits(root))
        self._dataset = dataset
        self._root = root
        self._classes = _classes(dataset)
        self._targets = _targets(dataset, count)
        self._fingerprint, self._signature = _digests(root, f"{name}\0{count}\0{arguments}")

    def label(self, row: int) -> str:
        if self._targets is not None:
            target: object = int(self._targets[row])
        else:
            target = self._item(row)[1] if self._classes else None
        if not isinstance(target, int) or isinstance(target, bool):
            return ""
        known = 0 <= target < len(self._classes)
        return self._classes[target] if known else str(target)

    def labels(self) -> tuple[str, ...]:
        if self._targets is None:
            return distinct(self._classes)
        first = np.unique(self._targets, return_index=True)[1]
        return distinct(self.label(row) for row in first.tolist())

    def caption(self, row: int) -> str:
        return caption_of(f"{self.path(row)}.", {}, self.label(row))

    def read(
        self, row: int, size: Size, remarks: list[Remark] | None = None
    ) -> npt.NDArray[np.uint8]:
        picture = self._picture(row)
        with reading():
            return middle_of(picture, size, remarks, icc=self.icc, grey=self.grey)

    def is_there(self, row: int) -> bool:
        return is_filled(self._root)

    def original_size(self, row: int) -> tuple[int, int]:
        picture = self._picture(row)
        with reading():
            return upright_size(picture)

    def fingerprint(self) -> str:
        return self._fingerprint

    def signature(self) -> str:
        return self._signature

    def _item(self, row: int) -> Sequence[Any]:
        try:
            with reading():
                item = self._dataset[row]
        except RuntimeError as problem:  # PyTorch raises it for a damaged file of its own
            raise UnreadableImage(one_line(problem)[:80]) from None
        return item if isinstance(item, tuple | list) else (item, None)

    def _picture(self, row: int) -> Image.Image:
        picture = self._item(row)[0]
        if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim in (2, 3):
            with reading():
                return Image.fromarray(picture)
        if not isinstance(picture, Image.Image):
            raise UnreadableImage(f"not an image: {self.name} gives {type(picture).__name__}")
        return picture


def open_torchvision(spec: str) -> TorchvisionImages:
    """Open `torchvision:NAME:ROOT` or `torchvision:NAME:ROOT:key=value,key=value`; never download.

    Without arguments it is the training part where the set has parts. Raises ImagesError for a name
    that is unknown, a folder that is missing, an argument that is missing or unknown, and with
    torchvision's own words where it refuses.
    """
    name, _, place = spec.removeprefix(TORCHVISION).partition(":")
    if not name or not place:
        raise ImagesError(
            f"{spec}: name the data set and its folder, such as torchvision:CIFAR10:data/cifar"
        )
    known = {key: kind for key in datasets.__all__ if _is_dataset(kind := getattr(datasets, key))}
    if name not in known:
        raise ImagesError(
            f"torchvision has no data set {name!r}; did you mean {nearest(name, known)!r}?"
        )
    before, _, given = place.rpartition(":")
    if "=" not in given or not before or Path(place).is_dir():
        before, given = place, ""
    root, parameters = Path(before), _parameters(known[name])
    if not root.is_dir():
        raise ImagesError(f"no folder {display_path(before)}: {_bring(name)}")
    usual = {key: key == "train" for key in ("train", "download") if key in parameters}
    arguments = usual | _arguments(f"torchvision:{name}", given, parameters)
    try:
        dataset = known[name](root, **arguments)
    except ImportError as problem:
        raise ImagesError(f"torchvision:{name} needs another package: {problem}") from None
    except (OSError, RuntimeError, TypeError, ValueError, LookupError, EOFError) as problem:
        text = one_line(problem)
        if given and isinstance(problem, TypeError | ValueError):
            raise ImagesError(
                f"torchvision:{name} refuses {given} ({text}); {_named(parameters)}"
            ) from None
        raise ImagesError(
            f"torchvision:{name} cannot be opened in {display_path(before)} ({text}); "
            f"{_bring(name)}"
        ) from None
    if not hasattr(dataset, "__len__"):
        raise ImagesError(f"torchvision:{name} is a stream without a length; give images instead")
    return TorchvisionImages(dataset, root, given)


def _parameters(kind: type[Any]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a data set, and those that it hands on to the class above."""
    found = dict[str, inspect.Parameter]()
    for each in kind.__mro__:
        own = inspect.signature(each).parameters if "__init__" in vars(each) else {}
        found = dict(own) | found
        if own and not any(one.kind is one.VAR_KEYWORD for one in own.values()):
            break
    return {key: each for key, each in found.items() if each.kind is not each.VAR_KEYWORD}


def _arguments(
    shown: str, given: str, parameters: Mapping[str, inspect.Parameter]
) -> dict[str, bool | int | str]:
    """Read `key=value,key=value` for a data set's parameters.

    Raises ImagesError, with the names of them all, for one that is unknown, missing or no pair.
    """
    own, names = _own(parameters), _named(parameters)
    arguments = dict[str, bool | int | str]()
    for pair in filter(None, given.split(",")):
        key, equals, value = pair.partition("=")
        if not equals or key not in own:
            raise ImagesError(f"{shown}: no parameter {key!r}; {names}")
        arguments[key] = _value(value, own[key])
    for key, each in own.items():
        if each.default is each.empty and key not in arguments:
            raise ImagesError(f"{shown}: needs {key}=…, as in {shown}:ROOT:{key}=VALUE; {names}")
    return arguments


def _own(parameters: Mapping[str, inspect.Parameter]) -> dict[str, inspect.Parameter]:
    """Return those that a text can give."""
    return {key: p for key, p in parameters.items() if key not in NOT_GIVEN and key[0] != "_"}


def _named(parameters: Mapping[str, inspect.Parameter]) -> str:
    own = _own(parameters)
    return f"its parameters are {', '.join(own)}" if own else "it has no parameters"


def _value(text: str, parameter: inspect.Parameter) -> bool | int | str:
    """Read a value as a truth or a whole number, but where the parameter is a text."""
    if isinstance(parameter.default, str) or parameter.annotation in (str, "str"):
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if re.fullmatch("-?[0-9]+", text) else text


def _bring(name: str) -> str:
    return (
        f"nothing is downloaded here; bring the set there with torchvision.datasets.{name}, or "
        "name another folder"
    )


def _is_dataset(kind: object) -> bool:
    return (
        inspect.isclass(kind)
        and issubclass(kind, datasets.VisionDataset)
        and kind is not datasets.VisionDataset
        and "root" in inspect.signature(kind).parameters
    )


def _classes(dataset: Any) -> tuple[str, ...]:
    """Return the names of classes; none where the set does not say them as texts."""
    for attribute in CLASSES:
        names = getattr(dataset, attribute, None)
        if isinstance(names, list | tuple):
            # ImageNet's names are tuples of synonyms, the usual one first.
            firsts = [name[0] if isinstance(name, tuple) and name else name for name in names]
            if all(isinstance(name, str) for name in firsts):
                return tuple(clean(name) for name in firsts)
    return ()


def _targets(dataset: Any, count: int) -> npt.NDArray[np.int64] | None:
    """Return the classes [n] of all pictures where the set has them beside the pictures."""
    for attribute in TARGETS:
        values = getattr(dataset, attribute, None)
        if values is None or not hasattr(values, "__len__") or len(values) != count:
            continue
        try:
            targets = np.asarray(values)
        except ValueError:  # lists of different lengths: boxes and the like
            continue
        if targets.ndim == 1 and targets.dtype.kind in "iu":
            return targets.astype(np.int64)
    return None


def _digests(root: Path, start: str) -> tuple[str, str]:
    """Return sha256 over `start` and all files below a folder, without their times and with."""
    plain, timed = hashlib.sha256(start.encode()), hashlib.sha256(start.encode())
    for folder, inner, names in os.walk(root):
        inner.sort(key=os.fsencode, reverse=True)  # the order in which they are walked through
        for path in (Path(folder, name) for name in sorted(names, key=os.fsencode)):
            if path.is_file():
                status = path.stat()
                name = os.fsencode(path.relative_to(root).as_posix())
                line = b"%b\0%d\0" % (name, status.st_size)
                plain.update(line)
                timed.update(line + b"%d\0" % status.st_mtime_ns)
    return plain.hexdigest(), timed.hexdigest()
