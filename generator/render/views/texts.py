"""The home page, the pages of text, and the page for an address that does not exist."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import Credit, ImageSetRecord, NetworkRecord
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.content import Text
from generator.render.text.texts import Texts
from generator.render.views.frame import (
    AnyFrames,
    Fact,
    Frame,
    Frames,
    Link,
    Pair,
    Table,
    filter_link,
)
from generator.render.views.layer.trends import Trends, trends_view
from generator.render.views.pictures import Crop, Whole, crop, pair, seen_words, whole
from generator.render.words.words import count, first_capital, pixels, several, share, shortened

RULE = (
    "Each layer is shown by one filter, chosen by a rule and not by eye: the one whose ninth patch "
    "still activates it most."
)
RULE_OF_ONE = (
    "This filter is chosen by a rule and not by eye: it is the one whose ninth patch still "
    "activates it most."
)
NO_HEAD = ("", "")


@dataclass(frozen=True)
class Stage:
    """One layer on the journey from strokes to things."""

    link: Link
    summary: str
    size: str
    figure: Pair
    figure_name: str


@dataclass(frozen=True)
class Reading:
    """One place, to learn reading on."""

    reconstruction: Crop
    patch: Crop
    whole: Whole | None  # None where the patch is the whole image
    filter: Link
    caption: str


@dataclass(frozen=True)
class HomeView:
    """`index.html`."""

    frame: Frame
    summary: str
    html: str
    invitations: tuple[Link, ...]  # to studies
    stages_title: str
    stages: tuple[Stage, ...]
    rule: str  # how the filters shown were chosen
    trends: Trends | None  # None with one layer
    reading: Reading | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class TextView:
    """A page of text, with tables of facts under it."""

    frame: Frame
    html: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class NotFoundView:
    """`404.html`, which a server shows at any depth: it carries its style inside."""

    frame: Frame
    style: str
    style_hash: str


def home_view(frames: Frames, texts: Texts) -> HomeView:
    """Return the first page."""
    gallery, text = frames.gallery, frames.content.home
    several_layers = len(gallery.layers) > 1
    return HomeView(
        frame=frames.frame(
            urls.HOME,
            text.title,
            frames.content.site.description,
            card_of=gallery.layers[-1].record.name,
        ),
        summary=text.summary,
        html=texts.html(text, urls.HOME),
        invitations=frames.invitations(urls.HOME),
        stages_title="From layer to layer" if several_layers else "The layer",
        stages=tuple(
            _stage(layer, frames.content.layers[layer.record.name]) for layer in gallery.layers
        ),
        rule=RULE if several_layers else RULE_OF_ONE,
        trends=trends_view(gallery.layers, urls.HOME),
        reading=_reading(gallery),
        facts=_home_facts(gallery),
    )


def _stage(layer: LayerFacts, text: Text) -> Stage:
    record, best = layer.record, layer.steadiest(1)[0]
    filters = f"{count(record.filters)} {'filter' if record.filters == 1 else 'filters'}"
    seen = seen_words(layer)
    return Stage(
        link=Link(urls.link(urls.HOME, urls.layer(record.name)), record.title),
        summary=text.summary,
        size=f"{filters}, each unit sees {seen}",
        figure=pair(urls.HOME, layer, best, small=False),
        figure_name=f"Filter {best.number}",
    )


def _reading(gallery: Gallery) -> Reading | None:
    """Choose the first place of the steadiest filter in the middle layer.

    Layers whose patches are parts of the image come first, for there is more to be read there.
    """
    layers = [layer for layer in gallery.layers if not layer.shows_all] or gallery.layers
    layer = layers[len(layers) // 2]
    facts = layer.steadiest(1)[0]
    if not facts.places:
        return None
    shown = whole(urls.HOME, layer, facts, facts.places[0])
    others = (
        ", patch, and the whole image with the patch outlined"
        if shown
        else " and patch, which is the whole image"
    )
    words = f"{layer.record.title}, filter {facts.number}"
    return Reading(
        reconstruction=crop(urls.HOME, layer, facts, facts.places[0], patch=False),
        patch=crop(urls.HOME, layer, facts, facts.places[0], patch=True),
        whole=shown,
        filter=filter_link(urls.HOME, facts.layer, facts.number, words),
        caption=f"{first_capital(layer.projection.one)}{others}:",
    )


def _home_facts(gallery: Gallery) -> tuple[Fact, ...]:
    network, images = gallery.manifest.network, gallery.manifest.images
    filters = sum(len(layer.filters) for layer in gallery.layers)
    dead = sum(layer.dead for layer in gallery.layers)
    source = images.credits.title if images.credits else f"folder {images.root_name}"
    return (
        Fact("Network", network.name),
        _trained_on(network),
        Fact("Images searched", f"{count(images.count)}, {source}"),
        *_winners(images),
        Fact("Filters", f"{count(filters)} in {several(len(gallery.layers), 'layer', 'layers')}"),
        Fact("Dead filters", f"{count(dead)} ({share(dead, filters)})"),
    )


def _trained_on(network: NetworkRecord) -> Fact:
    random = "nothing: its weights are random numbers"
    return Fact("Trained on", random if network.is_random else network.trained_on or "not known")


def _winners(images: ImageSetRecord) -> list[Fact]:
    """Say which images could not win a place, where that is so."""
    found = []
    if images.duplicates:
        taken = f"{count(images.duplicates)}, which took no place of their own"
        found.append(Fact("Exact duplicates", taken))
    if images.one_per_label:
        rule = "all different, by a rule of the search"
        found.append(Fact("Labels of a filter’s nine images", rule))
    return found


def text_view(frames: Frames, texts: Texts, text: Text) -> TextView:
    """Return a page of text; some pages carry facts of the atlas under it."""
    path = urls.text_page(text.name)
    tables = {"method": _method_tables, "network": _network_tables, "credits": _credit_tables}
    add = tables.get(text.name)
    return TextView(
        frame=frames.frame(path, text.title, text.summary, crumbs=[(path, text.title)]),
        html=texts.html(text, path),
        tables=tuple(table for table in add(frames) if table.rows) if add else (),
    )


def _method_tables(frames: Frames) -> tuple[Table, ...]:
    gallery = frames.gallery
    rows = []
    for layer in gallery.layers:
        record = layer.record
        field = pixels(record.receptive_field) + (", more than the image" if layer.sees_all else "")
        rows.append(
            (
                record.title,
                record.module,
                count(record.filters),
                f"{record.grid[0]} × {record.grid[1]}",
                field if record.field_known_by == "geometry" else seen_words(layer),
                pixels(record.effective_field) if record.effective_field else "not measured",
                "the whole image" if layer.shows_all else pixels(record.patch),
                pixels(record.stride),
                pixels(record.offset),
                count(layer.dead),
            )
        )
    fields = ("Receptive field", "Effective field", "Patches show")
    head = ("Layer", "Module", "Filters", "Grid", *fields, "Stride", "Offset", "Dead")
    settings = sorted(gallery.manifest.settings.items())
    network = gallery.manifest.network
    passed = f"On the way down {' and '.join(network.skipped)} is passed over, as in the paper."
    notes = (network.choice, passed if network.skipped else "")
    return (
        Table("The layers of this gallery", head, tuple(rows), tuple(filter(None, notes))),
        Table(
            "Settings of this gallery",
            ("Setting", "Value"),
            tuple((name, shortened(str(value))) for name, value in settings),
        ),
    )


def _network_tables(frames: Frames) -> tuple[Table, ...]:
    network = frames.gallery.manifest.network
    classes = [Fact("Classes", count(len(network.classes)))] if network.classes else []
    rows = (
        Fact("Name", network.name),
        Fact("Weights", network.source),
        Fact("SHA-256 of the weights", network.weights_sha256),
        Fact("Input", f"{network.input_size} px"),
        *classes,
        _trained_on(network),
        *frames.absent,
    )
    return (Table("The network of this gallery", NO_HEAD, rows),)


def _credit_tables(frames: Frames) -> tuple[Table, ...]:
    manifest = frames.gallery.manifest
    images, network = manifest.images, manifest.network
    terms = images.credits or Credit(
        title=images.root_name,
        authors="not known",
        licence="not known: ask those who made the images before you publish this site",
        source="a folder on the computer of whoever made this site",
        how_to_credit="not known",
    )
    licence = [Fact("Text of the licence", terms.licence_url)] if terms.licence_url else []
    rows = (
        Fact("Title", terms.title),
        Fact("Authors", terms.authors),
        Fact("Licence", terms.licence or "not known"),
        *licence,
        Fact("Source", terms.source),
        Fact("How to credit", terms.how_to_credit),
        Fact("Images searched", count(images.count)),
        *_winners(images),
        Fact("Files that could not be read", count(len(images.skipped))),
    )
    weights = (Fact("Name", network.name), Fact("Weights", network.source), _trained_on(network))
    skipped = tuple((shortened(item.path), shortened(item.reason)) for item in images.skipped[:50])
    return (
        Table("The images", NO_HEAD, rows),
        Table("The network", NO_HEAD, weights),
        Table("Files that could not be read", ("File", "Reason"), skipped),
    )


def not_found_view(frames: AnyFrames) -> NotFoundView:
    """Return the page for an address that does not exist."""
    return NotFoundView(
        frame=frames.frame(urls.NOT_FOUND, "Page not found", "There is no page at this address."),
        style=frames.assets.shared_style,
        style_hash=frames.assets.style_hash,
    )
