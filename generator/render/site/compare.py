"""Two atlases in, a site in its place out that shows the networks side by side."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from generator import __version__
from generator.atlas.schema import PictureKind
from generator.atlas.store import Atlas
from generator.errors import ContentError, OutputError
from generator.progress import Progress
from generator.render import urls
from generator.render.facts import read_gallery
from generator.render.site.assets import read_assets
from generator.render.site.build import Warn, begin, inputs_digest, publish
from generator.render.site.output import MARKER, Marker, Site
from generator.render.site.pages import Pages
from generator.render.text.content import SiteText
from generator.render.text.front_matter import Keys, Words, read_file, read_front_matter, read_toml
from generator.render.text.prose import Source
from generator.render.views.texts import not_found_view
from generator.studies.comparison.comparison import Comparison, Nearest, compare
from generator.studies.comparison.views.cards import layer_views
from generator.studies.comparison.views.filters import facts_of, filter_view, named_by
from generator.studies.comparison.views.frames import CompareFrames, Side
from generator.studies.comparison.views.front import front_view

TEXT = "studies/comparison.md"
LARGE: tuple[PictureKind, ...] = ("reconstructions", "patches")
SMALL: tuple[PictureKind, ...] = ("reconstructions.small", "patches.small")


class _TextKeys(Keys):
    title: Words
    summary: Words


def render_comparison(
    a_path: Path,
    b_path: Path,
    site: Path,
    *,
    templates: Path,
    content: Path,
    strict: bool,
    base_url: str | None,
    progress: Progress,
    warn: Warn,
) -> Marker:
    """Make the site of a comparison at `site`, and return what is noted there of it.

    Raises AtlasError where the two cannot be compared, OutputError where a gallery stands at
    `site`, and else what `render` raises.
    """
    begin(site, base_url)
    if (site / MARKER).is_file() and not (site / urls.COMPARISON).is_file():
        raise OutputError(f"{site}: holds the site of a gallery; name another folder with --site")
    a, b = Atlas.open(a_path), Atlas.open(b_path)
    found = compare(a, b)
    for atlas in (a, b):
        atlas.verify()

    def made(_warn: Warn) -> Site:
        return compose((a, b), found, Pages(templates), content, base_url, progress)

    digest = inputs_digest([a, b], templates, content, base_url)
    return publish(site, digest, made, strict=strict, progress=progress, warn=warn)


def compose(
    atlases: tuple[Atlas, Atlas],
    found: Comparison,
    pages: Pages,
    content: Path,
    base_url: str | None,
    progress: Progress,
) -> Site:
    """Return the whole site in memory, its pictures as paths into the atlases."""
    a, b = (
        Side.of(letter, read_gallery(atlas), nearest)
        for letter, atlas, nearest in zip("AB", atlases, (found.a, found.b), strict=True)
    )
    if not content.is_dir():
        raise ContentError(f"{content}: no such folder; name the texts with --content DIR")
    table, body, first_line = read_front_matter(content / TEXT)
    words = table.read(_TextKeys)
    language = read_toml(content / "site.toml", read_file(content / "site.toml")).read(SiteText)
    assets = read_assets(pages.templates / "static")
    frames = CompareFrames(words.title, language.language, (a, b), assets, base_url, __version__)
    keys = assets.scripts["keys.js"]
    site = Site({path: assets.files[path] for path in (assets.style, keys)})
    site.add(".nojekyll", b"")
    source = Source(str(content / TEXT), TEXT, body, first_line)
    site.add(
        urls.HOME, pages.html("comparison/index", front_view(frames, found, words.summary, source))
    )
    site.add(urls.NOT_FOUND, pages.html("not_found", not_found_view(frames)))
    site.add(urls.COMPARISON, _as_json(found, a, b))
    total, done = sum(len(layer.filters) for side in (a, b) for layer in side.layers), 0
    facts = {side.letter: facts_of(side) for side in (a, b)}
    for sides, atlas in (((a, b), atlases[0]), ((b, a), atlases[1])):
        side, other = sides
        named = named_by(other)
        for at, layer in enumerate(side.layers):
            for path, view in layer_views(frames, sides, at):
                site.add(path, pages.html("comparison/layer", view))
            record = atlas.manifest.layers[at]
            kinds = (*LARGE, *SMALL) if record.thumbnails else LARGE
            for number in range(record.filters):
                page = filter_view(frames, sides, at, number, named, facts)
                path = urls.filter_page(layer.record.name, number)
                site.add(path, pages.html("comparison/filter", page))
                for kind in kinds:
                    target = urls.picture(layer.record.name, number, kind)
                    site.pictures[target] = atlas.picture(record.name, number, kind)
                done += 1
                progress("pages", done, total)
    return site


def _as_json(found: Comparison, a: Side, b: Side) -> bytes:
    """Return all of a comparison as JSON; null where a filter or layer is silent."""

    def layer(nearest: Nearest, other: Side) -> dict[str, Any]:
        places = zip(
            *(nearest.layer.tolist(), nearest.filter.tolist()),
            *(nearest.correlation.tolist(), nearest.mutual.tolist()),
            strict=True,
        )
        names = [each.record.name.partition("/")[2] for each in other.layers]
        return {
            "layer": nearest.name,
            "nearest": [
                {"layer": names[at], "filter": n, "correlation": round(value, 4), "mutual": mutual}
                if at >= 0
                else None
                for at, n, value, mutual in places
            ],
        }

    def network(side: Side) -> dict[str, Any]:
        about = side.gallery.manifest.network
        return {"name": about.name, "source": about.source, "sha256": about.weights_sha256}

    record = {
        "stimuli": found.stimuli,
        "networks": {"a": network(a), "b": network(b)},
        "cka": _numbers(found.cka.tolist()),
        "cka_with_b_untrained": _numbers(found.cka_untrained.tolist()),
        "a": [layer(each, b) for each in found.a],
        "b": [layer(each, a) for each in found.b],
    }
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


def _numbers(values: list[list[float]]) -> list[list[float | None]]:
    return [[None if math.isnan(value) else round(value, 4) for value in row] for row in values]
