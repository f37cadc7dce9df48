"""What a checker needs to know of a finished page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

LOADING = {  # elements that make a browser fetch something, and the attributes that say what
    "img": ("src", "srcset"),
    "image": ("href", "xlink:href", "src"),
    "script": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "input": ("src", "formaction"),
    "button": ("formaction",),
    "form": ("action",),
}
_LINKS_THAT_LOAD = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "prefetch"}
_LINKS_THAT_LOAD |= {"preconnect", "dns-prefetch"}
_FORBIDDEN = {"iframe", "frame", "object", "embed", "base"}


@dataclass
class PageMarkup:
    """One page, as far as it can be judged alone."""

    kind: str = ""  # data-kind of the body: "filter", "layer" …
    elements: int = 0
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)  # the text of each <style>
    faults: list[str] = field(default_factory=list)


# Tags only: what stands in comments, scripts and styles is no markup. A whole gallery is read at
# every render, and this takes a tenth of the time of a parser that also builds text.
_ATTRIBUTES = r"""(?:[^>=]+|=\s*"[^"]*"|=\s*'[^']*'|=)*+"""  # a quote elsewhere quotes nothing
_TAG = re.compile(
    rf"""<!--.*?-->
    | <(?P<raw>script|style)\b(?P<rawattrs>{_ATTRIBUTES})>(?P<inside>.*?)</(?P=raw)\s*>
    | <(?P<name>[a-zA-Z][^\s/>]*)(?P<attrs>{_ATTRIBUTES})>""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?""")


def read_markup(html: str) -> PageMarkup:
    """Return what a page loads, links to and names, and its faults."""
    page = PageMarkup()
    for found in _TAG.finditer(html):
        tag = (found["raw"] or found["name"] or "").lower()
        if tag:  # no comment
            _note(page, tag, _attributes(found["rawattrs"] or found["attrs"] or ""))
        if tag == "style" and found["raw"]:
            page.styles.append(found["inside"])
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
    if tag == "link" and _LINKS_THAT_LOAD & set(values.get("rel", "").lower().split()):
        page.loads.append(values.get("href", ""))
    elif tag != "link" and tag not in LOADING:
        page.links += [values[name] for name in ("href", "xlink:href") if name in values]
    for name in (*LOADING.get(tag, ()), "background"):
        if name in values:
            addresses = values[name].split(",") if name == "srcset" else [values[name]]
            page.loads += [(address.split() or [""])[0] for address in addresses]
    page.faults += _faults(tag, values)


def _faults(tag: str, values: dict[str, str]) -> Iterator[str]:
    missing = [name for name in ("alt", "width", "height") if name not in values]
    if tag == "img" and missing:
        yield f"image {values.get('src', '')!r} without {', '.join(missing)}"
    if tag == "svg" and values.get("role") == "img" and not values.get("aria-label"):
        yield "drawing (svg role=img) without aria-label"
    if tag == "script" and "src" not in values:
        yield "script inside the page, which the security policy forbids"
    if tag in _FORBIDDEN:
        yield f"<{tag}>, which the security policy forbids"
    if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
        yield "meta refresh, which leads a reader away unasked"
    for name in values:
        if name == "style" or name.startswith("on"):
            yield f"{name}=… on <{tag}>, which the security policy forbids"
