"""Walks a site and says what is wrong with it, file by file.

Faults are broken links, missing texts and the like; budgets are the sizes promised to readers. A
site with a fault is never put in place; a page over its budget is a warning there, and a failure
where somebody asks for the check itself.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from generator.errors import OutputError
from generator.render import urls
from generator.render.site.markup import PageMarkup, read_markup
from generator.render.site.output import all_files
from generator.render.words.words import count

KB = 1000
# Of one page, however large the network: a reader's first view, and a browser that stays quick.
ELEMENTS = 1_400
HTML_GZIPPED = 15 * KB
FILTER_PAGE = 200 * KB
FILTER_REQUESTS = 12
IMAGE_PAGE = 250 * KB
LAYER_PAGE = 2_500 * KB  # with scripts off, when a browser fetches every picture
# Of all pages together: they share scripts and styles, so these do not grow with their number.
SCRIPTS_GZIPPED = 15 * KB
STYLES_GZIPPED = 10 * KB
LARGEST_FILE = 10_000 * KB
# Of a site of so many filters. A reader fetches none of it whole, but whoever publishes it does;
# with more filters each may cost as much as here. The tables that the finder searches hold every
# filter; its index can be read while they come.
FILTERS = 1_376
SITE = 120_000 * KB
SITE_WITH_STUDIES = 300_000 * KB
FILES = 20_000
TABLES_GZIPPED = 150 * KB  # of one script of tables, which few pages fetch
# Of the live page, which a reader starts with a click that says how much: its own code, each of two
# scripts; what comes before the first two layers answer; and all of it.
LIVE_CODE_GZIPPED = 20 * KB
LIVE_FIRST = 1_000 * KB
LIVE_WHOLE = 6_000 * KB
LIVE_CODE = ("page", "engine")
LIVE_FIRST_PARTS = (*LIVE_CODE, "network", "pictures", "weights-1", "weights-2")
READ_BY_SCRIPTS = {"live", "map"}  # kinds of page whose fragments are no ids

Size = tuple[str, int, int, str]  # file, what it has, how much it may have, and of what


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one file."""

    file: str
    reason: str
    budget: bool = False  # a size, rather than a fault

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True)
class CheckReport:
    """What a walk found."""

    problems: tuple[Problem, ...]
    pages: int
    files: int
    bytes: int

    @property
    def faults(self) -> tuple[Problem, ...]:
        """Return what must not be published."""
        return tuple(problem for problem in self.problems if not problem.budget)

    @property
    def budgets(self) -> tuple[Problem, ...]:
        """Return what is larger than promised."""
        return tuple(problem for problem in self.problems if problem.budget)


def check_site(folder: Path) -> CheckReport:
    """Check a built site; OutputError where the folder is not there."""
    if not folder.is_dir():
        raise OutputError(f"{folder}: no such folder; build a site with `filter-gallery render`")
    files = {path.relative_to(folder).as_posix(): path for path in all_files(folder)}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    read = {".html", ".css", ".js"}
    texts = {name: path.read_bytes() for name, path in files.items() if path.suffix in read}
    return check_files(texts, sizes)


def check_files(texts: Mapping[str, bytes], sizes: Mapping[str, int]) -> CheckReport:
    """Check a site given its HTML, CSS and scripts, and the sizes in bytes of all its files."""
    pages = {
        name: read_markup(content.decode("utf-8", "replace"))
        for name, content in texts.items()
        if name.endswith(".html")
    }
    problems = [*_style_loads(texts, pages, sizes), *_same_but_case(sizes)]
    for name, page in pages.items():
        loads, links = _broken_loads(name, page, sizes), _broken_links(name, pages, sizes)
        problems += [Problem(name, reason) for reason in (*page.faults, *loads, *links)]
        problems += _over(_page_sizes(name, page, texts[name], sizes))
    filters = sum(page.kind == "filter" for page in pages.values())
    problems += _over(_site_sizes(texts, sizes, filters))
    problems.sort(key=lambda problem: (problem.file, problem.reason))
    return CheckReport(tuple(problems), len(pages), len(sizes), sum(sizes.values()))


def _broken_loads(name: str, page: PageMarkup, sizes: Mapping[str, int]) -> Iterator[str]:
    for address in dict.fromkeys(page.loads):
        if address.startswith("data:image/"):
            continue
        target = _inside(name, address)
        if target is None:
            yield f"loads {address!r} from outside the site"
        elif target not in sizes:
            yield f"loads {address!r}, which is not there"


def _broken_links(
    name: str, pages: Mapping[str, PageMarkup], sizes: Mapping[str, int]
) -> Iterator[str]:
    for address in dict.fromkeys(pages[name].links):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if parts.scheme not in {"http", "https", "mailto"}:
                yield f"link to {address!r} of a kind that can run"
        elif not (name == urls.NOT_FOUND and address.startswith("/")):  # shown at any depth
            target = _inside(name, address)
            if target is None or target not in sizes:
                yield f"broken link {address!r}"
            elif parts.fragment and target in pages and not _leads(parts.fragment, pages[target]):
                yield f"link {address!r}: no such fragment"


def _leads(fragment: str, page: PageMarkup) -> bool:
    return fragment in page.ids or page.kind in READ_BY_SCRIPTS


def _inside(page: str, address: str) -> str | None:
    """Return the file that an address on a page names; None where it leads out of the site."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return None
    if not parts.path:
        return page
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    return None if target.startswith("..") else target


def _style_loads(
    texts: Mapping[str, bytes], pages: Mapping[str, PageMarkup], sizes: Mapping[str, int]
) -> Iterator[Problem]:
    styles = [(name, style) for name, page in pages.items() for style in page.styles]
    styles += [
        (name, content.decode("utf-8", "replace"))
        for name, content in texts.items()
        if name.endswith(".css")
    ]
    for name, text in styles:
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text):
            wanted = "".join(address).strip()
            if not wanted.startswith("data:") and _inside(name, wanted) not in sizes:
                yield Problem(name, f"loads {wanted!r}, which is not in the site")


def _same_but_case(sizes: Mapping[str, int]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in sorted(sizes):
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            yield Problem(name, f"differs from {other} only in case")


def _over(measured: Iterable[Size]) -> list[Problem]:
    return [
        Problem(name, f"{count(value)} {what}, more than {count(limit)}", budget=True)
        for name, value, limit, what in measured
        if value > limit
    ]


def _page_sizes(
    name: str, page: PageMarkup, content: bytes, sizes: Mapping[str, int]
) -> Iterator[Size]:
    html = gzipped(content)
    loaded = {_inside(name, address) for address in page.loads if not address.startswith("data:")}
    total = html + sum(sizes.get(target, 0) for target in loaded if target)
    yield name, page.elements, ELEMENTS, "elements"
    yield name, html, HTML_GZIPPED, "bytes of HTML, gzipped"
    if page.kind == "filter":
        yield name, total, FILTER_PAGE, "bytes in all"
        yield name, len(loaded) + 1, FILTER_REQUESTS, "requests"
    elif page.kind == "image":
        yield name, total, IMAGE_PAGE, "bytes in all"
    elif page.kind == "layer":
        yield name, total, LAYER_PAGE, "bytes in all, scripts off"


def _site_sizes(
    texts: Mapping[str, bytes], sizes: Mapping[str, int], filters: int
) -> Iterator[Size]:
    def grown(limit: int) -> int:
        return max(limit, limit * filters // FILTERS)

    packed = {name: gzipped(text) for name, text in texts.items() if not name.endswith(".html")}
    tables = {name: packed.pop(name) for name in tuple(packed) if urls.is_table(name)}
    live = {part: packed.pop(name) for name in tuple(packed) if (part := urls.live_part(name))}
    scripts = sum(size for name, size in packed.items() if name.endswith(".js"))
    styles = sum(size for name, size in packed.items() if name.endswith(".css"))
    largest = max(sizes, key=lambda name: (sizes[name], name), default="")
    limit = SITE_WITH_STUDIES if any(map(urls.of_study, sizes)) else SITE
    yield "the site", sum(sizes.values()), grown(limit), "bytes in all"
    yield "the site", len(sizes), grown(FILES), "files"
    yield "the site", scripts, SCRIPTS_GZIPPED, "bytes of scripts, gzipped"
    yield "the site", styles, STYLES_GZIPPED, "bytes of styles, gzipped"
    yield largest, sizes.get(largest, 0), LARGEST_FILE, "bytes"
    what = "bytes of tables for a script, gzipped (shorter captions make them smaller)"
    for name, size in tables.items():
        yield name, size, grown(TABLES_GZIPPED), what
    yield from _live_sizes(live)


def _live_sizes(parts: Mapping[str, int]) -> Iterator[Size]:
    """Yield the sizes of the live page, given those of its scripts, gzipped; none without it."""
    if not parts:
        return
    for part in LIVE_CODE:
        yield f"live-{part}.js", parts.get(part, 0), LIVE_CODE_GZIPPED, "bytes, gzipped"
    early = {part: parts.get(part, 0) for part in LIVE_FIRST_PARTS}
    for some, limit, when in (
        (early, LIVE_FIRST, "before two layers answer"),
        (parts, LIVE_WHOLE, "in all"),
    ):
        largest = max(some, key=lambda part: (some[part], part))
        what = f"bytes {when}, gzipped, most of them live-{largest}.js"
        yield "the live page", sum(some.values()), limit, what


def gzipped(content: bytes) -> int:
    """Return how many bytes a server sends of a file."""
    return len(zlib.compress(content, 6)) + 12  # gzip's frame is 12 bytes longer than zlib's
