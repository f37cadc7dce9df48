"""The bench's page in Chromium: our engine as on the live page, beside one that stands in.

What stands in answers with what onnx's own evaluator makes of the file that the bench writes.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator
from playwright.sync_api import Browser, Error

from generator.bench import live
from generator.bench.live import DisagreementError, figures, in_browser, lay_out
from generator.images.sets.sources import open_images
from generator.studies.live.measure import write
from tests.support.tiny_network import draw_pictures, tiny_network

STAND_IN = """
const given = %s;
self.ort = {
  env: { wasm: {} },
  Tensor: class { constructor(type, data, dims) { Object.assign(this, { data, dims }); } },
  InferenceSession: { create: async model => ({
    inputNames: ['value0'],
    outputNames: ['last'],
    run: async ({ value0: { data, dims } }) => {
      if (ort.env.wasm.numThreads !== 1) throw new Error('more than one thread');
      if (model.length !== given.bytes) throw new Error('another file');
      const alike = data.every((one, at) => Math.abs(one - given.input[at]) < 1e-5);
      if (!alike || String(dims) !== String(given.dims)) throw new Error('other pixels');
      return { last: { data: Float32Array.from(given.maps) } };
    },
  }) },
};
"""


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What both engines are served, of the tiny network."""
    images = open_images(str(draw_pictures(tmp_path / "pictures", 2)))
    network = tiny_network()
    folder, runtime = tmp_path / "study", tmp_path / "runtime"
    folder.mkdir()
    runtime.mkdir()
    assert write(network, images, folder, lambda *_: None) == ""
    for name in live.SCRIPTS.values():
        (runtime / name).touch()
    picture = images.read(0, network.input_size)
    lay_out(folder, picture, runtime)
    content = (folder / "network.onnx").read_bytes()
    mean, std = (np.array(part)[:, None, None] for part in (network.mean, network.std))
    ready = ((picture[:3] / 255 - mean) / std).astype(np.float32)[None]
    [maps] = ReferenceEvaluator(content).run(None, {"value0": ready})
    given = {"bytes": len(content), "dims": ready.shape, "input": ready.ravel().tolist()}
    given["maps"] = np.ravel(maps).tolist()
    (folder / "ort.js").write_text(STAND_IN % json.dumps(given), encoding="utf-8")
    monkeypatch.setattr(live, "DRAWN", "layer2")
    return folder


def test_both_engines_take_turns(browser: Browser, study: Path) -> None:
    """On the same pixels, to the same maps; every figure comes out of every turn."""
    measured = in_browser(browser, study, turns=3, warm=1)
    assert len(measured["turns"]) == 3
    assert np.array(measured["ours"]).any()
    found = figures(measured)
    assert len(found) == 5
    assert all(figure.value >= 0 for figure in found)


def test_other_weights_stop_the_comparison(browser: Browser, study: Path) -> None:
    """Weights that the other engine does not have make other maps, and no figures."""
    weights = study / "weights-1.bin"
    weights.write_bytes(bytes(108) + weights.read_bytes()[108:])  # the first layer's, all zero
    measured = in_browser(browser, study, turns=1, warm=0)
    with pytest.raises(DisagreementError, match="one of them is wrong"):
        figures(measured)


def test_an_engine_that_fails_is_heard(browser: Browser, study: Path) -> None:
    """Its error comes out, and nobody waits."""
    (study / "picture.bin").write_bytes(bytes(24 * 24 * 4))
    with pytest.raises(Error, match="other pixels"):
        in_browser(browser, study, turns=1, warm=0)
