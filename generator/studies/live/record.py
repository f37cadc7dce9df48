"""What the study leaves: `network.json`, the graph with its tensors' places, and `pictures.json`.

A tensor is a run of little-endian numbers in the file of its node's part, `weights-1.bin` and so
on. Pairs are [rows, columns]; shapes of values are [maps, rows, columns].
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from generator.names import Rule

SCHEMA: Literal[1] = 1
NETWORK, PICTURES = "network.json", "pictures.json"
TOP = 10  # filters of each layer that are named for a picture

Pair = tuple[int, int]
Shape = tuple[int, int, int]


def weights_name(part: int) -> str:
    """Return the name of the file of a part's weights; parts count from 1."""
    return f"weights-{part}.bin"


class Record(BaseModel):
    """A frozen record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tensor(Record):
    """Numbers in a part's file; those of 4 bytes begin at a multiple of 4."""

    at: int  # byte where they begin
    type: Literal["i8", "f32", "i32"]
    shape: tuple[int, ...]


class Node(Record):
    """One op: the values that it reads, and the one that it makes."""

    inputs: tuple[int, ...]
    output: int
    part: int  # that has its tensors


class Convolution(Node):
    """Cross-correlation; weights are the whole numbers times `scale` [o]."""

    op: Literal["convolution"] = "convolution"
    kernel: Pair
    stride: Pair
    padding: Pair
    behind: Pair  # further zeros behind the padding on that side
    dilation: Pair
    groups: int
    weight: Tensor  # i8 [o, i / groups, rows, columns]
    scale: Tensor  # f32 [o]
    bias: Tensor | None  # f32 [o]


class TransposedConvolution(Node):
    """The adjoint of a convolution; weights are the whole numbers times `scale` [o]."""

    op: Literal["transposed_convolution"] = "transposed_convolution"
    stride: Pair
    padding: Pair
    extra: Pair  # rows and columns that the output has more
    dilation: Pair
    groups: int
    weight: Tensor  # i8 [i, o / groups, rows, columns]
    scale: Tensor  # f32 [o]
    bias: Tensor | None  # f32 [o]


class Scaling(Node):
    """Each map times its gain, plus its shift."""

    op: Literal["scaling"] = "scaling"
    gain: Tensor  # f32 [c]
    shift: Tensor  # f32 [c]


class Relu(Node):
    """What is below 0 becomes 0, what is above the ceiling the ceiling."""

    op: Literal["relu"] = "relu"
    ceiling: float | None


class MaxPool(Node):
    """The largest value of each window; padding never wins."""

    op: Literal["max_pool"] = "max_pool"
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    rounds_up: bool  # whether a last window may begin inside and end outside


class AveragePool(Node):
    """The mean of each window, padding counted as zeros."""

    op: Literal["average_pool"] = "average_pool"
    kernel: Pair
    stride: Pair
    padding: Pair


class Sum(Node):
    """Values added, each times its factor."""

    op: Literal["sum"] = "sum"
    factors: tuple[float, ...]


class Concatenation(Node):
    """Maps of several values, one after the other."""

    op: Literal["concatenation"] = "concatenation"
    maps: tuple[int, ...]  # of each


class Selection(Node):
    """Row r of map m is row r · stride − padding of the input's map maps[m]; outside lie zeros."""

    op: Literal["selection"] = "selection"
    maps: Tensor  # i32 [c], −1 for a map of zeros
    stride: Pair
    padding: Pair  # may be below zero
    size: Pair  # of the output
    read_maps: int  # of the input


class Gather(Node):
    """Each number of the output is one of the input, or zero."""

    op: Literal["gather"] = "gather"
    places: Tensor | None  # i32 [c · h · w], −1 for zero; None: the same numbers, another shape
    here: Shape
    there: Shape


class Interpolation(Node):
    """Each map becomes down · map · rightᵀ."""

    op: Literal["interpolation"] = "interpolation"
    down: Tensor  # f32 [rows out, rows in]
    right: Tensor  # f32 [columns out, columns in]


class Pointwise(Node):
    """A function of each number alone, by torch's name."""

    op: Literal["pointwise"] = "pointwise"
    function: str
    parameters: dict[str, float]  # all that it has, by torch's names
    slopes: Tensor | None  # f32 [c], of a prelu


class LocalNormalisation(Node):
    """x / (k + alpha · mean of x² over `size` maps around it)^beta, as torch has it."""

    op: Literal["local_normalisation"] = "local_normalisation"
    size: int
    alpha: float
    beta: float
    k: float


Op = Annotated[
    Convolution
    | TransposedConvolution
    | Scaling
    | Relu
    | MaxPool
    | AveragePool
    | Sum
    | Concatenation
    | Selection
    | Gather
    | Interpolation
    | Pointwise
    | LocalNormalisation,
    Field(discriminator="op"),
]


class Layer(Record):
    """A watched layer. All lengths in input pixels."""

    name: str
    title: str
    value: int
    filters: int  # those that are shown; the value may have more maps
    field: int  # side of what a unit sees; above both sides of the input: all of it
    stride: int | float
    offset: int  # first pixel that unit 0 sees
    part: int  # the last part that it needs
    # Norm of the difference that 8-bit weights make to its maps, over the maps' own, on all
    # pictures together.
    deviation: float


class Part(Record):
    """One file of weights."""

    bytes: int


class NetworkRecord(Record):
    """The graph that a page runs: nodes in order, each after all that it reads."""

    schema_: Literal[1] = Field(default=SCHEMA, alias="schema")
    network: str
    input: Pair  # pixels
    mean: tuple[float, float, float]  # RGB, of values in 0…1
    std: tuple[float, float, float]
    grey: bool = False  # whether it takes pictures without their colours, as three equal ones
    rule: Rule
    classes: tuple[str, ...]
    output: int | None  # the value with a score for each class, [classes, 1, 1]
    no_output: str  # why there is none, a sentence
    resizable: bool  # whether the layers, not the output, can be run on images of any size
    values: tuple[Shape, ...]  # 0 is the normalised image
    nodes: tuple[Op, ...]
    layers: tuple[Layer, ...]
    parts: tuple[Part, ...]


class Picture(Record):
    """A picture of the input's size, to begin with."""

    name: str
    words: str
    kind: Literal["drawing", "image"]
    credit: str
    type: Literal["image/png", "image/webp"]
    data: str  # base64
    # By layer the filters with the highest activations above zero, highest first, and these, as
    # the network with 8-bit weights has them on the decoded picture.
    top: dict[str, tuple[tuple[int, float], ...]]


PICTURE_LIST = TypeAdapter(tuple[Picture, ...])
OP: TypeAdapter[Op] = TypeAdapter(Op)
