"""Data sets of torchvision's, from files that the test writes; nothing is downloaded."""

from __future__ import annotations

import os
import pickle
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.errors import ImagesError
from generator.images.decode import UnreadableImage
from generator.images.sets.sources import open_images
from generator.images.sets.torchvision import TorchvisionImages, _arguments, _parameters
from generator.names import Size
from generator.network.torchvision_compat import datasets
from tests.support.image_forms import CREDITS, files, write_folder


def write_mnist(root: Path, digits: list[int]) -> np.ndarray:
    """Write the files that MNIST has, for these digits; return the pictures [n, 28, 28]."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pictures = np.random.default_rng(0).integers(0, 256, (len(digits), 28, 28), np.uint8)
    for part in ("train", "t10k"):
        head = np.array([2051, len(digits), 28, 28], ">i4").tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + pictures.tobytes())
        head = np.array([2049, len(digits)], ">i4").tobytes()
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(head + bytes(digits))
    return pictures


def test_a_data_set_by_name(tmp_path: Path) -> None:
    """Pictures, labels and captions come from torchvision's class, credits from the folder."""
    pictures = write_mnist(tmp_path, [3, 0, 3])
    (tmp_path / "CREDITS.toml").write_bytes(CREDITS)
    images = open_images(f"torchvision:MNIST:{tmp_path}")
    assert (images.name, len(images)) == ("MNIST", 3)
    assert [images.path(row) for row in range(3)] == ["MNIST/0", "MNIST/1", "MNIST/2"]
    assert [images.label(row) for row in range(3)] == ["3 - three", "0 - zero", "3 - three"]
    assert images.labels() == ("0 - zero", "3 - three")
    assert images.caption(2) == "3 - three, image 2"
    assert images.original_size(1) == (28, 28)
    credit = images.credits()
    assert credit is not None
    assert credit.licence == "Anna"
    for row, expected in enumerate(pictures):
        pixels = images.read(row, Size.square(28))
        assert (pixels[:3] == expected).all()
        assert (pixels[3] == 255).all()


def test_arguments_choose_the_part(tmp_path: Path) -> None:
    """Truths, numbers and texts reach the data set, and another part is another set of images."""
    write_mnist(tmp_path, [3, 0, 3])
    labels = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-3] + bytes([7, 7, 1]))
    whole = open_images(f"torchvision:MNIST:{tmp_path}")
    train = open_images(f"torchvision:MNIST:{tmp_path}:train=True")
    test = open_images(f"torchvision:MNIST:{tmp_path}:train=false")
    assert (train.label(0), whole.label(0), test.label(0)) == (
        "3 - three",
        "3 - three",
        "7 - seven",
    )
    assert test.signature() != train.signature()
    assert test.fingerprint() != train.fingerprint()


def test_values_are_read_as_the_parameter_wants_them() -> None:
    """A year that is a text stays one; a number is a number."""
    read = partial(_arguments, "torchvision:X")
    assert read("year=2012", _parameters(datasets.VOCDetection)) == {"year": "2012"}
    assert read("partition=2,split=val", _parameters(datasets.DTD)) == {
        "partition": 2,
        "split": "val",
    }
    assert read("background=FALSE", _parameters(datasets.Omniglot)) == {"background": False}
    assert read("split=letters,train=false", _parameters(datasets.EMNIST)) == {
        "split": "letters",
        "train": False,
    }


def test_a_set_that_needs_an_argument(tmp_path: Path) -> None:
    """EMNIST has its letters in files of their own."""
    write_mnist(tmp_path, [1, 2])
    (tmp_path / "MNIST").rename(tmp_path / "EMNIST")
    for file in (tmp_path / "EMNIST" / "raw").glob("train-*"):
        file.rename(file.with_name(f"emnist-letters-{file.name}"))
    images = open_images(f"torchvision:EMNIST:{tmp_path}:split=letters")
    assert [images.label(row) for row in range(2)] == ["a", "b"]


def test_a_folder_with_a_colon_is_a_folder(tmp_path: Path) -> None:
    """What is there under exactly that name is meant."""
    write_mnist(tmp_path / "a:b=c", [1])
    assert len(open_images(f"torchvision:MNIST:{tmp_path / 'a:b=c'}")) == 1


def test_a_folder_of_torchvisions_gives_what_the_folder_gives(tmp_path: Path) -> None:
    """ImageFolder's pictures are those that a folder has, pixel for pixel."""
    content = {path: data for path, data in files().items() if path.startswith(("cats", "sea"))}
    write_folder(tmp_path, {path: data for path, data in content.items() if "/." not in path})
    folder, images = open_images(str(tmp_path)), open_images(f"torchvision:ImageFolder:{tmp_path}")
    assert len(images) == len(folder) == 3
    for row in range(3):
        assert (images.read(row, Size.square(9)) == folder.read(row, Size.square(9))).all()
        assert images.original_size(row) == folder.original_size(row)
    assert images.labels() == ("cats", "sea_dogs")


def test_it_travels_to_other_processes_and_sees_changes(tmp_path: Path) -> None:
    """Pickled it is the same; a later file is another signature, another size another print."""
    write_mnist(tmp_path, [1, 2])
    images = open_images(f"torchvision:MNIST:{tmp_path}")
    other = pickle.loads(pickle.dumps(images))  # noqa: S301 - made in the line before
    assert (other.read(1, Size.square(5)) == images.read(1, Size.square(5))).all()
    (labels,) = (tmp_path / "MNIST" / "raw").glob("train-labels*")
    os.utime(labels, ns=(0, 1))
    later = open_images(f"torchvision:MNIST:{tmp_path}")
    assert later.fingerprint() == images.fingerprint() == other.fingerprint()
    assert later.signature() != images.signature()
    (tmp_path / "MNIST" / "raw" / "more").write_bytes(b"x")
    assert open_images(f"torchvision:MNIST:{tmp_path}").fingerprint() != images.fingerprint()


def test_a_root_that_has_gone_is_noticed(tmp_path: Path) -> None:
    """None of its pictures is to be left out for it."""
    write_mnist(tmp_path / "disk", [1, 2])
    images = open_images(f"torchvision:MNIST:{tmp_path / 'disk'}")
    assert images.is_there(0)
    shutil.rmtree(tmp_path / "disk")
    assert not images.is_there(0)


class Given:
    """Stands for a data set: gives what it holds, and raises what is an error."""

    def __init__(self, items: list[object], **more: object) -> None:
        self.items = items
        vars(self).update(more)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> object:
        item = self.items[row]
        if isinstance(item, Exception):
            raise item
        return item


def test_arrays_and_targets_of_any_kind(tmp_path: Path) -> None:
    """Arrays are pictures; a class is a number, with a name or without; anything else is none."""
    grey, colour = np.full((4, 4), 7, np.uint8), np.full((4, 4, 3), 9, np.uint8)
    items: list[object] = [
        (grey, 1),
        (colour, 0),
        (Image.new("RGB", (4, 4)), 5),
        (grey, (1, 2)),
        (grey, None),
        grey,
    ]
    images = TorchvisionImages(Given(items, classes=["cat", ("dog", "hound")]), tmp_path)
    assert [images.label(row) for row in range(6)] == ["dog", "cat", "5", "", "", ""]
    assert images.labels() == ("cat", "dog")
    assert images.caption(5) == "image 5"
    assert [int(images.read(row, Size.square(2))[0, 0, 0]) for row in range(3)] == [7, 9, 0]
    plain = TorchvisionImages(Given(items[:2], targets=[4, 4]), tmp_path)
    assert plain.labels() == ("4",)
    boxes = TorchvisionImages(Given(items[:2], targets=[[1], [1, 2]]), tmp_path)
    assert boxes.labels() == ()


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (OSError("image file is truncated"), "truncated"),
        (FileNotFoundError(2, "gone"), "vanished"),
        (RuntimeError("bad\nfile"), "bad file"),
        (ValueError("odd"), "damaged: odd"),
        (([1, 2], 0), "not an image: Given gives list"),
        ((np.zeros((4, 4), np.float32), 0), "not an image: Given gives ndarray"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, item: object, reason: str) -> None:
    """As for any other image, with torchvision's words where they are what there is."""
    images = TorchvisionImages(Given([item]), tmp_path)
    with pytest.raises(UnreadableImage) as caught:
        images.read(0, Size.square(4))
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("torchvision:", "name the data set and its folder, such as torchvision:CIFAR10:data"),
        ("torchvision:MNIST", "name the data set and its folder"),
        ("torchvision:MNIST:", "name the data set and its folder"),
        ("torchvision:CIFAR11:.", "no data set 'CIFAR11'; did you mean 'CIFAR10"),
        ("torchvision:VisionDataset:.", "no data set 'VisionDataset'"),
        ("torchvision:FakeData:.", "no data set 'FakeData'"),
        ("torchvision:MNIST:{}/none", "no folder .*/none: nothing is downloaded here; bring"),
        ("torchvision:MNIST:{}", r"MNIST cannot be opened in .* \(Dataset not found.*bring the"),
        (
            "torchvision:EMNIST:{}",
            r"EMNIST: needs split=…, as in .*its parameters are train, split$",
        ),
        (
            "torchvision:EMNIST:{}:splat=a",
            "EMNIST: no parameter 'splat'; its parameters are train,",
        ),
        (
            "torchvision:MNIST:{}:letters=1,x",
            "MNIST: no parameter 'letters'; its parameters are tr",
        ),
        ("torchvision:MNIST:{}:train=1,x", "MNIST: no parameter 'x'; its parameters are train"),
        ("torchvision:SUN397:{}:train=1", "SUN397: no parameter 'train'; it has no parameters$"),
        (
            "torchvision:EMNIST:{}:split=x",
            r"EMNIST refuses split=x \(.*Valid values are.*\); its param",
        ),
        ("torchvision:MNIST:{}:download=true", "no parameter 'download'"),
        ("torchvision:MNIST:{}/none:train=true", "no folder .*/none: nothing is downloaded"),
        ("torchvision:ImageFolder:{}", "ImageFolder cannot be opened in .*find any class folder"),
    ],
)
def test_what_cannot_be_opened_is_told(tmp_path: Path, spec: str, told: str) -> None:
    """With torchvision's own words, and what to do."""
    with pytest.raises(ImagesError, match=told):
        open_images(spec.format(tmp_path))


def test_an_empty_data_set_is_told(tmp_path: Path) -> None:
    """Nothing to search is an error, not an empty gallery."""
    with pytest.raises(ImagesError, match="no images in Given"):
        TorchvisionImages(Given([]), tmp_path)
