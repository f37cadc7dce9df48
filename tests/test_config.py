"""Settings from a file and from flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.config import Settings, load_settings
from generator.errors import ConfigError
from generator.names import Size
from generator.studies import STUDIES


def test_flags_lie_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    """A flag that was not given changes nothing; paths in the file are relative to it."""
    file = tmp_path / "gallery.toml"
    file.write_text('images = "photos"\nbatch = 7\nsite = "out"\nlayers = ["layer2"]\n')
    settings = load_settings(file, {"batch": 9, "site": None, "device": None})
    assert settings.batch == 9
    assert settings.images == str(tmp_path / "photos")
    assert settings.site == tmp_path / "out"
    assert settings.layers == ("layer2",)
    assert settings.device == Settings().device


@pytest.mark.parametrize(
    ("spec", "taken_as"),
    [
        ("shards/{00..12}.tar", "{0}/shards/{{00..12}}.tar"),
        ("list.txt", "{0}/list.txt"),
        ("/far/photos.zip", "/far/photos.zip"),
        ("torchvision:CIFAR10:data/cifar", "torchvision:CIFAR10:{0}/data/cifar"),
        ("torchvision:EMNIST:a/b:split=letters", "torchvision:EMNIST:{0}/a/b:split=letters"),
        ("torchvision:CIFAR10:", "torchvision:CIFAR10:"),
        ("torchvision:CIFAR10", "torchvision:CIFAR10"),
        ("pipe:cat shards/0.tar", "pipe:cat shards/0.tar"),
        ("https://example.org/a.tar", "https://example.org/a.tar"),
    ],
)
def test_the_path_in_a_form_of_images_is_relative_to_the_file(
    tmp_path: Path, spec: str, taken_as: str
) -> None:
    """Where a form has a path, that is joined; commands and addresses stay as they are."""
    file = tmp_path / "gallery.toml"
    file.write_text(f"images = '{spec}'\n")
    assert load_settings(file, {}).images == taken_as.format(tmp_path)


def test_without_a_file_the_defaults_hold() -> None:
    """Nothing is required."""
    assert load_settings(None, {}) == Settings()


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A slip in the settings file gets a hint."""
    file = tmp_path / "gallery.toml"
    file.write_text("bacth = 3\n")
    with pytest.raises(ConfigError, match=r"gallery\.toml: unknown key 'bacth'.*'batch'"):
        load_settings(file, {})


def test_a_key_of_an_earlier_version_is_named_with_what_to_write(tmp_path: Path) -> None:
    """The nearest known key by its letters may be another one."""
    file = tmp_path / "gallery.toml"
    file.write_text("probes = false\n")
    with pytest.raises(
        ConfigError, match=r"gallery\.toml: the key 'probes' is gone; write 'stimuli' instead"
    ):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("text", "named"),
    [("batch = 0", "'batch'"), ('batch = "many"', "'batch'"), ("batch = ", "gallery.toml")],
)
def test_a_value_that_does_not_fit_is_named(tmp_path: Path, text: str, named: str) -> None:
    """Wrong types, ranges and broken TOML are errors, not guesses."""
    file = tmp_path / "gallery.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=named):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("text", "size"),
    [("128", Size(128, 128)), ("[128, 64]", Size(128, 64)), ('"8x4096"', Size(8, 4096))],
)
def test_an_input_size_is_one_number_or_height_and_width(
    tmp_path: Path, text: str, size: Size
) -> None:
    """In the file, and as the flag has it."""
    file = tmp_path / "gallery.toml"
    file.write_text(f"input_size = {text}\n")
    assert load_settings(file, {}).input_size == size
    flag = f"{size.height}x{size.width}"
    assert load_settings(None, {"input_size": flag}).input_size == size


@pytest.mark.parametrize(
    "text", ["7", "[7, 64]", "[64, 5000]", "[]", "[64, 64, 3]", '"64x"', "64.5"]
)
def test_an_input_size_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    """It says what to write."""
    file = tmp_path / "gallery.toml"
    file.write_text(f"input_size = {text}\n")
    with pytest.raises(ConfigError, match=r"'input_size': give .* height and width: 128x64, in"):
        load_settings(file, {})


def test_mean_and_std_are_one_number_or_three(tmp_path: Path) -> None:
    """One stands for all three colours."""
    file = tmp_path / "gallery.toml"
    file.write_text("mean = 0.1307\nstd = [0.3081]\n")
    settings = load_settings(file, {})
    assert (settings.mean, settings.std) == ((0.1307,) * 3, (0.3081,) * 3)
    file.write_text("mean = [0.1, 0.2]\n")
    with pytest.raises(ConfigError, match=r"'mean'"):
        load_settings(file, {})


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Asked for by name, it must exist."""
    with pytest.raises(ConfigError, match=r"none\.toml does not exist"):
        load_settings(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('"all"', tuple(STUDIES)),
        ('"none"', ()),
        ("[]", ()),
        ('"live"', ("live",)),
        ('["live"]', ("live",)),
        ('" live , live"', ("live", "live")),
    ],
)
def test_studies_are_named_or_all_or_none(
    tmp_path: Path, text: str, names: tuple[str, ...]
) -> None:
    """In the file as text or as a list, in the flag as text."""
    file = tmp_path / "gallery.toml"
    file.write_text(f"studies = {text}\n")
    assert load_settings(file, {}).studies == names


@pytest.mark.parametrize(
    ("value", "meant"), [("lvie", "live"), ("live,nnoe", "none"), (["al"], "all")], ids=str
)
def test_an_unknown_study_is_named_with_the_nearest(value: object, meant: str) -> None:
    """The error says what it may have meant."""
    with pytest.raises(ConfigError, match=rf"there is no study .*; did you mean '{meant}'\?"):
        load_settings(None, {"studies": value})
