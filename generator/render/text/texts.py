"""The authors' texts as HTML, with their references pointing at this site's pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from generator.render import urls
from generator.render.facts import FilterFacts, Gallery
from generator.render.text.content import Content, Text
from generator.render.text.passages import PHOTOGRAPHS, conditions, with_passages
from generator.render.text.prose import References, to_html
from generator.render.views.frame import Pair
from generator.render.views.pictures import pair
from generator.render.words.words import first_capital

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
                target = urls.filter_page(facts.layer, facts.number)
                return urls.link(page, target), self._name(facts, page)
            layer = self.gallery.layer(name).record
            return urls.link(page, urls.layer(layer.name)), layer.title

        def figure(name: str) -> str:
            facts = self.gallery.filter(name)
            layer = self.gallery.layer(facts.layer)
            shown = pair(page, layer, facts, small=True, brief=True)
            return self.figure_html(replace(shown, title=first_capital(self._name(facts, page))))

        def text_page(key: str) -> str:
            kind, _, name = self.content.keys[key].partition(":")
            if kind == "home":
                return urls.link(page, urls.HOME)
            return urls.link(page, urls.text_page(name) if kind == "page" else urls.layer(name))

        manifest = self.gallery.manifest
        holding = set(conditions(manifest))
        if text.images == manifest.images.fingerprint:
            holding.add(PHOTOGRAPHS)
        source = with_passages(text.source, text.passages, holding)
        return to_html(source, References(link, figure, text_page))

    def _name(self, facts: FilterFacts, page: str) -> str:
        """Return "filter 217" on the page of its layer, "Layer 3, filter 217" elsewhere."""
        name = f"filter {facts.number}"
        title = self.gallery.layer(facts.layer).record.title
        return name if page == urls.layer(facts.layer) else f"{title}, {name}"
