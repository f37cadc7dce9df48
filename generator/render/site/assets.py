"""Style sheets and scripts, named by their content, so that a browser may keep them for ever."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from generator.errors import ContentError
from generator.render import urls

# Comments, alone on a line or behind code, and indents: a third of what a reader would fetch.
COMMENT = r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n"
BEHIND = r"[ \t]+// [^\n\"'`]*$"  # quotes end a string that has it inside
INDENT = r"^[ \t]+"
UNREAD = re.compile(f"{COMMENT}|{BEHIND}|{INDENT}", re.MULTILINE | re.DOTALL)
SPECIAL = "30"  # sheets named from here on are for pictures, charts and other modes


@dataclass(frozen=True)
class Assets:
    """Files of `site_templates/static/`, ready to be written."""

    style: str  # path of the one style sheet inside the site
    shared_style: str  # its part for what every page has, for the page that carries it inside
    scripts: dict[str, str]  # file name in static/ → path inside the site
    files: dict[str, bytes]  # path inside the site → content

    @property
    def style_hash(self) -> str:
        """Return the hash by which a content security policy allows the style inside a page."""
        digest = hashlib.sha256(self.shared_style.encode()).digest()
        return "sha256-" + base64.b64encode(digest).decode()

    def with_script(self, name: str, content: bytes) -> Assets:
        """Return these files and a script that was made; ContentError where its name is taken."""
        if name in self.scripts:
            raise ContentError(f"static/{name}: the site makes a script of this name; rename yours")
        path = urls.asset(_hashed(name, content))
        return replace(
            self, scripts={**self.scripts, name: path}, files={**self.files, path: content}
        )


def read_assets(static: Path) -> Assets:
    """Join the style sheets in order of name, and hash every file.

    Raises ContentError where the folder has no style sheet.
    """
    sheets = sorted(static.glob("*.css"))
    if not sheets:
        raise ContentError(f"{static}: no style sheet (*.css); name a folder with --templates DIR")
    texts = {sheet.name: sheet.read_text(encoding="utf-8") for sheet in sheets}
    whole = "\n".join(texts.values()).encode()
    shared_style = "\n".join(text for name, text in texts.items() if name < SPECIAL)
    style = urls.asset(_hashed("site.css", whole))
    assets = Assets(style, shared_style, {}, {style: whole})
    for script in sorted(static.glob("*.js")):
        text = as_fetched(script.read_text(encoding="utf-8"))
        assets = assets.with_script(script.name, text.encode())
    return assets


def as_fetched(script: str) -> str:
    """Return a script without what only people read in it."""
    return UNREAD.sub("", script)


def _hashed(name: str, content: bytes) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{ending}"
