"""The live page's engine beside onnxruntime-web, in turns, in Chromium.

Each runs in a worker of its own with one thread, and gets the same pixels. The browser and what is
compared with are development tools: an installed package says what is missing.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from generator.bench.figures import Figure
from generator.errors import GalleryError
from generator.resources import bundled
from generator.serve import HOST, make_server
from generator.studies.live.record import NETWORK, weights_name
from generator.studies.live.scripts import LIVE, engine_script

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RUNTIME = bundled("tests") / "audit" / "node_modules" / "onnxruntime-web" / "dist"
SCRIPTS = {  # of onnxruntime-web, by names whose kind the server knows
    "ort.js": "ort.wasm.min.js",
    "ort-wasm.js": "ort-wasm-simd-threaded.mjs",
    "ort.wasm": "ort-wasm-simd-threaded.wasm",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DRAWN = "layer4"  # has 384 maps
WARM, TURNS = 3, 45
EACH = 3  # turns of which the quickest counts, for each way: other work only ever slows one down
AGREE = 1e-4  # relative, of the last layer's maps

Picture = npt.NDArray[np.uint8]  # [4, h, w] of the network's input size; taken for opaque
Found = dict[str, Any]  # what `measure` in live.html returns


class DisagreementError(GalleryError):
    """Two engines compute different maps, so that their times mean nothing."""


def missing(runtime: Path = RUNTIME) -> list[str]:
    """Name what the comparison needs and does not find, with what brings it."""
    packages = ("playwright", "onnx")
    needs = {
        "Chromium": any(map(shutil.which, CHROMIUM)),
        "the Python packages playwright and onnx (make setup)": all(
            importlib.util.find_spec(name) for name in packages
        ),
        "the npm package onnxruntime-web (make audit)": all(
            (runtime / name).is_file() for name in SCRIPTS.values()
        ),
    }
    return [name for name, found in needs.items() if not found]


def measure_live(study: Path, picture: Picture, say: Callable[[str], None]) -> list[Figure]:
    """Time both engines on a picture; `study` has what the live page gets, and gets more files.

    Without the tools for it `say` gets what is missing. Raises DisagreementError where the engines'
    maps differ.
    """
    if lacking := missing():
        say(f"the live page's engine is not measured; that takes {', '.join(lacking)}")
        return []
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a development tool

    program = next(found for name in CHROMIUM if (found := shutil.which(name)))
    lay_out(study, picture)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        measured = in_browser(browser, study, TURNS)
        browser.close()
    return figures(measured)


def lay_out(study: Path, picture: Picture, runtime: Path = RUNTIME) -> None:
    """Put beside the study's files the page that compares, and what both engines need."""
    from generator.bench.onnx_file import onnx_file  # noqa: PLC0415 - as above

    static = bundled("site_templates") / "static"
    network = json.loads((study / NETWORK).read_text(encoding="utf-8"))
    parts = [(study / weights_name(part + 1)).read_bytes() for part in range(len(network["parts"]))]
    (study / "network.onnx").write_bytes(onnx_file(network, parts, network["layers"][-1]["value"]))
    (study / "engine.js").write_text(engine_script(static), encoding="utf-8")
    for name, script in SCRIPTS.items():
        shutil.copyfile(runtime / script, study / name)
    shutil.copyfile(static / LIVE / "page" / "30-maps.js", study / "maps.js")
    shutil.copyfile(Path(__file__).with_name("live.html"), study / "index.html")
    opaque = np.pad(picture[:3], ((0, 1), (0, 0), (0, 0)), constant_values=255)
    (study / "picture.bin").write_bytes(opaque.transpose(1, 2, 0).tobytes())


def in_browser(browser: Browser, study: Path, turns: int, warm: int = WARM) -> Found:
    """Return milliseconds of each turn, and the maps of both engines."""
    page = browser.new_page()
    with serving(study) as address:
        page.goto(address)
        asked = {"turns": turns, "warm": warm, "drawn": DRAWN}
        measured: Found = page.evaluate("asked => measure(asked)", asked)
    page.close()
    return measured


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone, and yield its address."""
    server = make_server(folder, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def figures(measured: Found) -> list[Figure]:
    """Return the figures of what the page has measured. Raises as `measure_live`."""
    ours, theirs = (np.array(measured[name]) for name in ("ours", "theirs"))
    apart = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    if not apart <= AGREE:
        raise DisagreementError(
            f"the live page's engine and onnxruntime-web differ by {apart:.2g} of the maps' norm, "
            f"which is above {AGREE:g}; one of them is wrong, so their times are not compared"
        )
    turns = measured["turns"]
    time = {
        name: np.reshape([turn[name] for turn in turns], (-1, EACH)).min(1) for name in turns[0]
    }
    up = time["up"]
    return [
        Figure.of_turns(
            "live up",
            "time from pixels to the maps of the fifth layer in Chromium ÷ onnxruntime-web's",
            up / time["theirs"],
            1.1,
            "at most",
        ),
        Figure.of_turns(
            "live maps", "to draw 384 maps that are there", time["maps"], 30, "at most", " ms"
        ),
        Figure.of_turns(
            "live reconstruction",
            "time of one of the fifth layer ÷ the way up",
            time["reconstruction"] / up,
            2.0,
            "at most",
        ),
        Figure.of_turns(
            "live dreaming",
            "time of a step, up and with the gradient down ÷ the way up",
            time["dream"] / up,
            3.0,
            "at most",
        ),
        Figure.of_turns("live wait", "for the way up", up, None, unit=" ms"),
    ]
