"""The home page, the pages of text, and the page for an address that does not exist."""

from __future__ import annotations

from dataclasses import dataclass

from generator.atlas.schema import Credit, ImageSetRecord, NetworkRecord
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts
from generator.render.text.content import Text
from generator.render.text.texts import Texts
from generator.render.views.frame import Fact, Frame, Frames, Link, Pair, Table
from generator.render.views.layer.trends import Depth, depth_view
from generator.render.views.pictures import Crop, Whole, crop, pair, whole
from generator.render.words.words import count, first_capital, pixels, several, share, shortened

RULE = (
    "Each layer is shown by one filter, chosen by a rule and not by eye: the one whose ninth patch "
    "still activates it most."
)
RULE_OF_ONE = (
    "This filter is chosen by a rule and not by eye: it is the one whose ninth patch still "
    "activates it most."
)


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
    layout: str  # a class: how many pictures stand side by side
    filter: Link
    caption: str


@dataclass(frozen=True)
class HomeView:
    """`index.html`."""

    frame: Frame
    heading: str
    summary: str
    html: str
    stages_title: str
    stages: tuple[Stage, ...]
    rule: str  # how the filters shown were chosen
    depth: Depth | None  # None with one layer
    reading: Reading | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class TextView:
    """A page of text, with tables of facts under it."""

    frame: Frame
    heading: str
    summary: str
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
    stages = tuple(
        _stage(layer, frames.content.layers[layer.record.name]) for layer in _lived(gallery)
    )
    return HomeView(
        frame=frames.frame(
            urls.HOME, text.title, frames.content.site.description, card_of=_last(gallery)
        ),
        heading=text.title,
        summary=text.summary,
        html=texts.html(text, urls.HOME),
        stages_title="From layer to layer" if len(gallery.layers) > 1 else "The layer",
        stages=stages,
        rule=RULE if len(gallery.layers) > 1 else RULE_OF_ONE,
        depth=depth_view(gallery.layers, urls.HOME),
        reading=_reading(gallery),
        facts=_home_facts(gallery),
    )


def _last(gallery: Gallery) -> str:
    """Name the layer whose card stands for the whole gallery."""
    return gallery.layers[-1].record.name


def _lived(gallery: Gallery) -> list[LayerFacts]:
    return [layer for layer in gallery.layers if layer.filters]


def _stage(layer: LayerFacts, text: Text) -> Stage:
    record = layer.record
    best = layer.steadiest(1)[0]
    return Stage(
        link=Link(urls.link(urls.HOME, urls.layer(record.name)), record.title),
        summary=text.summary,
        size=f"{count(record.filters)} {'filter' if record.filters == 1 else 'filters'}, "
        f"each unit sees {'the whole image' if layer.sees_all else pixels(record.receptive_field)}",
        figure=pair(urls.HOME, layer, best, small=False),
        figure_name=f"Filter {best.number}",
    )


def _reading(gallery: Gallery) -> Reading | None:
    """Choose the first place of the steadiest filter in the middle layer.

    Layers whose patches are parts of the image come first, for there is more to be read there.
    """
    lived = _lived(gallery)
    layers = [layer for layer in lived if not layer.sees_all] or lived
    if not layers:
        return None
    layer = layers[len(layers) // 2]
    facts = layer.steadiest(1)[0]
    if not facts.places:
        return None
    record, place = layer.record, facts.places[0]
    shown = whole(urls.HOME, layer, facts, place)
    others = (
        ", patch, and the whole image with the patch outlined"
        if shown
        else " and patch, which is the whole image"
    )
    target = urls.filter_page(record.name, facts.number)
    return Reading(
        reconstruction=crop(urls.HOME, layer, facts, place, patch=False),
        patch=crop(urls.HOME, layer, facts, place, patch=True),
        whole=shown,
        layout="trio" if shown else "trio two",
        filter=Link(urls.link(urls.HOME, target), f"{record.title}, filter {facts.number}"),
        caption=f"{first_capital(layer.projection.one)}{others}:",
    )


def _home_facts(gallery: Gallery) -> tuple[Fact, ...]:
    network, images = gallery.manifest.network, gallery.manifest.images
    filters = sum(len(layer.filters) for layer in gallery.layers)
    dead = sum(layer.dead for layer in gallery.layers)
    return (
        Fact("Network", network.name),
        Fact("Trained on", _trained_on(network)),
        Fact("Images searched", f"{count(images.count)}, {images.credits.title}")
        if images.credits
        else Fact("Images searched", f"{count(images.count)}, folder {images.root_name}"),
        *(Fact(name, value) for name, value in _winners(images)),
        Fact("Filters", f"{count(filters)} in {several(len(gallery.layers), 'layer', 'layers')}"),
        Fact("Dead filters", f"{count(dead)} ({share(dead, filters)})"),
    )


def _trained_on(network: NetworkRecord) -> str:
    if network.is_random:
        return "nothing: its weights are random numbers"
    return network.trained_on or "not known"


def _winners(images: ImageSetRecord) -> tuple[tuple[str, str], ...]:
    """Say which images could not win a place, where that is so."""
    found = []
    if images.duplicates:
        found.append(
            ("Exact duplicates", f"{count(images.duplicates)}, which took no place of their own")
        )
    if images.one_per_label:
        found.append(("Labels of a filter’s nine images", "all different, by a rule of the search"))
    return tuple(found)


def text_view(frames: Frames, texts: Texts, text: Text) -> TextView:
    """Return a page of text; some pages carry facts of the atlas under it."""
    path = urls.text_page(text.name)
    tables = {
        "method": _method_tables,
        "network": _network_tables,
        "credits": _credit_tables,
    }.get(text.name)
    return TextView(
        frame=frames.frame(
            path, text.title, text.summary, crumbs=[(urls.HOME, "Home"), (path, text.title)]
        ),
        heading=text.title,
        summary=text.summary,
        html=texts.html(text, path),
        tables=tables(frames.gallery) if tables else (),
    )


def _method_tables(gallery: Gallery) -> tuple[Table, ...]:
    rows = tuple(
        (
            layer.record.title,
            layer.record.module,
            count(layer.record.filters),
            f"{layer.record.grid[0]} × {layer.record.grid[1]}",
            pixels(layer.record.receptive_field)
            + (", more than the image" if layer.sees_all else ""),
            pixels(layer.record.stride),
            pixels(layer.record.offset),
            count(layer.dead),
        )
        for layer in gallery.layers
    )
    head = ("Layer", "Module", "Filters", "Grid", "Receptive field", "Stride", "Offset", "Dead")
    settings = tuple(
        (name, shortened(str(value))) for name, value in sorted(gallery.manifest.settings.items())
    )
    return (
        Table("The layers of this gallery", head, rows),
        *((Table("Settings of this gallery", ("Setting", "Value"), settings),) if settings else ()),
    )


def _network_tables(gallery: Gallery) -> tuple[Table, ...]:
    network = gallery.manifest.network
    rows = (
        ("Name", network.name),
        ("Weights", network.source),
        ("SHA-256 of the weights", network.weights_sha256),
        ("Input", f"{network.input_size} × {network.input_size} px"),
        *((("Classes", count(len(network.classes))),) if network.classes else ()),
        ("Trained on", _trained_on(network)),
    )
    return (Table("The network of this gallery", ("", ""), rows),)


def _credit_tables(gallery: Gallery) -> tuple[Table, ...]:
    images, network = gallery.manifest.images, gallery.manifest.network
    terms = images.credits or Credit(
        title=images.root_name,
        authors="not known",
        licence="not known: ask those who made the images before you publish this site",
        source="a folder on the computer of whoever made this site",
        how_to_credit="not known",
    )
    rows = (
        ("Title", terms.title),
        ("Authors", terms.authors),
        ("Licence", terms.licence or "not known"),
        *((("Text of the licence", terms.licence_url),) if terms.licence_url else ()),
        ("Source", terms.source),
        ("How to credit", terms.how_to_credit),
        ("Images searched", count(images.count)),
        *_winners(images),
        ("Files that could not be read", count(len(images.skipped))),
    )
    skipped = tuple((shortened(item.path), shortened(item.reason)) for item in images.skipped[:50])
    return (
        Table("The images", ("", ""), rows),
        Table(
            "The network",
            ("", ""),
            (
                ("Name", network.name),
                ("Weights", network.source),
                ("Trained on", _trained_on(network)),
            ),
        ),
        *((Table("Files that could not be read", ("File", "Reason"), skipped),) if skipped else ()),
    )


def not_found_view(frames: Frames) -> NotFoundView:
    """Return the page for an address that does not exist."""
    return NotFoundView(
        frame=frames.frame(urls.NOT_FOUND, "Page not found", "There is no page at this address."),
        style=frames.assets.shared_style,
        style_hash=frames.assets.style_hash,
    )
