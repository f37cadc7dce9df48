"""Style sheets and scripts, named by what they hold, so that a browser may keep them for ever."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from generator.errors import ContentError
from generator.render import urls


@dataclass(frozen=True)
class Assets:
    """Files of `site_templates/static/`, ready to be written."""

    style: str  # path of the one style sheet inside the site
    style_text: str  # what it holds, for the page that carries its style inside
    scripts: dict[str, str]  # file name in static/ → path inside the site
    files: dict[str, bytes]  # path inside the site → content

    @property
    def style_hash(self) -> str:
        """Return the hash by which a content security policy allows the style inside a page."""
        digest = hashlib.sha256(self.style_text.encode()).digest()
        return "sha256-" + base64.b64encode(digest).decode()


def read_assets(static: Path) -> Assets:
    """Join the style sheets in order of name, and hash every file.

    Raises ContentError where the folder has no style sheet.
    """
    sheets = sorted(static.glob("*.css"))
    if not sheets:
        raise ContentError(f"{static}: no style sheet (*.css); name a folder with --templates DIR")
    style_text = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    style = urls.asset(_hashed("site.css", style_text.encode()))
    files = {style: style_text.encode()}
    scripts = {}
    for script in sorted(static.glob("*.js")):
        content = script.read_bytes()
        scripts[script.name] = urls.asset(_hashed(script.name, content))
        files[scripts[script.name]] = content
    return Assets(style, style_text, scripts, files)


def _hashed(name: str, content: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{ending}"
