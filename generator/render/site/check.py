"""Walks a site and says what is wrong with it, file by file.

Faults are broken links, missing texts and the like; budgets are the sizes promised to readers. A
site with a fault is never put in place; a page over its budget is a warning there, and a failure
where somebody asks for the check itself.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from generator.errors import OutputError
from generator.render import urls
from generator.render.site.markup import PageMarkup, read_markup
from generator.render.words.words import count

KB = 1000
# Of one page, however large the network: a reader's first view, and a browser that stays quick.
ELEMENTS = 1_400
HTML_GZIPPED = 15 * KB
FILTER_PAGE = 200 * KB
FILTER_REQUESTS = 12
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
FILES = 20_000
TABLES_GZIPPED = 150 * KB  # of one script of tables, which few pages fetch
NOT_FOUND = "404.html"  # links from the root: it is shown at any depth


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
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    sizes = {name: path.stat().st_size for name, path in files.items()}
    texts = {
        name: path.read_bytes()
        for name, path in files.items()
        if path.suffix in {".html", ".css", ".js"}
    }
    return check_files(texts, sizes)


def check_files(texts: Mapping[str, bytes], sizes: Mapping[str, int]) -> CheckReport:
    """Check a site given its HTML, CSS and scripts, and the sizes in bytes of all its files."""
    pages = {
        name: read_markup(content.decode("utf-8", "replace"))
        for name, content in texts.items()
        if name.endswith(".html")
    }
    problems: list[Problem] = []
    for name, page in pages.items():
        problems += [Problem(name, fault) for fault in page.faults]
        problems += _broken_loads(name, page, sizes)
        problems += _broken_links(name, page, pages, sizes)
        problems += _over_budget(name, page, texts[name], sizes)
    problems += _style_loads(texts, pages, sizes)
    problems += _same_but_case(sizes)
    filters = sum(page.kind == "filter" for page in pages.values())
    problems += _whole(texts, sizes, filters)
    problems += _tables(texts, filters)
    problems.sort(key=lambda problem: (problem.file, problem.reason))
    return CheckReport(tuple(problems), len(pages), len(sizes), sum(sizes.values()))


def _broken_loads(name: str, page: PageMarkup, sizes: Mapping[str, int]) -> list[Problem]:
    problems = []
    for address in dict.fromkeys(page.loads):
        if address.startswith("data:image/"):
            continue
        target = _inside(name, address)
        if target is None:
            problems.append(Problem(name, f"loads {address!r} from outside the site"))
        elif target not in sizes:
            problems.append(Problem(name, f"loads {address!r}, which is not there"))
    return problems


def _broken_links(
    name: str, page: PageMarkup, pages: Mapping[str, PageMarkup], sizes: Mapping[str, int]
) -> list[Problem]:
    problems = []
    for address in dict.fromkeys(page.links):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if parts.scheme not in {"http", "https", "mailto"}:
                problems.append(Problem(name, f"link to {address!r} of a kind that can run"))
        elif not (name == NOT_FOUND and address.startswith("/")):
            target = _inside(name, address)
            if target is None or target not in sizes:
                problems.append(Problem(name, f"broken link {address!r}"))
            elif parts.fragment and target in pages and parts.fragment not in pages[target].ids:
                problems.append(Problem(name, f"link {address!r}: no such fragment"))
    return problems


def _inside(page: str, address: str) -> str | None:
    """Return the file that an address on a page names; None where it leads out of the site."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        return None
    if not parts.path:
        return page
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
    return None if target.startswith("..") else target


def _over_budget(
    name: str, page: PageMarkup, content: bytes, sizes: Mapping[str, int]
) -> list[Problem]:
    html = _gzipped(content)
    found = [(page.elements, ELEMENTS, "elements"), (html, HTML_GZIPPED, "bytes of HTML, gzipped")]
    loaded = {_inside(name, address) for address in page.loads if not address.startswith("data:")}
    total = html + sum(sizes.get(target, 0) for target in loaded if target)
    if page.kind == "filter":
        found += [(total, FILTER_PAGE, "bytes in all")]
        found += [(len(loaded) + 1, FILTER_REQUESTS, "requests")]
    elif page.kind == "layer":
        found += [(total, LAYER_PAGE, "bytes in all, scripts off")]
    return [_budget(name, value, limit, what) for value, limit, what in found if value > limit]


def _style_loads(
    texts: Mapping[str, bytes], pages: Mapping[str, PageMarkup], sizes: Mapping[str, int]
) -> list[Problem]:
    styles = [(name, style) for name, page in pages.items() for style in page.styles]
    styles += [
        (name, content.decode("utf-8", "replace"))
        for name, content in texts.items()
        if name.endswith(".css")
    ]
    problems = []
    for name, text in styles:
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text):
            wanted = "".join(address).strip()
            if not wanted.startswith("data:") and _inside(name, wanted) not in sizes:
                problems.append(Problem(name, f"loads {wanted!r}, which is not in the site"))
    return problems


def _same_but_case(sizes: Mapping[str, int]) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for name in sorted(sizes):
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            problems.append(Problem(name, f"differs from {other} only in case"))
    return problems


def grown(limit: int, filters: int) -> int:
    """Return the limit for a site of so many filters, given that of a site of `FILTERS`."""
    return max(limit, limit * filters // FILTERS)


def _whole(texts: Mapping[str, bytes], sizes: Mapping[str, int], filters: int) -> list[Problem]:
    def gzipped(ending: str) -> int:
        return sum(
            _gzipped(text)
            for name, text in texts.items()
            if name.endswith(ending) and not urls.is_table(name)
        )

    largest = max(sizes, key=lambda name: (sizes[name], name), default="")
    found = [
        ("the site", sum(sizes.values()), grown(SITE, filters), "bytes in all"),
        ("the site", len(sizes), grown(FILES, filters), "files"),
        ("the site", gzipped(".js"), SCRIPTS_GZIPPED, "bytes of scripts, gzipped"),
        ("the site", gzipped(".css"), STYLES_GZIPPED, "bytes of styles, gzipped"),
        (largest, sizes.get(largest, 0), LARGEST_FILE, "bytes"),
    ]
    return [
        _budget(name, value, limit, what) for name, value, limit, what in found if value > limit
    ]


def _tables(texts: Mapping[str, bytes], filters: int) -> list[Problem]:
    most = grown(TABLES_GZIPPED, filters)
    sizes = {name: _gzipped(text) for name, text in texts.items() if urls.is_table(name)}
    return [
        Problem(
            name,
            f"the tables for a script have {count(size)} bytes, gzipped, more than "
            f"{count(most)}; shorter captions make them smaller",
            budget=True,
        )
        for name, size in sizes.items()
        if size > most
    ]


def _budget(name: str, value: int, limit: int, what: str) -> Problem:
    return Problem(name, f"{count(value)} {what}, more than {count(limit)}", budget=True)


def _gzipped(content: bytes) -> int:
    return len(zlib.compress(content, 6)) + 12  # gzip's frame is 12 bytes longer than zlib's
