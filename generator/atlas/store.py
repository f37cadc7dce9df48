"""The atlas on disk: the only place that knows its paths.

An atlas is written file by file through `AtlasWriter`, each file whole or absent, and its manifest
comes last: a folder without a manifest is not an atlas. `Atlas` reads one back and refuses half of
one. Neither side needs torch.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import get_args

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from generator.atlas.filter import Filter
from generator.atlas.measures import MEASURES, MeasureArrays, MeasuresKind, StimuliRecord
from generator.atlas.schema import (
    SCHEMA,
    ImageRecord,
    LayerArrays,
    LayerRecord,
    Manifest,
    PictureKind,
)
from generator.atlas.studies import FOLDER, StudyFolder
from generator.errors import AtlasError, OutputError
from generator.files import PARTIAL, hash_file, write_whole

MANIFEST = "manifest.json"
IMAGES = "images.jsonl"

Form = tuple[type[np.generic], tuple[int, ...]]  # type and shape of an array
ALWAYS_KNOWN = ("best", "rest")  # of what stimuli show: never NaN, whatever the filter

# Type and shape of each array behind its first axis, the filters.
ARRAYS: dict[str, Form] = {
    each.name: each.metadata["form"] for each in dataclasses.fields(LayerArrays)
}


def picture_kinds(layer: LayerRecord) -> tuple[PictureKind, ...]:
    """Return the kinds of picture that every filter of a layer has."""
    every: tuple[PictureKind, ...] = get_args(PictureKind)
    return every if layer.thumbnails else every[:3]


def picture_name(layer: str, filter_number: int, kind: PictureKind) -> str:
    """Return the path of a contact sheet inside the atlas."""
    return f"pictures/{layer}/{filter_number}.{kind}.webp"


def kernel_name(layer: str, moment: str) -> str:
    """Return the path of a picture of a layer's kernels inside the atlas."""
    return f"pictures/{layer}/kernels.{moment}.webp"


def array_name(layer: str, kind: MeasuresKind | None = None) -> str:
    """Return the path of a layer's arrays, or of its measures, inside the atlas."""
    return f"{layer}.{kind}.safetensors" if kind else f"{layer}.safetensors"


def responses_name(layer: str, kind: MeasuresKind) -> str:
    """Return the path of the responses to stimuli that lie behind a layer's measures."""
    return f"{layer}.{kind}.responses.safetensors"


def expected_files(layers: Iterable[LayerRecord]) -> Iterator[str]:
    """Yield the path of every file that an atlas of these layers must hold, but the manifest."""
    yield IMAGES
    for layer in layers:
        yield array_name(layer.name)
        if layer.stimuli is not None:
            for kind in get_args(MeasuresKind):
                yield array_name(layer.name, kind)
                yield responses_name(layer.name, kind)
        for sheet in layer.kernels:
            yield kernel_name(layer.name, sheet.name)
        for number in range(layer.filters):
            for picture in picture_kinds(layer):
                yield picture_name(layer.name, number, picture)


def require_replaceable(folder: Path) -> None:
    """Raise OutputError where something lies at an atlas's place that is no atlas of any schema."""
    if not folder.resolve().name:
        raise OutputError(f"{folder}: cannot be an atlas's own folder; name another")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder}: is a file; name a folder for the atlas")
    if any(folder.iterdir()) and not _is_atlas(folder):
        raise OutputError(f"{folder}: is not empty and holds no atlas; name another folder")


def _is_atlas(folder: Path) -> bool:
    """Say whether a folder was made as an atlas, of whatever schema, damaged or not."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and {"schema_version", "network", "layers"} <= set(manifest)


class Atlas:
    """A finished atlas, for reading."""

    def __init__(self, folder: Path, manifest: Manifest, identity: str) -> None:
        self.folder = folder
        self.manifest = manifest
        self.identity = identity  # sha256 of manifest.json, and so of everything in the atlas

    @classmethod
    def open(cls, folder: Path | str) -> Atlas:
        """Read the manifest and see that every file is there.

        Raises AtlasError, naming the file, where the manifest cannot be used or a file is missing.
        """
        folder = Path(folder)
        path = folder / MANIFEST
        try:
            text = path.read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise AtlasError(
                f"{path}: {reason}: not an atlas, or one that was never finished; "
                f"make it with `filter-gallery compute`"
            ) from error
        manifest = _parse_manifest(path, text)
        for name in manifest.files:
            if not (folder / name).is_file():
                raise _unusable(folder / name, "file missing from the atlas")
        return cls(folder, manifest, hashlib.sha256(text).hexdigest())

    def verify(self) -> None:
        """Hash every file; AtlasError names the first, in order of path, that differs."""
        for name, expected in sorted(self.manifest.files.items()):
            path = self.folder / name
            try:
                found = hash_file(path)
            except OSError as error:
                raise _unusable(path, error.strerror) from error
            if found != expected:
                raise _unusable(path, f"its hash differs from the one in {MANIFEST}")

    def arrays(self, layer: str) -> LayerArrays:
        """Return a layer's arrays; AtlasError where their names, types or shapes are not right."""
        path = self.folder / array_name(layer)
        arrays = LayerArrays(**_load(path, layer_forms(self.manifest.layer(layer).filters)))
        _require_indices(path, "label", arrays.label, len(self.manifest.images.labels))
        return arrays

    def measures(self, layer: str, kind: MeasuresKind) -> MeasureArrays:
        """Return what stimuli showed of a layer; AtlasError as above.

        KeyError where the layer was shown no stimuli: its record says so.
        """
        record = self.manifest.layer(layer)
        if record.stimuli is None:
            raise KeyError(f"{layer} was shown no stimuli")
        forms = measure_forms(record.filters, record.stimuli)
        path = self.folder / array_name(layer, kind)
        arrays = MeasureArrays(**_load(path, forms))
        for name, names in record.stimuli.names.items():
            _require_indices(path, name, getattr(arrays, name), len(names))
        _require_indices(path, "twin", arrays.twin, record.filters)
        for name in ALWAYS_KNOWN:
            if not np.isfinite(getattr(arrays, name)).all():
                raise _unusable(path, f"array {name} holds no number")
        return arrays

    def responses(self, layer: str, kind: MeasuresKind) -> npt.NDArray[np.float32]:
        """Return the activations [n, f] of a layer's filters to its n stimuli; errors as above.

        They are exact to three digits.
        """
        best = self.measures(layer, kind).best
        record = self.manifest.layer(layer)
        assert record.stimuli is not None  # else there are no measures
        forms = {"share": response_form(record.filters, record.stimuli)}
        shares = _load(self.folder / responses_name(layer, kind), forms)["share"]
        activations: npt.NDArray[np.float32] = shares.T.astype(np.float32) * best
        return activations

    def images(self) -> dict[int, ImageRecord]:
        """Return the images that won a place, by row; AtlasError names a line that is no record."""
        path = self.folder / IMAGES
        records: dict[int, ImageRecord] = {}
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                record = ImageRecord.model_validate_json(line)
            except ValidationError as error:
                raise AtlasError(f"{path}:{number}: {_first_problem(error)}") from error
            records[record.row] = record
        return records

    def filter(self, layer: str, number: int) -> Filter:
        """Return a filter with its places and pictures; in a notebook it shows itself.

        Raises KeyError for a layer that the atlas lacks, and IndexError for a filter.
        """
        arrays, images = self.arrays(layer), self.images()
        if not 0 <= number < len(arrays.image):
            raise IndexError(f"{layer} has filters 0 to {len(arrays.image) - 1}, not {number}")
        filled = arrays.image[number] >= 0
        return Filter(
            layer=layer,
            number=number,
            activations=tuple(arrays.activation[number][filled].tolist()),
            units=tuple((row, column) for row, column in arrays.unit[number][filled].tolist()),
            images=tuple(images[row] for row in arrays.image[number][filled].tolist()),
            patches=self.picture(layer, number, "patches"),
            reconstructions=self.picture(layer, number, "reconstructions"),
            rule=self.manifest.rule,
        )

    def study(self, name: str) -> StudyFolder | None:
        """Return a study's folder and manifest; None where the atlas has no such study.

        Raises AtlasError, naming the file, where it is damaged.
        """
        return StudyFolder.open(self.folder / FOLDER / name)

    @property
    def whole_identity(self) -> str:
        """Return sha256 over the manifests of the atlas and of all its studies."""
        hashed = hashlib.sha256(self.identity.encode())
        for path in sorted((self.folder / FOLDER).glob(f"[!.]*/{MANIFEST}")):
            hashed.update(f"\0{path.parent.name}\0{hash_file(path)}".encode())
        return hashed.hexdigest()

    def picture(self, layer: str, filter_number: int, kind: PictureKind) -> Path:
        """Return the path of a contact sheet."""
        return self.folder / picture_name(layer, filter_number, kind)

    def kernels(self, layer: str, moment: str) -> Path:
        """Return the path of a picture of a layer's kernels."""
        return self.folder / kernel_name(layer, moment)


class AtlasWriter:
    """Writes an atlas into a working folder; nothing is an atlas before `finish`.

    Files already in the folder stay, so that a run that was stopped can go on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write_arrays(self, layer: str, arrays: LayerArrays) -> None:
        """Write a layer's arrays; AtlasError where a type or shape is not the agreed one."""
        forms = layer_forms(len(arrays.activation))
        write_whole(self.folder / array_name(layer), _saved(layer, vars(arrays), forms))

    def write_measures(
        self,
        layer: str,
        kind: MeasuresKind,
        record: StimuliRecord,
        arrays: MeasureArrays,
        responses: npt.NDArray[np.float16],
    ) -> None:
        """Write what stimuli showed of a layer; AtlasError as above.

        `responses` [f, n] are those to every stimulus, as shares of each filter's best.
        """
        filters = len(arrays.best)
        shares, form = {"share": responses}, {"share": response_form(filters, record)}
        for path, found, forms in (
            (array_name(layer, kind), vars(arrays), measure_forms(filters, record)),
            (responses_name(layer, kind), shares, form),
        ):
            write_whole(self.folder / path, _saved(layer, found, forms))

    def write_picture(
        self, layer: str, filter_number: int, kind: PictureKind, picture: bytes
    ) -> str:
        """Write one contact sheet, a WebP file; return its path inside the atlas."""
        name = picture_name(layer, filter_number, kind)
        write_whole(self.folder / name, picture)
        return name

    def write_kernels(self, layer: str, moment: str, picture: bytes) -> None:
        """Write a picture of a layer's kernels, a WebP file."""
        write_whole(self.folder / kernel_name(layer, moment), picture)

    def write_images(self, records: list[ImageRecord]) -> None:
        """Write the images that won a place, sorted by row."""
        ordered = sorted(records, key=lambda record: record.row)
        lines = (record.model_dump_json() + "\n" for record in ordered)
        write_whole(self.folder / IMAGES, "".join(lines).encode())

    def finish(self, manifest: Manifest) -> Manifest:
        """Hash every file, then write the manifest, which makes the folder an atlas.

        The `files` of the manifest given are ignored. Returns the manifest as written. Raises
        AtlasError naming the first file that the layers need and the folder lacks. Studies come
        after it: those that lie here were left by a run that was killed.
        """
        (self.folder / MANIFEST).unlink(missing_ok=True)
        shutil.rmtree(self.folder / FOLDER, ignore_errors=True)
        files: dict[str, str] = {}
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            if path.name.endswith(PARTIAL):
                path.unlink()  # left by a run that was killed
            else:
                files[path.relative_to(self.folder).as_posix()] = hash_file(path)
        for name in expected_files(manifest.layers):
            if name not in files:
                raise AtlasError(f"{self.folder / name}: not written, so the atlas is not finished")
        complete = manifest.model_copy(update={"files": files})
        write_whole(self.folder / MANIFEST, complete.model_dump_json(indent=1).encode() + b"\n")
        return complete


def layer_forms(filters: int) -> dict[str, Form]:
    """Return type and shape of each array of `LayerArrays`."""
    return {name: (kind, (filters, *shape)) for name, (kind, shape) in ARRAYS.items()}


def measure_forms(filters: int, record: StimuliRecord) -> dict[str, Form]:
    """Return type and shape of each array of `MeasureArrays`."""
    return {
        name: (measure.dtype, measure.shape(filters, record)) for name, measure in MEASURES.items()
    }


def response_form(filters: int, record: StimuliRecord) -> Form:
    """Return type and shape of the responses of a layer."""
    return np.float16, (filters, record.stimuli)


def _saved(layer: str, arrays: Mapping[str, np.ndarray], forms: Mapping[str, Form]) -> bytes:
    if problem := _differs(arrays, forms):
        raise AtlasError(f"{layer}: {problem}")
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _load(path: Path, forms: Mapping[str, Form]) -> dict[str, np.ndarray]:
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unusable(path, f"not readable ({error})") from error
    if problem := _differs(arrays, forms):
        raise _unusable(path, problem)
    return {name: arrays[name] for name in forms}


def _unusable(path: Path, problem: str | None) -> AtlasError:
    return AtlasError(f"{path}: {problem}; compute the atlas again")


def _require_indices(path: Path, name: str, indices: np.ndarray, length: int) -> None:
    """Raise AtlasError where an index, −1 for none, leads to nothing."""
    if len(indices) and not (-1 <= indices.min() <= indices.max() < length):
        raise _unusable(path, f"array {name} leads beyond its {length} names")


def _differs(arrays: Mapping[str, np.ndarray], forms: Mapping[str, Form]) -> str:
    """Say which array is the first that has not its form, and how; "" where all have."""
    for name, (kind, shape) in forms.items():
        array = arrays.get(name)
        if array is None or array.dtype != kind or array.shape != shape:
            described = "missing" if array is None else f"{array.dtype} {list(array.shape)}"
            return f"array {name} is {described}, should be {np.dtype(kind)} {list(shape)}"
    return ""


def _parse_manifest(path: Path, text: bytes) -> Manifest:
    """Return the manifest; AtlasError names its path and what is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _unusable(path, f"not JSON ({error})") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA:
        raise _unusable(path, f"schema {version}, this version reads schema {SCHEMA}")
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise _unusable(path, _first_problem(error)) from error
    for name in manifest.files:
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            raise _unusable(path, f"{name!r} leads out of the atlas")
    for name in expected_files(manifest.layers):
        if name not in manifest.files:
            raise _unusable(path, f"{name} is not listed")
    return manifest


def _first_problem(error: ValidationError) -> str:
    """Return the first problem that a record has, on one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
