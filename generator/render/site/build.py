"""Atlas and content in, a site in its place out.

Everything is read and rendered to memory, checked, written to a folder beside the target, and
swapped in at the end: whatever happens, the target has the previous or the new site, whole. The
same inputs make the same bytes, and then nothing is written at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
import markdown
from pymdownx import __meta__ as pymdownx

from generator import __version__
from generator.atlas.store import Atlas, picture_kinds
from generator.errors import ContentError
from generator.files import hash_file, recover
from generator.progress import Progress
from generator.render import urls
from generator.render.facts import Gallery, LayerFacts, read_gallery
from generator.render.site.assets import Assets, read_assets
from generator.render.site.check import check_files
from generator.render.site.output import (
    Marker,
    Site,
    all_files,
    listing,
    refuse_foreign,
    tidy,
    unchanged,
    write_site,
)
from generator.render.site.pages import Pages
from generator.render.site.sharing import sitemap, social_card
from generator.render.site.studies import Studies, read_studies
from generator.render.text.content import Subject, read_content
from generator.render.text.evidence import check_claims
from generator.render.text.texts import Texts
from generator.render.views.filter.embed import embed_view
from generator.render.views.filter.facts_json import facts_json
from generator.render.views.filter.page import filter_view
from generator.render.views.finder import finder_view, index_parts, index_view
from generator.render.views.frame import Frames
from generator.render.views.image import image_view
from generator.render.views.layer.card_pages import cards_view
from generator.render.views.layer.cards import cards_script
from generator.render.views.layer.page import layer_view
from generator.render.views.layer.spans import spans
from generator.render.views.search_index import search_script
from generator.render.views.texts import home_view, not_found_view, text_view

FAULTS_NAMED = 5
NO_STUDIES = Studies((), ())

Warn = Callable[[str], None]


def render(
    atlas_path: Path,
    site: Path,
    *,
    templates: Path,
    content: Path,
    strict: bool,
    base_url: str | None,
    progress: Progress,
    warn: Warn,
) -> Marker:
    """Make the site of an atlas at `site`, and return what is noted there of it.

    Raises AtlasError where the atlas is not whole; ContentError where a text or template is wrong
    or, with `strict`, where there was any warning; OutputError where `site` is not ours to replace
    or cannot be written. The previous site then stays as it was.
    """
    begin(site, base_url)
    atlas = Atlas.open(atlas_path)
    atlas.verify()

    def made(warn: Warn) -> Site:
        return compose(atlas, Pages(templates), content, base_url, progress, warn)

    digest = inputs_digest([atlas], templates, content, base_url)
    return publish(site, digest, made, strict=strict, progress=progress, warn=warn)


def begin(site: Path, base_url: str | None) -> None:
    """Finish what a killed run began; OutputError or ContentError where no site can be made."""
    recover(site)
    refuse_foreign(site)
    if base_url and urlsplit(base_url).scheme not in {"http", "https"}:
        raise ContentError(f"--base-url {base_url}: must start with https:// or http://")


def publish(
    site: Path,
    digest: str,
    compose: Callable[[Warn], Site],
    *,
    strict: bool,
    progress: Progress,
    warn: Warn,
) -> Marker:
    """Check a site and put it in its place, if it is not there already; raises as `render` does.

    `digest` is that of all that it is made from. `compose` makes it, and warns.
    """
    if known := unchanged(site, digest):
        tidy(site)
        for warning in known.warnings:
            warn(warning)
        _require_no_warnings(strict, known.warnings)
        return known

    warnings: list[str] = []

    def remember(message: str) -> None:
        warnings.append(message)
        warn(message)

    made = compose(remember)
    sizes = made.sizes()
    report = check_files(made.texts, sizes)
    if report.faults:
        named = "; ".join(str(fault) for fault in report.faults[:FAULTS_NAMED])
        raise ContentError(f"the site would have {len(report.faults)} faults: {named}")
    for problem in report.budgets:
        remember(f"{problem} (budget)")
    _require_no_warnings(strict, warnings)
    marker = Marker(
        made_by=f"Filter Gallery {__version__}",
        inputs=digest,
        listing=listing(sizes),
        pages=report.pages,
        files=report.files,
        bytes=report.bytes,
        warnings=tuple(warnings),
    )
    write_site(made, site, marker, progress)
    return marker


def compose(
    atlas: Atlas,
    pages: Pages,
    content_folder: Path,
    base_url: str | None,
    progress: Progress,
    warn: Warn,
) -> Site:
    """Return the whole site in memory, its pictures as paths into the atlas."""
    gallery = read_gallery(atlas)
    studies = read_studies(atlas, gallery)
    content = read_content(content_folder, Subject.of(atlas.manifest, studies.with_page), warn)
    check_claims(content, gallery, studies.answers, studies.numbers)
    terms = atlas.manifest.images.credits
    if terms is None or not terms.licence:
        warn(f"the images ({atlas.manifest.images.root_name}) have no licence text: CREDITS.toml")
    assets = site_assets(pages.templates, gallery, studies)
    frames = Frames(gallery, content, assets, base_url, __version__, studies.sites, studies.absent)
    texts = Texts(gallery, content, pages.figure, studies.numbers.keys())
    site = Site(dict(assets.files))
    site.add(".nojekyll", b"")
    site.add(urls.HOME, pages.html("home", home_view(frames, texts)))
    site.add(urls.NOT_FOUND, pages.html("not_found", not_found_view(frames)))
    site.add(urls.FINDER, pages.html("finder", finder_view(frames, texts)))
    for number in range(2, len(index_parts(gallery)) + 1):  # on which a long index goes on
        site.add(urls.finder(number), pages.html("labels", index_view(frames, number)))
    for text in content.pages:
        site.add(urls.text_page(text.name), pages.html("text", text_view(frames, texts, text)))
    _add_studies(site, pages, frames, texts)
    total, done = sum(len(layer.filters) for layer in gallery.layers), 0
    for layer in gallery.layers:
        name = layer.record.name
        site.add(urls.layer(name), pages.html("layer", layer_view(frames, texts, layer)))
        for number in range(2, len(spans(layer.record.filters)) + 1):  # on which many cards go on
            cards = pages.html("cards", cards_view(frames, layer, number))
            site.add(urls.layer(name, number), cards)
        site.add(urls.facts(name), facts_json(layer))
        site.pictures.update(_pictures(atlas, layer))
        for number in range(len(layer.filters)):
            page = pages.html("filter", filter_view(frames, texts, layer, number))
            site.add(urls.filter_page(name, number), page)
            small = pages.html("embed", embed_view(frames, layer, number))
            site.add(urls.embedded(name, number), small)
            done += 1
            progress("pages", done, total)
        if base_url:
            best = layer.steadiest(1)[0].number
            pair = (atlas.picture(name, best, kind) for kind in ("reconstructions", "patches"))
            site.add(urls.social_card(name), social_card(*pair))
    for row in sorted(gallery.image_pages):
        site.add(urls.image_page(row), pages.html("image", image_view(frames, row)))
    if base_url:
        pages_made = [
            path for path in site.texts if path.endswith(".html") and not urls.is_embedded(path)
        ]
        site.add(urls.SITEMAP, sitemap(base_url, pages_made))
    return site


def _add_studies(site: Site, pages: Pages, frames: Frames, texts: Texts) -> None:
    for study in frames.studies:
        site.pictures.update(study.pictures)
        if study.has_page:
            page = pages.html(f"studies/{study.name}", study.view(frames, texts))
            site.add(urls.study_page(study.name), page)
        for item in study.pages(frames, texts):
            site.add(item.path, pages.html(item.template, item.view))


def _pictures(atlas: Atlas, layer: LayerFacts) -> dict[str, Path]:
    """Return the pictures of a layer: path inside the site, and where it lies in the atlas.

    Where patches are whole images, no page shows the whole images a second time.
    """
    name, sheets = layer.record.name, [sheet.name for sheet in layer.record.kernels]
    kinds = [
        kind for kind in picture_kinds(layer.record) if kind != "images" or not layer.shows_all
    ]
    return {urls.kernels(name, sheet): atlas.kernels(name, sheet) for sheet in sheets} | {
        urls.picture(name, number, kind): atlas.picture(name, number, kind)
        for number in range(layer.record.filters)
        for kind in kinds
    }


def site_assets(templates: Path, gallery: Gallery, studies: Studies = NO_STUDIES) -> Assets:
    """Return style sheets and scripts, with the tables that scripts read."""
    static = templates / "static"
    assets = read_assets(static)
    for study in studies.sites:
        for name, script in study.scripts(static).items():
            assets = assets.with_script(name, script)
    assets = assets.with_script(urls.SEARCH_INDEX, search_script(gallery))
    for at, layer in enumerate(gallery.layers):
        for number in range(1, len(spans(layer.record.filters)) + 1):
            name = urls.cards_script(at, number)
            assets = assets.with_script(name, cards_script(layer, number, studies.sites))
    return assets


def inputs_digest(
    atlases: Sequence[Atlas], templates: Path, content: Path, base_url: str | None
) -> str:
    """Return one hash over everything that a site is made from."""
    versions = (__version__, jinja2.__version__, markdown.__version__, pymdownx.__version__)
    identities = [atlas.whole_identity for atlas in atlases]
    digest = hashlib.sha256("\0".join((*identities, *versions, base_url or "")).encode())
    generator = Path(__file__).parents[2]
    for folder, pattern in ((templates, "*"), (content, "*"), (generator, "*.py")):
        for path in all_files(folder, pattern):
            name = path.relative_to(folder).as_posix()
            digest.update(f"\0{name}\0{hash_file(path)}".encode())
    return digest.hexdigest()


def _require_no_warnings(strict: bool, warnings: Sequence[str]) -> None:
    if strict and warnings:
        raise ContentError(f"--strict allows no warnings: {'; '.join(warnings)}")
