"""What a checker needs to know of a finished page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

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
_NO_NAME = "{} without {}"


@dataclass
class PageMarkup:
    """One page, as far as it can be judged alone."""

    kind: str = ""  # data-kind of the body: "filter", "layer" …
    elements: int = 0
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = PageMarkup()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        page = self.page
        page.elements += 1
        values = {name: value or "" for name, value in attrs}
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
        self._fault(tag, values)

    def _fault(self, tag: str, values: dict[str, str]) -> None:
        faults = self.page.faults
        if tag == "img":
            missing = [name for name in ("alt", "width", "height") if name not in values]
            if missing:
                what = f"image {values.get('src', '')!r}"
                faults.append(_NO_NAME.format(what, ", ".join(missing)))
        if tag == "svg" and values.get("role") == "img" and not values.get("aria-label"):
            faults.append(_NO_NAME.format("drawing (svg role=img)", "aria-label"))
        if tag == "script" and "src" not in values:
            faults.append("script inside the page, which the security policy forbids")
        for name in values:
            if name == "style" or name.startswith("on"):
                faults.append(f"{name}=… on <{tag}>, which the security policy forbids")


def read_markup(html: str) -> PageMarkup:
    """Return what a page holds."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
