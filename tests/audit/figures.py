"""What the reports of the tools say, as figures beside the limits that they are held to.

The limits are the promises to readers: those of size are generator/render/site/check.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from generator.errors import GalleryError
from generator.render.site.check import FILTER_PAGE, FILTER_REQUESTS, KB

Report = Mapping[str, Any]  # JSON, as a tool wrote it


class AuditError(GalleryError):
    """A report that holds no figures, or a tool that gave none."""


@dataclass(frozen=True)
class Limit:
    """What is measured, how far it may go, and how both are written."""

    name: str
    bound: float
    form: str = "{:,.0f}"
    at_least: bool = False  # whether the bound is the smallest allowed, not the largest
    scale: float = 1  # one unit of the form


@dataclass(frozen=True)
class Figure:
    """One measured value of one page."""

    page: str
    limit: Limit
    value: float

    @property
    def held(self) -> bool:
        """Whether the value is within its limit; the limit itself is."""
        bound = self.limit.bound
        return self.value >= bound if self.limit.at_least else self.value <= bound

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Return page, name, value, limit and verdict, as they are printed."""
        value, bound = (
            self.limit.form.format(number / self.limit.scale)
            for number in (self.value, self.limit.bound)
        )
        sign = "≥" if self.limit.at_least else "≤"
        return self.page, self.limit.name, value, f"{sign} {bound}", "yes" if self.held else "NO"


HTML_ERRORS = Limit("HTML errors", 0)
CATEGORIES = {  # Lighthouse's names; its scores go to 1, and are shown to 100
    "performance": Limit("performance", 0.95, scale=0.01, at_least=True),
    "accessibility": Limit("accessibility", 1, scale=0.01, at_least=True),
    "best-practices": Limit("best practices", 1, scale=0.01, at_least=True),
    "seo": Limit("SEO", 1, scale=0.01, at_least=True),
}
AUDITS = {  # Lighthouse's names; times are in milliseconds
    "largest-contentful-paint": Limit("largest contentful paint", 1500, "{:,.0f} ms"),
    "cumulative-layout-shift": Limit("layout shift", 0.01, "{:.3f}"),
    "total-blocking-time": Limit("blocking time", 100, "{:,.0f} ms"),
}
LAYER_VIEW = (
    Limit("first view, bytes", 300 * KB, "{:,.0f} KB", scale=KB),
    Limit("first view, requests", 60),
)
FILTER_VIEW = (
    Limit("first view, bytes", FILTER_PAGE, "{:,.0f} KB", scale=KB),
    Limit("first view, requests", FILTER_REQUESTS),
)


def html_errors(report: Report) -> Figure:
    """Return how many errors the Nu Html Checker found; files it could not read are errors too."""
    errors = sum(message["type"] != "info" for message in report["messages"])
    return Figure("all pages", HTML_ERRORS, errors)


def html_messages(report: Report) -> list[str]:
    """Return one line for each different message of the Nu Html Checker, the most frequent first.

    A line has the kind, how often it was given, the text, and the file and line of the first.
    """
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for message in report["messages"]:
        kind = message.get("subType", message["type"])
        key = kind, message["message"]
        counts[key] += 1
        first.setdefault(key, f"{message.get('url', '')}:{message.get('lastLine', '')}")
    return [
        f"{kind}, {number:,} ×: {text} ({first[kind, text]})"
        for (kind, text), number in counts.most_common()
    ]


def lighthouse_figures(page: str, reports: Sequence[Report]) -> list[Figure]:
    """Return the median of every figure over Lighthouse's reports on one page.

    Raises AuditError where a report could not measure the page.
    """
    figures = [
        Figure(page, limit, median(_score(page, report, name) for report in reports))
        for name, limit in CATEGORIES.items()
    ]
    figures += [
        Figure(page, limit, median(_value(page, report, name) for report in reports))
        for name, limit in AUDITS.items()
    ]
    return figures


def lighthouse_faults(page: str, report: Report) -> list[str]:
    """Return what keeps accessibility, best practices and SEO of one page from full marks."""
    names = [
        reference["id"]
        for category in ("accessibility", "best-practices", "seo")
        for reference in report["categories"][category]["auditRefs"]
        if reference["weight"]
    ]
    audits = [report["audits"][name] for name in names]
    return [
        f"{page}: {audit['title']} ({audit['id']}) {audit.get('explanation', '')}".rstrip()
        for audit in audits
        if audit["score"] is not None and audit["score"] < 1
    ]


def _score(page: str, report: Report, category: str) -> float:
    _measured(page, report)
    return _number(page, category, report["categories"][category]["score"])


def _value(page: str, report: Report, audit: str) -> float:
    _measured(page, report)
    return _number(page, audit, report["audits"][audit].get("numericValue"))


def _measured(page: str, report: Report) -> None:
    if problem := report.get("runtimeError"):
        raise AuditError(f"{page}: Lighthouse could not measure it: {problem['message']}")


def _number(page: str, name: str, value: float | None) -> float:
    if value is None:
        raise AuditError(f"{page}: Lighthouse gave no {name}; run the audit again")
    return value
