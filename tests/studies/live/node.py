"""Runs the engine's own files in Node: skips where there is none, but never in CI."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from generator.resources import bundled
from generator.studies.live.scripts import engine_script
from tests.browser.conftest import absent

ENGINE = bundled("site_templates") / "static" / "live" / "engine"
FILES = tuple(sorted(ENGINE.glob("*.js")))
BEGINS, RETURNS = "function liveEngine(post) {\n", "return receive;\n}\n"  # of the script

# `ask` sends a message and gives what comes last; `log` is all that was posted, arrays as lists.
START = """
'use strict';
const plain = (one) => ArrayBuffer.isView(one) ? Array.from(one)
  : Array.isArray(one) ? one.map(plain)
  : one && typeof one === 'object'
    ? Object.fromEntries(Object.entries(one).map(([name, each]) => [name, plain(each)]))
  : one;
const log = [];
const waiting = new Map();
function post(message, transferables) {
  log.push(plain(message));
  structuredClone(message, { transfer: transferables });
  const { seen, done } = waiting.get(message.id) || {};
  if (message.progress) { if (seen) seen(log.at(-1).progress); } else if (done) done(log.at(-1));
}
let last = 0;
function ask(message, seen, id = ++last) {
  return new Promise((done) => { waiting.set(id, { seen, done }); receive({ id, ...message }); });
}
async function ready() {
  await ask({ ask: 'network', network: given.network });
  let part = 0;
  for (const text of given.weights) await ask({ ask: 'weights', part: ++part, text });
  return ask({ ask: 'picture', pixels: Uint8ClampedArray.from(given.pixels) });
}
"""


def run(body: str, given: dict[str, Any]) -> Any:
    """Run the body of an async function, in the scope of the engine's files; return its result.

    `given` is there as a constant. The result travels as JSON.
    """
    program = shutil.which("node")
    if program is None:
        absent("no Node on PATH")
    script = engine_script(ENGINE.parents[1])
    assert script.startswith(BEGINS)
    assert script.endswith(RETURNS)
    lines = (
        START,
        f"const given = {json.dumps(given)};",
        script.removeprefix(BEGINS).removesuffix(RETURNS),
        f"const body = async () => {{ {body} }};",
        "body().then((result) => console.log(JSON.stringify(plain(result))));",
    )
    done = subprocess.run(
        [program, "-"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
