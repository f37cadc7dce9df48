"""The check: each fault is found and named with its file, and a good site passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.errors import OutputError
from generator.render.site import check
from generator.render.site.check import CheckReport, check_files, check_site

HEAD = '<!doctype html><html lang="en"><head><title>t</title></head>'


def page(body: str, kind: str = "text") -> bytes:
    """Return a page with this body."""
    return f'{HEAD}<body data-kind="{kind}">{body}</body></html>'.encode()


def checked(body: str, kind: str = "text", **others: bytes) -> CheckReport:
    """Check a site of one page, one picture and a second page in a folder."""
    texts = {"index.html": page(body, kind), "sub/other.html": page('<p id="here">x</p>')}
    sizes = {name: len(text) for name, text in texts.items()} | {"p.webp": 100}
    sizes |= {name: len(content) for name, content in others.items()}
    return check_files(texts, sizes)


def test_a_good_page_passes() -> None:
    """Links to files and fragments, an outside link and a described picture are fine."""
    report = checked(
        '<a href="sub/other.html#here">a</a><a href="https://example.org/">b</a><a href="#c">c</a>'
        '<p id="c">d</p><img src="p.webp" alt="" width="1" height="1">'
        '<svg role="img" aria-label="x"><image href="p.webp"/></svg>'
    )
    assert report.problems == ()
    assert (report.pages, report.files) == (2, 3)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="nowhere.html">x</a>', "broken link 'nowhere.html'"),
        ('<a href="sub/">x</a>', "broken link 'sub/'"),
        ('<a href="/index.html">x</a>', "broken link '/index.html'"),
        ('<a href="../up.html">x</a>', "broken link '../up.html'"),
        ('<a href="sub/other.html#gone">x</a>', "no such fragment"),
        ('<a href="#gone">x</a>', "no such fragment"),
        ('<a href="javascript:x()">x</a>', "of a kind that can run"),
        ('<p id="a"></p><p id="a"></p>', "id 'a' stands twice"),
        ('<img src="p.webp" width="1" height="1">', "without alt"),
        ('<img src="p.webp" alt="">', "without width, height"),
        ('<img src="gone.webp" alt="" width="1" height="1">', "which is not there"),
        ('<img src="https://h/p.webp" alt="" width="1" height="1">', "from outside the site"),
        ('<script src="//h/x.js"></script>', "from outside the site"),
        ("<script>x()</script>", "script inside the page"),
        ('<link rel="stylesheet" href="https://h/x.css">', "from outside the site"),
        ('<svg role="img"><image href="https://h/p.webp"/></svg>', "from outside the site"),
        ('<svg role="img"><image href="p.webp"/></svg>', "without aria-label"),
        ('<p style="color:red">x</p>', "style=… on <p>"),
        ('<p onclick="x()">x</p>', "onclick=… on <p>"),
        ('<svg OnLoad="x()"></svg>', "onload=… on <svg>"),
        ("<p title=it's onclick=x()>x</p>", "onclick=… on <p>"),
        ("<SCRIPT>x()", "script inside the page"),
        ('<svg><script href="x.js"></script></svg>', "script inside the page"),
        ('<script src="data:text/javascript,x()"></script>', "from outside the site"),
        ('<a href=" java\nscript:x()">x</a>', "of a kind that can run"),
        ('<a href="java&#9;script:x()">x</a>', "of a kind that can run"),
        ('<a href="data:text/html,x">x</a>', "of a kind that can run"),
        ('<a href="//h/">x</a>', "of a kind that can run"),
        ('<svg><a xlink:href="javascript:x()">x</a></svg>', "of a kind that can run"),
        ('<map><area href="javascript:x()" alt=""></map>', "of a kind that can run"),
        ('<picture><source srcset="p.webp, https://h/p.webp 2x"></picture>', "from outside"),
        ('<image src="https://h/p.webp">', "from outside the site"),
        ('<video poster="https://h/p.webp"></video>', "from outside the site"),
        ('<table background="https://h/p.webp"></table>', "from outside the site"),
        ('<svg><use href="https://h/p.svg#a"/></svg>', "from outside the site"),
        ('<input type="image" src="https://h/p.webp" alt="x">', "from outside the site"),
        ('<link rel="Stylesheet" href="https://h/x.css">', "from outside the site"),
        ('<link rel="preconnect" href="https://h/">', "from outside the site"),
        ("<style>@import 'https://h/x.css'</style>", "which is not in the site"),
        ("<STYLE>p { background: url(//h/p.png) }</STYLE>", "which is not in the site"),
        ('<iframe src="sub/other.html"></iframe>', "<iframe>, which the security policy"),
        ('<iframe srcdoc="&lt;p>"></iframe>', "<iframe>, which the security policy"),
        ('<object data="https://h/x.pdf"></object>', "<object>, which the security policy"),
        ('<embed src="https://h/x.pdf">', "<embed>, which the security policy"),
        ('<base href="https://h/">', "<base>, which the security policy"),
        ('<form action="https://h/"></form>', "from outside the site"),
        ('<form action="javascript:x()"></form>', "from outside the site"),
        ('<button formaction="https://h/">x</button>', "from outside the site"),
        ('<meta http-equiv="Refresh" content="0;url=https://h/">', "meta refresh"),
    ],
)
def test_a_fault_is_named(body: str, said: str) -> None:
    """The file and the reason stand in the report, and nothing else does."""
    report = checked(body)
    assert report.faults
    assert all(problem.file == "index.html" for problem in report.faults)
    assert any(said in problem.reason for problem in report.faults)


def test_comments_and_scripts_hold_no_markup() -> None:
    """What looks like a tag in a comment, a style or an attribute is none."""
    report = checked(
        "<!-- <a href='gone.html'> --><style>/* <img src=x> */</style>"
        '<p title="a > b <img src=gone.webp>">x</p>'
    )
    assert report.faults == ()


def test_an_address_is_read_as_a_browser_reads_it() -> None:
    """Character references in an address are resolved, and quotes may be single or missing."""
    body = "<A HREF='sub/&#111;ther.html'>a</A><a href=sub/other.html>b</a>"
    assert checked(body).faults == ()
    assert len(checked("<A HREF='gone&#46;html'>a</A><a href=gone2.html>b</a>").faults) == 2


def test_names_that_differ_only_in_case() -> None:
    """Such a site breaks on a file system that takes them for one."""
    report = check_files({}, {"layer1/A.webp": 1, "layer1/a.webp": 1, "b": 1})
    assert [str(p) for p in report.faults] == [
        "layer1/a.webp: differs from layer1/A.webp only in case"
    ]


def test_a_style_that_loads_from_outside() -> None:
    """Style sheets are read as well."""
    texts = {"a.css": b"@import 'https://h/x.css'; p { background: url(https://h/p.png) }"}
    assert len(check_files(texts, {"a.css": 1}).faults) == 2


def test_budgets_are_no_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page over its budget is reported apart from faults."""
    monkeypatch.setattr(check, "ELEMENTS", 20)
    report = checked("<p>x</p>" * 20)
    assert report.faults == ()
    assert [problem.reason for problem in report.budgets] == ["24 elements, more than 20"]


@pytest.mark.parametrize(("kind", "limit"), [("filter", "FILTER_PAGE"), ("layer", "LAYER_PAGE")])
def test_what_a_page_loads_is_counted(
    monkeypatch: pytest.MonkeyPatch, kind: str, limit: str
) -> None:
    """The bytes of everything that a page fetches are held against its budget, each file once."""
    picture = '<img src="p.webp" alt="" width="1" height="1">'
    total = check.gzipped(page(picture * 2, kind)) + 100
    monkeypatch.setattr(check, limit, total)
    assert checked(picture * 2, kind).budgets == ()
    monkeypatch.setattr(check, limit, total - 1)
    assert len(checked(picture * 2, kind).budgets) == 1


def test_the_whole_site_has_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Number of files, bytes in all, the largest file, scripts and styles are counted."""
    for name in ("FILES", "SITE", "LARGEST_FILE", "SCRIPTS_GZIPPED", "STYLES_GZIPPED"):
        monkeypatch.setattr(check, name, 1)
    report = check_files({"a.js": b"x", "b.css": b"y"}, {"a.js": 1, "b.css": 2})
    assert len(report.budgets) == 5


@pytest.mark.parametrize("name", ["SITE", "FILES", "TABLES_GZIPPED"])
def test_what_every_filter_adds_to_may_grow_with_them(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A site of three times the filters may have three times as much, and one of few no less."""
    index = "assets/search.0123456789.js"
    texts = {f"layer1/{number}.html": page("", "filter") for number in range(3)}
    texts[index] = b"x" * 100
    sizes = {path: len(text) for path, text in texts.items()}
    used = {
        "SITE": sum(sizes.values()),
        "FILES": len(sizes),
        "TABLES_GZIPPED": check.gzipped(texts[index]),
    }[name]

    def problems(filters: int, limit: int) -> int:
        monkeypatch.setattr(check, "FILTERS", filters)
        monkeypatch.setattr(check, name, limit)
        return len(check_files(texts, sizes).budgets)

    assert problems(1, -(-used // 3)) == 0
    assert problems(1, (used - 1) // 3) == 1
    assert problems(300, used) == 0
    assert problems(300, used - 1) == 1


def test_a_built_folder_is_walked(tmp_path: Path) -> None:
    """`check_site` reads a folder, faults in deep folders included."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_bytes(page('<a href="deep/x.html">x</a>'))
    (tmp_path / "deep/x.html").write_bytes(page('<a href="../gone.html">x</a>'))
    assert [str(p) for p in check_site(tmp_path).problems] == [
        "deep/x.html: broken link '../gone.html'"
    ]


def test_a_missing_folder(tmp_path: Path) -> None:
    """The error names the folder."""
    with pytest.raises(OutputError, match="nothing: no such folder"):
        check_site(tmp_path / "nothing")
