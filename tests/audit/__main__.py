"""Audits a built site: `python -m tests.audit [SITE]`, or `make audit`.

Runs the Nu Html Checker over every page, Lighthouse as from a phone on the kinds of pages that
readers meet, and counts what a first view fetches. Prints every figure with its limit; ends with
status 1 if one is not held.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from generator.errors import GalleryError, OutputError
from tests.audit.figures import (
    FILTER_VIEW,
    LAYER_VIEW,
    Figure,
    html_errors,
    html_messages,
    lighthouse_faults,
    lighthouse_figures,
)
from tests.audit.first_view import first_views
from tests.audit.programs import Programs, check_html, find_programs, run_lighthouse
from tests.browser.sites import serving

HOME, LAYER, METHOD, FINDER = "index.html", "layer3/index.html", "method.html", "finder.html"


def say(line: str) -> None:
    """Say what is going on, beside the results."""
    Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)


def filter_page(site: Path) -> str:
    """Return a page of a filter of layer 3: the middle one.

    Raises OutputError where the site lacks one of the pages to be audited.
    """
    for name in (HOME, LAYER, METHOD, FINDER):
        if not (site / name).is_file():
            raise OutputError(f"{site}: has no {name}; build a gallery first: `make gallery`")
    numbers = sorted(int(p.stem) for p in (site / LAYER).parent.glob("*.html") if p.stem.isdigit())
    if not numbers:
        raise OutputError(f"{site}: layer3 has no filters; build a gallery first: `make gallery`")
    return f"layer3/{numbers[len(numbers) // 2]}.html"


def measure(site: Path, one_filter: str, programs: Programs, runs: int) -> list[Figure]:
    """Return every figure of a site, Lighthouse's each the median of some runs."""
    say("checking the HTML of every page")
    report = check_html(programs, site)
    for line in html_messages(report):
        say(line)
    figures = [html_errors(report)]
    with serving(site) as root:
        for page in (HOME, LAYER, one_filter, METHOD, FINDER):
            say(f"Lighthouse: {page}")
            reports = [run_lighthouse(programs, f"{root}/{page}") for _ in range(runs)]
            figures += lighthouse_figures(page, reports)
            for line in lighthouse_faults(page, reports[0]):
                say(line)
        limits = {LAYER: LAYER_VIEW, one_filter: FILTER_VIEW}
        figures += first_views(programs.chromium, root, limits)
    return figures


def table(figures: Sequence[Figure]) -> Table:
    """Return the figures with their limits, page by page."""
    made = Table("page", "figure")
    for heading in ("value", "limit"):
        made.add_column(heading, justify="right")
    made.add_column("held")
    for number, figure in enumerate(figures):
        following = figures[number + 1 : number + 2]
        last = not following or following[0].page != figure.page
        made.add_row(*figure.row, end_section=last)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a site; return 0 if every limit is held, 1 if not or if something is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=Path("site"))
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse on a page (default: 3)")
    asked = parser.parse_args(arguments)
    if asked.runs < 1:
        parser.error(f"--runs {asked.runs}: Lighthouse runs at least once")
    try:
        figures = measure(asked.site, filter_page(asked.site), find_programs(), asked.runs)
    except GalleryError as problem:
        say(f"error: {problem}")
        return 1
    Console().print(table(figures))
    return 0 if all(figure.held for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
