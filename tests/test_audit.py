"""The audit's reading of its tools' reports, on small reports written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from generator.errors import OutputError
from tests.audit import __main__ as audit
from tests.audit.figures import (
    AUDITS,
    AuditError,
    Figure,
    Limit,
    Report,
    html_errors,
    html_messages,
    lighthouse_faults,
    lighthouse_figures,
)
from tests.audit.programs import MissingProgram, find_programs

AT_MOST = Limit("weight", 200_000, "{:,.0f} KB", scale=1000)
AT_LEAST = Limit("marks", 0.95, scale=0.01, at_least=True)


def lighthouse(*, paint: float | None = 900, seo: float = 1, **more: object) -> Report:
    """A report with everything that is read, and good figures by default."""
    robots = {"id": "robots-txt", "title": "robots.txt is not valid", "score": seo}
    checks = [{"id": "robots-txt", "weight": 1}, {"id": "canonical", "weight": 0}]
    return {
        "categories": {
            "performance": {"score": 0.97, "auditRefs": []},
            "accessibility": {"score": 1, "auditRefs": []},
            "best-practices": {"score": 1, "auditRefs": []},
            "seo": {"score": seo, "auditRefs": checks},
        },
        "audits": {
            "largest-contentful-paint": {"numericValue": paint},
            "cumulative-layout-shift": {"numericValue": 0.002},
            "total-blocking-time": {"numericValue": 40.5},
            "robots-txt": {**robots, "explanation": "could not be fetched"},
            "canonical": {"id": "canonical", "title": "no canonical", "score": 0},
        },
        **more,
    }


@pytest.mark.parametrize(
    ("limit", "value", "held"),
    [
        (AT_MOST, 200_000, True),
        (AT_MOST, 200_001, False),
        (AT_LEAST, 0.95, True),
        (AT_LEAST, 0.94, False),
    ],
)
def test_a_limit_itself_is_held_and_what_is_beyond_is_not(
    limit: Limit, value: float, held: bool
) -> None:
    """Whichever side the limit is on."""
    assert Figure("a page", limit, value).held is held


def test_a_row_has_the_figure_and_its_limit_in_the_same_unit() -> None:
    """A figure that is not held says so."""
    assert Figure("a page", AT_MOST, 213_400).row == (
        *("a page", "weight", "213 KB", "≤ 200 KB", "NO"),
    )
    assert Figure("a page", AT_LEAST, 0.97).row == ("a page", "marks", "97", "≥ 95", "yes")


def test_html_errors_count_and_remarks_do_not() -> None:
    """A file that could not be read counts as well: it was not checked."""
    report = {
        "messages": [
            {"type": "error", "message": "not allowed", "url": "file:/a.html", "lastLine": 7},
            {"type": "info", "subType": "warning", "message": "unusual", "url": "file:/a.html"},
            {"type": "error", "message": "not allowed", "url": "file:/b.html", "lastLine": 9},
            {"type": "info", "message": "by the way", "url": "file:/b.html"},
            {"type": "non-document-error", "subType": "io", "message": "unreadable"},
        ]
    }
    assert html_errors(report).value == 3
    assert not html_errors(report).held
    lines = html_messages(report)
    assert lines[0] == "error, 2 ×: not allowed (file:/a.html:7)"
    assert len(lines) == 4


def test_no_message_is_no_error() -> None:
    """The limit is none at all."""
    assert html_errors({"messages": []}).held


def test_lighthouse_figures_are_medians_over_the_runs() -> None:
    """One slow run among three changes nothing; each figure has its own limit."""
    reports = [lighthouse(paint=paint) for paint in (1100, 4000, 900)]
    figures = {figure.limit.name: figure for figure in lighthouse_figures("home", reports)}
    assert figures["largest contentful paint"].value == 1100
    assert figures["performance"].value == 0.97
    assert figures["layout shift"].value == 0.002
    assert figures["blocking time"].value == 40.5
    assert all(figure.held for figure in figures.values())
    assert len(figures) == 7


def test_a_late_paint_and_missing_marks_are_not_held() -> None:
    """The two that are wrong, and no other."""
    figures = lighthouse_figures("home", [lighthouse(paint=1501, seo=0.92)])
    broken = [figure.limit.name for figure in figures if not figure.held]
    assert broken == ["SEO", "largest contentful paint"]


def test_what_costs_marks_is_named() -> None:
    """With Lighthouse's explanation; what has no weight costs nothing."""
    assert lighthouse_faults("home", lighthouse()) == []
    assert lighthouse_faults("home", lighthouse(seo=0)) == [
        "home: robots.txt is not valid (robots-txt) could not be fetched"
    ]


def test_a_page_that_lighthouse_could_not_measure_is_an_error() -> None:
    """It must not pass for a page with good figures."""
    failed = lighthouse(runtimeError={"code": "NO_FCP", "message": "nothing was painted"})
    with pytest.raises(AuditError, match="home: Lighthouse could not measure it: nothing"):
        lighthouse_figures("home", [failed])
    with pytest.raises(AuditError, match="gave no largest-contentful-paint"):
        lighthouse_figures("home", [lighthouse(paint=None)])


def test_a_folder_without_a_site_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do about it."""
    assert audit.main([str(tmp_path / "nowhere")]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'nowhere'}: has no index.html" in said
    assert "make gallery" in said


def test_the_middle_filter_is_audited(tmp_path: Path) -> None:
    """By number, not by name; a layer without filters is an error."""
    (tmp_path / "layer3").mkdir()
    for name in ("index.html", "layer3/index.html", "method.html", "finder.html"):
        (tmp_path / name).touch()
    with pytest.raises(OutputError, match="layer3 has no filters"):
        audit.filter_page(tmp_path)
    for number in (2, 10, 100):
        (tmp_path / "layer3" / f"{number}.html").touch()
    assert audit.filter_page(tmp_path) == "layer3/10.html"


def test_all_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, so that one installation is enough."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match=r"default-jre-headless.*npm.*chromium"):
        find_programs(tmp_path)


@pytest.mark.parametrize(("paint", "status"), [(1500, 0), (1501, 1)])
def test_the_status_says_whether_every_limit_is_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], paint: int, status: int
) -> None:
    """The table is printed either way."""
    figure = Figure("home", AUDITS["largest-contentful-paint"], paint)
    monkeypatch.setattr(audit, "filter_page", lambda _: "layer3/0.html")
    monkeypatch.setattr(audit, "find_programs", lambda: None)
    monkeypatch.setattr(audit, "measure", lambda *_: [figure])
    assert audit.main([]) == status
    printed = capsys.readouterr().out
    assert f"{paint:,} ms" in printed
    assert (" NO " in printed) is bool(status)


def test_the_table_keeps_every_figure_on_a_narrow_screen() -> None:
    """One row each, nothing cut off at 80 columns."""
    figures = [Figure("layer3/192.html", AT_MOST, 1), Figure("finder.html", AT_LEAST, 0.5)]
    console = Console(width=80)
    with console.capture() as printed:
        console.print(audit.table(figures))
    for text in ("layer3/192.html", "finder.html", "≥ 95", " NO "):
        assert text in printed.get()
    assert "…" not in printed.get()
