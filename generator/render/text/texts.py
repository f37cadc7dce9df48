"""The authors' texts as HTML, with their references pointing at this site's pages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from generator.render import urls
from generator.render.facts import FilterFacts, Gallery
from generator.render.text.content import Content, Text
from generator.render.text.passages import with_passages
from generator.render.text.prose import References, to_html
from generator.render.views.frame import Pair
from generator.render.views.pictures import pair
from generator.render.words.words import first_capital

FigureHtml = Callable[[Pair], str]


class Texts:
    """Turns a text into HTML for the page that it stands on."""

    def __init__(
        self,
        gallery: Gallery,
        content: Content,
        figure_html: FigureHtml,
        studies: Collection[str] = (),
    ) -> None:
        self.gallery = gallery
        self.studies = studies  # that there are, by name
        self.figure_html = figure_html
        self._pages = {  # of texts that can be linked to, by their keys
            "pages/home.md": urls.HOME,
            "pages/finder.md": urls.FINDER,
            **{f"pages/{page.name}.md": urls.text_page(page.name) for page in content.pages},
            **{f"studies/{name}.md": urls.study_page(name) for name in content.studies},
            **{f"layers/{name}.md": urls.layer(name) for name in content.layers},
        }

    def html(self, text: Text, page: str) -> str:
        """Return the HTML of a text on `page`; ContentError where a reference leads nowhere."""

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
            return urls.link(page, self._pages[key])

        true = text.true_of(self.gallery.manifest, self.studies)
        source = with_passages(text.source, text.passages, true)
        return to_html(source, References(link, figure, text_page))

    def _name(self, facts: FilterFacts, page: str) -> str:
        """Return "filter 217" on the page of its layer, "Layer 3, filter 217" elsewhere."""
        name = f"filter {facts.number}"
        title = self.gallery.layer(facts.layer).record.title
        return name if page == urls.layer(facts.layer) else f"{title}, {name}"
