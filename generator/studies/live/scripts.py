"""The scripts of the live page, joined from `site_templates/static/live/` and from the study.

All are classic scripts, which a page opened from a folder may load too. The page's own script comes
with it and defines `liveParts`; the others are inserted after the reader's click:

    live-page.js       page/*.js in one scope
    live-engine.js     engine/*.js in one function, whose text also makes the worker
    live-network.js    liveParts.network({…}), the network with what the gallery knows of it
    live-pictures.js   liveParts.pictures([…]), pictures to begin with
    live-weights-1.js  liveParts.weights(1, "base64"), and so on for each part
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from generator.errors import ContentError
from generator.render.site.assets import as_fetched

LIVE = "live"  # folder inside `static/`


def engine_script(static: Path) -> str:
    """Return `function liveEngine(post) {…}`, which returns the function that takes messages.

    The files share one scope, in which `KERNEL` is the compiled kernel, base64. Raises ContentError
    where the folder lacks the engine.
    """
    folder = static / LIVE / "engine"
    kernel = folder / "kernel.wasm"
    if not kernel.is_file():
        raise ContentError(f"{kernel}: missing; the live page needs it (see --templates DIR)")
    lines = (
        "function liveEngine(post) {",
        "'use strict';",
        f'const KERNEL = "{_base64(kernel.read_bytes())}";',
        _joined(folder),
        "return receive;",
        "}",
    )
    return "\n".join(lines) + "\n"


def page_script(static: Path) -> str:
    """Return the script of the page itself, its files in one scope of their own.

    Raises ContentError where the folder lacks it.
    """
    return "\n".join(("(() => {", "'use strict';", _joined(static / LIVE / "page"), "})();")) + "\n"


def network_script(network: dict[str, Any]) -> str:
    """Return the script that gives the page its network."""
    return _call("network", network)


def pictures_script(pictures: list[dict[str, Any]]) -> str:
    """Return the script that gives the page its pictures."""
    return _call("pictures", pictures)


def weights_script(part: int, weights: bytes) -> str:
    """Return the script that gives the page one part of the weights, counted from 1."""
    return _call("weights", part, _base64(weights))


def _call(name: str, *arguments: Any) -> str:
    """Return a call in ASCII, which no text of an image set can break out of."""
    written = (json.dumps(each, ensure_ascii=True, separators=(",", ":")) for each in arguments)
    return f"liveParts.{name}({','.join(written)});\n"


def _joined(folder: Path) -> str:
    files = sorted(folder.glob("*.js"))
    if not files:
        raise ContentError(f"{folder}: no scripts; the live page needs them (see --templates DIR)")
    whole = "\n".join(file.read_text(encoding="utf-8").strip() for file in files)
    return as_fetched(whole)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
