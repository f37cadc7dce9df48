"""The records that cross the wall between computing and rendering.

Everything a page shows comes from these records, from the arrays of `LayerArrays`, and from the
pictures beside them. A change of meaning raises `SCHEMA`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from generator.atlas.bins import BINS
from generator.atlas.measures import StimuliRecord
from generator.names import Evidence, Rule, Size

SCHEMA = 6
PLACES = 9  # a filter keeps this many images
EFFECTIVE = 0.98  # of the squared reconstruction lies in the effective field

# Alike for every layer, in picture pixels.
SMALL_TILE = 86  # of the small sheets, whose pairs stand sharp on cards of 264 pixels at two each
IMAGE_TILE = 112  # of the sheet of whole images
GUTTER = 2

RANDOM_WEIGHTS = "random weights"  # begins the source of a network that has learned nothing

PictureKind = Literal[
    "patches", "reconstructions", "images", "patches.small", "reconstructions.small"
]


def sheet_side(tile: int, gutter: int) -> int:
    """Return the side of a 3 × 3 contact sheet, in picture pixels."""
    return 3 * tile + 2 * gutter


class Record(BaseModel):
    """A frozen record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


SizeRecord = Annotated[
    Size,
    BeforeValidator(lambda value: Size.square(value) if isinstance(value, int) else value),
    PlainSerializer(lambda size: size.plain),
]


class NetworkRecord(Record):
    """The network whose filters the atlas shows."""

    name: str
    source: str  # where the weights come from, for people
    weights_sha256: str
    input_size: SizeRecord  # pixels, height and width
    mean: tuple[float, float, float]  # RGB, of values in 0…1
    std: tuple[float, float, float]
    classes: tuple[str, ...]
    trained_on: str  # the image sets and their terms, for people; empty where unknown
    choice: str = ""  # how the layers were chosen, in a sentence; empty where a person named them
    skipped: tuple[str, ...] = ()  # what reconstructions pass over: "local response normalisation"

    @property
    def is_random(self) -> bool:
        """Say whether the weights are random numbers, so that nothing was learned."""
        return self.source.startswith(RANDOM_WEIGHTS)


class Credit(Record):
    """Who made an image set, and on what terms it may be shown (`CREDITS.toml`)."""

    title: str
    authors: str
    licence: str
    licence_url: str = ""
    source: str  # address or package where the set comes from
    how_to_credit: str  # one sentence to print beside the pictures


class SkippedFile(Record):
    """A file of the image folder that could not be used."""

    path: str  # relative to the root
    reason: str


class ImageSetRecord(Record):
    """The images that were searched."""

    root_name: str  # name of the folder, never its path
    count: int  # readable images
    duplicates: int  # of them, those with exactly the pixels of an earlier one; they take no place
    one_per_label: bool  # whether each filter's nine images have different labels
    fingerprint: str  # sha256 over relative paths and sizes in bytes
    labels: tuple[str, ...]  # every label of the set, sorted
    skipped: tuple[SkippedFile, ...]
    remarks: tuple[str, ...] = ()  # on images that were read all the same, a line for each kind
    credits: Credit | None


class KernelSheet(Record):
    """A picture of all kernels of a layer that looks at pixels, at one moment of training."""

    name: str  # ends the picture's name: "untrained", "epoch05", "trained"
    words: str  # "random weights", "after 5 epochs"
    width: int  # picture pixels, one for each weight
    height: int


class LayerRecord(Record):
    """One watched layer. All lengths in input pixels."""

    name: str  # "layer1": folder name, array file name, and the name used in content/
    title: str  # "Layer 1"
    module: str  # path of the module inside the network, "features.relu1"
    filters: int
    grid: tuple[int, int]  # rows, columns of the feature map
    receptive_field: int  # larger than both sides of the input: units see all of it
    field_known_by: Evidence = "geometry"
    # Side of the smallest square in the middle of the receptive field that has `EFFECTIVE` of the
    # squared reconstruction, the median over places; None where nothing was measured.
    effective_field: int | None
    # Side of the squares that patches and reconstructions show, in the middle of the receptive
    # field. Where that is larger than both sides of the input, they may show the whole input.
    patch: int
    stride: int | float  # no whole number behind an op that enlarges maps
    offset: int  # first input pixel (row and column alike) that unit 0 sees
    tile: int  # side of one patch in the contact sheets, picture pixels
    gutter: int  # space between tiles in the contact sheets, picture pixels
    thumbnails: bool  # whether small sheets lie beside the large ones
    kernels: tuple[KernelSheet, ...]  # in order of training; none where maps are the input
    stimuli: StimuliRecord | None  # the stimuli behind the facts of `measures`, if there were any


class ImageRecord(Record):
    """An image that won a place somewhere: one line of `images.jsonl`."""

    row: int  # its place in the sorted list of all images
    path: str  # relative to the root, "/" between parts, undecodable bytes as U+FFFD
    label: str  # name of the parent folder, made readable; "" for files at the root
    caption: str  # made from the file name, or from the set's own text
    width: int  # of the original file, pixels
    height: int
    licence: str


class Manifest(Record):
    """`manifest.json`: what the atlas holds, and the hash of every file in it."""

    schema_version: int = SCHEMA
    network: NetworkRecord
    images: ImageSetRecord
    layers: tuple[LayerRecord, ...]
    rule: Rule  # that made the reconstructions
    settings: dict[str, Any]
    files: dict[str, str]  # path inside the atlas → sha256

    def layer(self, name: str) -> LayerRecord:
        """Return the layer of that name; KeyError where there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)


def array(dtype: type[np.generic], *shape: int) -> Any:
    """Return a field of `LayerArrays` [f, *shape]."""
    return field(metadata={"form": (dtype, shape)})


@dataclass(frozen=True)
class LayerArrays:
    """`<layer>.safetensors`. f: filters; nine places each, strongest first."""

    activation: npt.NDArray[np.float32] = array(np.float32, PLACES)  # falling; NaN: empty place
    image: npt.NDArray[np.int64] = array(np.int64, PLACES)  # row in images.jsonl; −1: empty place
    unit: npt.NDArray[np.int32] = array(np.int32, PLACES, 2)  # row, column in the feature map
    # Receptive field: top, left, bottom, right in input pixels, half-open; may reach outside the
    # input. The smallest square around the input where the field is larger than that.
    box: npt.NDArray[np.int32] = array(np.int32, PLACES, 4)
    # The reconstruction's value that is shown as full white or black.
    scale: npt.NDArray[np.float32] = array(np.float32, PLACES)
    # Images by their strongest activation, if positive.
    histogram: npt.NDArray[np.int64] = array(np.int64, BINS)
    # Of the images that activate a filter most, the hundredth part of all (at least nine, at most
    # a thousand): share of the most frequent label, entropy in bits, and that label, as index into
    # `ImageSetRecord.labels`. Without any label NaN, NaN and −1.
    label_purity: npt.NDArray[np.float32] = array(np.float32)
    label_entropy: npt.NDArray[np.float32] = array(np.float32)
    label: npt.NDArray[np.int32] = array(np.int32)

    @property
    def active(self) -> npt.NDArray[np.int64]:
        """Return [f]: how many images activate each filter at all."""
        active: npt.NDArray[np.int64] = self.histogram.sum(axis=1)
        return active
