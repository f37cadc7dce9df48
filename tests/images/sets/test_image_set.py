"""Labels that all sets of files share: the innermost folder that differs between pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.images.sets.image_set import ImageSet, alike_at_end
from generator.images.sets.sources import open_images
from tests.support.image_forms import picture, write_folder, write_tar, write_zip

PNG = picture()
CASES = {
    "class/images": (["a/images/1.png", "b/images/2.png"], ["a", "b"]),
    "split/class/images": (["train/a/images/1.png", "train/b/images/2.png"], ["a", "b"]),
    "two splits": (
        ["train/a/images/1.png", "train/b/images/2.png", "val/images/3.png"],
        ["a", "b", "val"],
    ),
    "two folders below": (["a/x/images/1.png", "b/x/images/2.png"], ["a", "b"]),
    "split/class": (["train/a/1.png", "train/b/2.png", "val/a/3.png"], ["a", "b", "a"]),
    "folders of different depth": (["a/1.png", "b/c/2.png"], ["a", "c"]),
    "some without": (["a/images/1.png", "b/images/2.png", "images/3.png"], ["a", "b", ""]),
    "some outside": (["a/images/1.png", "b/images/2.png", "logo.png"], ["a", "b", ""]),
    "one folder": (["cats/1.png", "cats/2.png"], ["cats", "cats"]),
    "flat": (["1.png", "2.png"], ["", ""]),
    "endings of names alike": (["big_images/1.png", "images/2.png"], ["big images", "images"]),
}


def labels_of(images: ImageSet) -> list[str]:
    """Return the label of every row."""
    return [images.label(row) for row in range(len(images))]


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "shard", "list"])
@pytest.mark.parametrize("case", CASES)
def test_the_innermost_folder_that_differs_is_the_label(
    tmp_path: Path, case: str, form: str
) -> None:
    """In every form; and a set names exactly the labels that its pictures have."""
    paths, labels = CASES[case]
    content = dict.fromkeys(paths, PNG)
    if form == "zip":
        spec = write_zip(tmp_path / "a.zip", content)
    elif form in ("tar", "shard"):
        write_tar(tmp_path / "0.tar", content.items())
        spec = tmp_path / ("0.tar" if form == "tar" else "{0..0}.tar")
    else:
        spec = write_folder(tmp_path / "root", content)
        if form == "list":
            spec = spec / "list.txt"
            spec.write_text("\n".join(paths))
    images = open_images(str(spec))
    assert labels_of(images) == labels
    assert images.labels() == tuple(sorted(set(labels) - {""}))


def test_captions_say_the_label(tmp_path: Path) -> None:
    """A picture without a name of its own is called by it."""
    names = ("n01443537/images/n01443537_0.JPEG", "n01629819/images/n01629819_12.JPEG")
    images = open_images(str(write_folder(tmp_path, dict.fromkeys(names, PNG))))
    assert [images.caption(row) for row in range(2)] == [
        "n01443537, image 0",
        "n01629819, image 12",
    ]


def test_what_is_alike_is_counted_in_folders() -> None:
    """Whole names count, from the innermost outwards, and one path is alike to none."""
    assert alike_at_end([b"a/x/y", b"b/x/y", b"", b"x/y"]) == 2
    assert alike_at_end([b"a/xy", b"a/y"]) == 0
    assert alike_at_end([b"a/b"]) == alike_at_end([b""]) == alike_at_end([]) == 0
