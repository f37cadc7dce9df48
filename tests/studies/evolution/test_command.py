"""The study of one's own network, through the command, and snapshots that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from generator.atlas.store import Atlas
from generator.cli import main
from generator.studies.evolution import measure
from generator.studies.evolution.record import RECORD, Evolution
from tests.compute.pipeline.runs import bytes_of
from tests.support.tiny_network import draw_pictures, tiny_network

NETWORK = """
from torch import nn

def net():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(4, 6, 3), nn.ReLU()
    )
"""
SETTINGS = """
network = "net.py:net"
weights = "final.pth"
layers = ["layer1=1", "layer2=4"]
input_size = 24
images = "pictures"
atlas = "atlas"
batch = 8
workers = 0
stimuli = false
studies = ["evolution"]
"""
SNAPSHOTS = 'snapshots = { "epoch 1" = "e1.pth", "epoch 9" = "kept/e9.pth" }\n'

State = dict[str, torch.Tensor]


def a_state(seed: int) -> State:
    """Return weights of the network, other ones for each seed."""
    state: State = tiny_network().model.state_dict()
    source = torch.Generator().manual_seed(seed)
    return {
        name: value + torch.randn(value.shape, generator=source) / 9
        for name, value in state.items()
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a network of one's own, its weights, and two snapshots."""
    draw_pictures(tmp_path / "pictures", 25)
    (tmp_path / "net.py").write_text(NETWORK)
    (tmp_path / "gallery.toml").write_text(SETTINGS + SNAPSHOTS)
    (tmp_path / "kept").mkdir()
    for seed, name in enumerate(("final.pth", "e1.pth", "kept/e9.pth")):
        torch.save(a_state(seed), tmp_path / name)
    return tmp_path


def compute(home: Path, *flags: str) -> Result:
    """Run the command from another folder, so that paths lie beside the settings."""
    return CliRunner().invoke(main, ["compute", "--config", str(home / "gallery.toml"), *flags])


def made(home: Path) -> Evolution:
    """Read what the study left."""
    return Evolution.model_validate_json(
        (home / "atlas" / "studies" / "evolution" / RECORD).read_bytes()
    )


def test_snapshots_of_ones_own_network(home: Path) -> None:
    """Named in gallery.toml; the study leaves its record and a strip for each filter, no more."""
    done = compute(home)
    assert done.exit_code == 0, done.output
    found = made(home)
    assert found.snapshots == ("epoch 1", "epoch 9")
    assert (found.images, found.all_images, found.stimuli) == (25, True, 373)
    assert [layer.name for layer in found.layers] == ["layer1", "layer2"]
    study = Atlas.open(home / "atlas").study("evolution")
    assert study is not None
    strips = {
        f"{name}/{n}.webp"
        for name, filters in (("layer1", 4), ("layer2", 6))
        for n in range(filters)
    }
    assert set(study.manifest.files) == {RECORD, *strips}


def test_a_snapshot_of_the_final_weights_is_all_there(home: Path) -> None:
    """Every share and correlation is one, and another snapshot's is not."""
    torch.save(a_state(0), home / "e1.pth")
    assert compute(home).exit_code == 0
    for layer in made(home).layers:
        assert layer.there[0] == layer.final
        assert all(each in (None, 1.0) for each in layer.correlation[0])
        assert layer.there[1] != layer.final


def test_it_is_made_again_for_other_snapshots_only(home: Path) -> None:
    """The content of a file counts, as its name does."""
    compute(home)
    assert "evolution, unchanged" in compute(home).output
    torch.save(a_state(7), home / "e1.pth")
    before = bytes_of(home / "atlas")
    done = compute(home)
    assert "evolution, unchanged" not in done.output
    changed = {
        name for name, content in bytes_of(home / "atlas").items() if content != before[name]
    }
    assert changed
    assert all(name.startswith("studies/evolution/") for name in changed)


def of_another_shape(home: Path) -> None:
    """Give a kernel more columns."""
    state = a_state(1)
    state["3.weight"] = torch.zeros(6, 4, 3, 5)
    torch.save(state, home / "kept" / "e9.pth")


def of_another_network(home: Path) -> None:
    """Name all tensors otherwise."""
    state = {f"features.body.{name}": value[:1] for name, value in a_state(1).items()}
    torch.save(state, home / "kept" / "e9.pth")


def missing(home: Path) -> None:
    """Take the file away."""
    (home / "kept" / "e9.pth").unlink()


def not_a_number(home: Path) -> None:
    """Put NaN into a bias."""
    state = a_state(1)
    state["0.bias"][2] = torch.nan
    torch.save(state, home / "kept" / "e9.pth")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            of_another_shape,
            r"tensor 3.weight has shape [6, 4, 3, 5], the network needs [6, 4, 3, 3]",
        ),
        (of_another_network, "tensor 0.weight is missing"),
        (missing, "cannot be read"),
        (not_a_number, "tensor 0.bias holds NaN or infinity"),
    ],
)
def test_a_snapshot_that_cannot_be_used_is_named(
    home: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """The study has failed, with exit status 1; the core is what it is without the study."""
    assert compute(home, "--studies", "none").exit_code == 0
    core = bytes_of(home / "atlas")
    spoil(home)
    done = compute(home)
    assert done.exit_code == 1
    last = done.output.strip().splitlines()[-1]
    assert "evolution: snapshot 'epoch 9': " in last
    assert "weights e9.pth: " in last
    assert said in last
    assert bytes_of(home / "atlas") == core


def test_a_network_without_snapshots_says_so(home: Path) -> None:
    """It is left out with the reason, which also names the setting; nothing has failed."""
    (home / "gallery.toml").write_text(SETTINGS)
    done = compute(home)
    assert done.exit_code == 0
    assert "evolution: left out: nothing is known of the network while it learned" in done.output
    study = Atlas.open(home / "atlas").study("evolution")
    assert study is not None
    assert (study.manifest.missing, study.manifest.files) == (measure.NO_SNAPSHOTS, {})


@pytest.mark.parametrize(
    "written",
    ['snapshots = "e1.pth"', 'snapshots = { "" = "e1.pth" }', 'snapshots = { "one" = 1 }'],
)
def test_a_setting_that_is_no_table_of_files(home: Path, written: str) -> None:
    """The error names the setting, and nothing is computed."""
    (home / "gallery.toml").write_text(f"{SETTINGS}{written}\n")
    done = compute(home)
    assert done.exit_code == 1
    assert "setting 'snapshots'" in done.output
    assert not (home / "atlas").exists()


def test_a_run_that_was_stopped_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips that are there are not made again; what is made is that of a run in one piece."""
    compute(home)
    whole = bytes_of(home / "atlas" / "studies")
    torch.save(a_state(7), home / "e1.pth")
    compute(home)
    torch.save(a_state(1), home / "e1.pth")
    strips = measure.strips  # type: ignore[attr-defined]

    def stopping(*args: object) -> list[bytes]:
        if args[2] == 1:
            raise KeyboardInterrupt
        return strips(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(measure, "strips", stopping)
        assert compute(home).exit_code != 0
    again = list[object]()

    def noting(*args: object) -> list[bytes]:
        again.append(args[2])
        return strips(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(measure, "strips", noting)
    assert compute(home).exit_code == 0
    assert again == [1]  # the second layer's alone
    found = bytes_of(home / "atlas" / "studies")
    assert found == whole
    assert json.loads(found[f"evolution/{RECORD}"])["snapshots"] == ["epoch 1", "epoch 9"]
