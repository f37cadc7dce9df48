"""`CREDITS.toml` and `captions.json`: read without loss, and named where they are wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.atlas.schema import Credit
from generator.errors import ImagesError
from generator.images.root_files import read_captions, read_credits, write_credits

CREDIT = Credit(
    title='A "quoted" set \\ of images',
    authors="Ängström, 李",
    licence="CC BY 4.0",
    source="C:\\pictures\n\tsecond line",
    how_to_credit="Say thanks.",
)
WHOLE = dict.fromkeys(("title", "authors", "licence", "source", "how_to_credit"), "x")


def write(folder: Path, record: dict[str, object]) -> None:
    """Write keys and values whose Python form is TOML too."""
    lines = [f"{key} = {value!r}\n" for key, value in record.items()]
    (folder / "CREDITS.toml").write_text("".join(lines), "utf-8")


def test_written_credits_are_read_back(tmp_path: Path) -> None:
    """Quotes, backslashes, line ends and other alphabets survive; nothing else is left."""
    write_credits(tmp_path, CREDIT)
    assert read_credits(tmp_path) == CREDIT
    assert [path.name for path in tmp_path.iterdir()] == ["CREDITS.toml"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_proper_toml(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """An independent reader finds every text, control characters too, as it was given."""
    folder = tmp_path_factory.mktemp("credits")
    write_credits(folder, CREDIT.model_copy(update={"authors": text}))
    written = tomllib.loads((folder / "CREDITS.toml").read_bytes().decode("utf-8"))
    assert written["authors"] == text


def test_a_folder_without_credits(tmp_path: Path) -> None:
    """No file, no credit, no error."""
    assert read_credits(tmp_path) is None


def test_the_address_of_the_licence_may_be_missing(tmp_path: Path) -> None:
    """Every other key is required."""
    write(tmp_path, dict(WHOLE))
    credit = read_credits(tmp_path)
    assert credit is not None
    assert (credit.title, credit.licence_url) == ("x", "")


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    """The error names the file, the key, and the keys that there are."""
    write(tmp_path, {name: value for name, value in WHOLE.items() if name != key})
    with pytest.raises(ImagesError, match=f"CREDITS.toml: the key {key} is missing; .*how_to_cred"):
        read_credits(tmp_path)


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    """A misspelt key is an error, not a silent loss."""
    write(tmp_path, {**WHOLE, "license": "MIT"})
    with pytest.raises(ImagesError, match="the key license is unknown"):
        read_credits(tmp_path)


def test_a_value_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Numbers and lists are refused."""
    write(tmp_path, {**WHOLE, "authors": ["one", "two"]})
    with pytest.raises(ImagesError, match="the key authors must be a text"):
        read_credits(tmp_path)


@pytest.mark.parametrize("content", [b"title = ", b"title = '\xff'", b"just words"])
def test_broken_toml_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is no TOML, or no UTF-8, is named with the fault."""
    (tmp_path / "CREDITS.toml").write_bytes(content)
    with pytest.raises(ImagesError, match=r"CREDITS\.toml is not TOML: ."):
        read_credits(tmp_path)


def test_credits_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder of that name is an error, not a missing credit."""
    (tmp_path / "CREDITS.toml").mkdir()
    with pytest.raises(ImagesError, match="cannot be read"):
        read_credits(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"a.png": 3}', b"\xff"])
def test_broken_captions_are_an_error(tmp_path: Path, content: bytes) -> None:
    """A captions file that is no JSON object of texts is named."""
    path = tmp_path / "captions.json"
    path.write_bytes(content)
    with pytest.raises(ImagesError, match=str(path)):
        read_captions(tmp_path)
