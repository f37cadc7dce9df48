"""The authors' texts as HTML, with their references pointing at this site's pages."""

from __future__ import annotations

from collections.abc import Callable

from generator.render import urls
from generator.render.content import Content, Text
from generator.render.facts import Gallery
from generator.render.frame import Pair
from generator.render.pictures import pair
from generator.render.prose import References, to_html

FigureHtml = Callable[[Pair], str]


class Texts:
    """Turns a text into HTML for the page that it stands on."""

    def __init__(self, gallery: Gallery, content: Content, figure_html: FigureHtml) -> None:
        self.gallery = gallery
        self.content = content
        self.figure_html = figure_html

    def html(self, text: Text, page: str) -> str:
        """Return the HTML of a text on `page`; ContentError where a reference does not hold."""

        def link(name: str) -> tuple[str, str]:
            if "/" in name:
                facts = self.gallery.filter(name)
                title = self.gallery.layer(facts.layer).record.title
                target = urls.filter_page(facts.layer, facts.number)
                return urls.link(page, target), f"{title}, filter {facts.number}"
            layer = self.gallery.layer(name).record
            return urls.link(page, urls.layer(layer.name)), layer.title

        def figure(name: str) -> str:
            facts = self.gallery.filter(name)
            record = self.gallery.layer(facts.layer).record
            return self.figure_html(pair(page, record, facts, small=True))

        def text_page(key: str) -> str:
            kind, _, name = self.content.keys[key].partition(":")
            if kind == "home":
                return urls.link(page, urls.HOME)
            return urls.link(page, urls.text_page(name) if kind == "page" else urls.layer(name))

        return to_html(text.source, References(link, figure, text_page))
