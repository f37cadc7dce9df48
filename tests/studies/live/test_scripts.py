"""The scripts of the live page: joined in order, in one scope, and safe from what they carry."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest

from generator.errors import ContentError
from generator.studies.live import scripts


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder with an engine that answers twice what it is given, and a page."""
    engine, page = tmp_path / "live" / "engine", tmp_path / "live" / "page"
    engine.mkdir(parents=True)
    page.mkdir()
    (engine / "kernel.wasm").write_bytes(b"\0asm\1\0\0\0")
    (engine / "50-worker.js").write_text("'use strict';\nconst receive = m => post(TWICE * m);\n")
    (engine / "10-product.js").write_text("const TWICE = 2 * KERNEL.length / KERNEL.length;\n")
    (page / "20-end.js").write_text("globalThis.seen = first;\n")
    (page / "10-begin.js").write_text("const first = 'begin';\n")
    return tmp_path


def run(code: str) -> str:
    """Return what Node prints."""
    return subprocess.run(
        ["node", "-e", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_engine_is_one_function(static: Path) -> None:
    """Its files share a scope in order of name, and its text alone makes it again."""
    code = scripts.engine_script(static)
    again = "const receive = (' + liveEngine + ')(m => console.log(m)); receive(21);"
    assert run(f"{code}\neval('{again}')") == "42"


def test_the_kernel_travels_inside(static: Path) -> None:
    """As base64, before everything that reads it."""
    found = re.search(r'const KERNEL = "([^"]*)";', scripts.engine_script(static))
    assert found
    assert base64.b64decode(found[1]) == (static / "live/engine/kernel.wasm").read_bytes()


def test_the_page_leaves_no_names(static: Path) -> None:
    """Its files share a scope that other scripts do not see."""
    code = scripts.page_script(static)
    assert run(f"{code}\nconsole.log(seen, typeof first)") == "begin undefined"


def test_what_no_browser_reads_stays_behind(static: Path) -> None:
    """Comments and indents, but nothing inside of a string."""
    file = static / "live" / "page" / "15-more.js"
    file.write_text(
        "/** A list\n * of parts. */\n  // and more\n"
        "  const other = [\n    'a // b', // the first\n"
        "    `c // d`,\n  ];\nglobalThis.other = other; // for all\n"
    )
    code = scripts.page_script(static)
    assert run(f"{code}\nconsole.log(other.join())") == "a // b,c // d"
    assert not re.search(r"^ |list|more|the first|for all", code, re.MULTILINE)


def test_parts_call_the_page() -> None:
    """Each script is one call, whatever its texts are."""
    said = {"title": "</script><b>\u2028'\"", "values": [[3, 2, 2]]}
    calls = "".join(
        (
            scripts.network_script(said),
            scripts.pictures_script([{"name": "bar-45"}]),
            scripts.weights_script(2, bytes(range(256))),
        )
    )
    listening = (
        "const heard = []; const say = (...a) => heard.push(a);"
        "const liveParts = { network: say, pictures: say, weights: say };"
    )
    heard = json.loads(run(f"{listening}\n{calls}\nconsole.log(JSON.stringify(heard))"))
    assert heard[:2] == [[said], [[{"name": "bar-45"}]]]
    assert heard[2][0] == 2
    assert base64.b64decode(heard[2][1]) == bytes(range(256))
    assert calls.isascii()


@pytest.mark.parametrize("lost", ["engine/kernel.wasm", "engine/*.js", "page/*.js"])
def test_a_missing_file_is_named(static: Path, lost: str) -> None:
    """Somebody's own templates may lack the live page."""
    for path in list((static / "live").glob(lost)):
        path.unlink()
    with pytest.raises(ContentError, match=lost.split("/", maxsplit=1)[0]):
        scripts.engine_script(static) and scripts.page_script(static)
