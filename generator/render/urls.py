"""Every page path of the site; the only place that knows them.

A path is relative to the site's root and written with "/"; `link` turns two of them into an address
that works from a folder, under a prefix and at a root alike, because it is always relative and
always names a file.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import get_args
from urllib.parse import quote, urlsplit

from generator.atlas.schema import PictureKind
from generator.names import StudyName
from generator.render.views.layer.spans import page_of

HOME = "index.html"
NOT_FOUND = "404.html"
FINDER = "finder.html"
CREDITS = "credits.html"
ASSETS = "assets"
STUDIES = "studies"
IMAGES = "images"
SITEMAP = "sitemap.xml"
COMPARISON = "comparison.json"
# Tables for scripts, by their names among the scripts; in the site they carry a hash.
SEARCH_INDEX = "search.js"
MAP_TABLE = "map-images.js"
_TABLES = r"(search|map-images|quiz-questions|cards-[0-9]+(-[0-9]+)?)\.[0-9a-f]+\.js"
_LIVE = r"live-([a-z]+(?:-[0-9]+)?)\.[0-9a-f]+\.js"


def layer(name: str, page: int = 1) -> str:
    """Return a page of a layer; a layer with many filters has several, counted from 1."""
    return f"{name}/index.html" if page == 1 else f"{name}/page{page}.html"


def of_side(letter: str, layer_name: str) -> str:
    """Return the name of a layer of network A or B on the site of a comparison."""
    return f"{letter.lower()}/{layer_name}"


def ordered(layer_name: str, order: str, page: int = 1) -> str:
    """Return a page of a layer of a comparison, whose cards stand in an order."""
    return f"{layer_name}/{order}.html" if page == 1 else f"{layer_name}/{order}{page}.html"


def card(layer_name: str, number: int) -> str:
    """Return the card of a filter, on its page of the layer."""
    return f"{layer(layer_name, page_of(number))}#{number}"


def filter_page(layer_name: str, number: int) -> str:
    """Return the page of a filter."""
    return f"{layer_name}/{number}.html"


def embedded(layer_name: str, number: int) -> str:
    """Return the small page of a filter, for a frame on another site."""
    return f"{layer_name}/{number}.embed.html"


def is_embedded(path: str) -> bool:
    """Say whether a path is that of a small page, which shows what another page has."""
    return path.endswith(".embed.html")


def facts(layer_name: str) -> str:
    """Return the file with a layer's facts as JSON."""
    return f"{layer_name}/filters.json"


def picture(layer_name: str, number: int, kind: PictureKind) -> str:
    """Return a contact sheet; it lies beside the page of its filter."""
    return f"{layer_name}/{number}.{kind}.webp"


def kernels(layer_name: str, moment: str) -> str:
    """Return a picture of all kernels of a layer at one moment of training."""
    return f"{layer_name}/kernels.{moment}.webp"


def text_page(name: str) -> str:
    """Return the page of `content/pages/<name>.md`."""
    return f"{name}.html"


def study_page(name: str) -> str:
    """Return the page of a study."""
    return f"{name}.html"


def study_item(study: str, item: str) -> str:
    """Return one of the further pages of a study: of a class, of an image."""
    return f"{study}/{item}.html"


def study_picture(study: str, *names: str) -> str:
    """Return a picture of a study, by the names that it has there: of a layer and a filter."""
    return f"{STUDIES}/{study}/{'/'.join(names)}.webp"


def of_study(path: str) -> bool:
    """Say whether a path is a study's further page or picture, or what the live page loads."""
    folder = path.partition("/")[0]
    return folder in (STUDIES, *get_args(StudyName)) or live_part(path) != ""


def image_page(row: int) -> str:
    """Return the page of an image, by its row in the image set."""
    return f"{IMAGES}/{row}.html"


def social_card(layer_name: str) -> str:
    """Return the picture that other sites show for a layer and its filters."""
    return f"{layer_name}/card.jpg"


def asset(name: str) -> str:
    """Return a style sheet or script, given its hashed name."""
    return f"{ASSETS}/{name}"


def finder(page: int = 1) -> str:
    """Return a page of the finder; the index of labels may go on on further ones."""
    return FINDER if page == 1 else f"finder{page}.html"


def cards_script(layer_at: int, page: int = 1) -> str:
    """Return the name, among the scripts, of what a page of a layer knows of its cards."""
    return f"cards-{layer_at}.js" if page == 1 else f"cards-{layer_at}-{page}.js"


def is_table(path: str) -> bool:
    """Say whether a path is that of tables for a script: data, though written as one."""
    return re.fullmatch(f"{ASSETS}/{_TABLES}", path) is not None


def live_part(path: str) -> str:
    """Return "weights-1" of a path that is a script of the live page; "" of any other."""
    found = re.fullmatch(f"{ASSETS}/{_LIVE}", path)
    return found[1] if found else ""


def link(source: str, target: str) -> str:
    """Return the address of `target` as written on the page `source`; a fragment is kept."""
    path, mark, fragment = target.partition("#")
    return _relative(posixpath.dirname(source), path) + mark + fragment


@lru_cache(maxsize=10_000)
def _relative(folder: str, path: str) -> str:
    return quote(posixpath.relpath(path, folder or "."))


def absolute(base_url: str, path: str) -> str:
    """Return the whole address of a page; the home page and layers end in "/"."""
    stem = path.removesuffix("index.html")
    return base_url.rstrip("/") + "/" + quote(stem)


def from_root(base_url: str, path: str) -> str:
    """Return the address of a page as it starts at the server's root: /repository/index.html."""
    return urlsplit(base_url).path.rstrip("/") + "/" + quote(path)
