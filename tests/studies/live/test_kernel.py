"""The kernel beside its text."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.browser.conftest import absent
from tests.studies.live.engine import node
from tests.studies.live.node import ENGINE

WABT = Path(__file__).parents[2] / "browser" / "node_modules" / "wabt"
ASSEMBLE = """
const [wabt, text] = process.argv.slice(1);
require(wabt)().then((tools) => {
  const kernel = tools.parseWat('kernel.wat', require('fs').readFileSync(text, 'utf8'));
  kernel.validate();
  process.stdout.write(kernel.toBinary({}).buffer);
});
"""


def test_the_kernel_is_what_its_text_says() -> None:
    """Assembled again by wabt, byte for byte; below the 4 KB that a page may compile at once."""
    if not WABT.is_dir():
        absent("wabt is not installed; `make setup` installs it with npm")
    command = [node(), "-e", ASSEMBLE, str(WABT), str(ENGINE / "kernel.wat")]
    assembled = subprocess.run(command, capture_output=True, check=True).stdout
    assert assembled == (ENGINE / "kernel.wasm").read_bytes()
    assert len(assembled) < 4096
