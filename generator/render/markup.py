"""What a checker needs to know of a finished page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

LOADING = {  # elements that make a browser fetch something, and the attribute that says what
    "img": ("src", "srcset"),
    "image": ("href", "xlink:href"),
    "script": ("src",),
    "iframe": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "source": ("src", "srcset"),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "use": ("href", "xlink:href"),
    "input": ("src",),
}
_LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch"}


@dataclass
class PageMarkup:
    """One page, as far as it can be judged alone."""

    kind: str = ""  # data-kind of the body: "filter", "layer" …
    elements: int = 0
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


# Tags only: what stands in comments, scripts and styles is no markup. A whole gallery is read at
# every render, and this takes a tenth of the time of a parser that also builds text.
_TAG = re.compile(
    r"""<!--.*?-->
    | <(?P<raw>script|style)\b(?P<rawattrs>(?:[^>"']|"[^"]*"|'[^']*')*)>.*?</(?P=raw)\s*>
    | <(?P<name>[a-zA-Z][^\s/>]*)(?P<attrs>(?:[^>"']|"[^"]*"|'[^']*')*)>""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")


def read_markup(html: str) -> PageMarkup:
    """Return what a page holds."""
    page = PageMarkup()
    for found in _TAG.finditer(html):
        name = found["raw"] or found["name"]
        if name:
            values = _attributes(found["rawattrs"] or found["attrs"] or "")
            _note(page, name.lower(), values)
    return page


def _attributes(text: str) -> dict[str, str]:
    """Return attributes by lower-case name; of two with one name, the first counts."""
    values: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare
        values.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return values


def _note(page: PageMarkup, tag: str, values: dict[str, str]) -> None:
    page.elements += 1
    if tag == "body":
        page.kind = values.get("data-kind", "")
    if "id" in values:
        if values["id"] in page.ids:
            page.faults.append(f"id {values['id']!r} stands twice")
        page.ids.add(values["id"])
    if tag == "a" and "href" in values:
        page.links.append(values["href"])
    if tag == "link" and _LINKS_THAT_LOAD & set(values.get("rel", "").split()):
        page.loads.append(values.get("href", ""))
    for name in LOADING.get(tag, ()):
        if name in values:
            page.loads.append(values[name].split()[0] if values[name].strip() else "")
    _judge(page.faults, tag, values)


def _judge(faults: list[str], tag: str, values: dict[str, str]) -> None:
    if tag == "img":
        missing = [name for name in ("alt", "width", "height") if name not in values]
        if missing:
            faults.append(f"image {values.get('src', '')!r} without {', '.join(missing)}")
    if tag == "svg" and values.get("role") == "img" and not values.get("aria-label"):
        faults.append("drawing (svg role=img) without aria-label")
    if tag == "script" and "src" not in values:
        faults.append("script inside the page, which the security policy forbids")
    faults.extend(
        f"{name}=… on <{tag}>, which the security policy forbids"
        for name in values
        if name == "style" or name.startswith("on")
    )
