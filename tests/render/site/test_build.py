"""The whole way from an atlas to a site in its place: whole, checked, repeatable, never half."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from generator.errors import AtlasError, ContentError, OutputError
from generator.render.site.build import render
from generator.render.site.check import check_site
from generator.render.site.output import MARKER, Marker
from tests import ROOT
from tests.support.tiny_atlas import LAYERS, make_atlas

FILTERS = sum(filters for _, filters, *_ in LAYERS)


def make(
    atlas: Path,
    site: Path,
    *,
    content: Path = ROOT / "content",
    templates: Path = ROOT / "site_templates",
    strict: bool = False,
    base_url: str | None = None,
    warnings: list[str] | None = None,
) -> Marker:
    """Render with the shipped texts and templates."""
    return render(
        atlas,
        site,
        templates=templates,
        content=content,
        strict=strict,
        base_url=base_url,
        progress=lambda _what, _done, _of: None,
        warn=(warnings if warnings is not None else []).append,
    )


def digest(site: Path) -> str:
    """Return one hash over the names and bytes of a folder."""
    total = hashlib.sha256()
    for path in sorted(site.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(site).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny atlas that no test changes."""
    return make_atlas(tmp_path_factory.mktemp("site") / "atlas")


@pytest.fixture(scope="module")
def built(atlas: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a site that no test changes."""
    site = tmp_path_factory.mktemp("built") / "site"
    make(atlas, site)
    return site


def test_every_page_is_there(built: Path) -> None:
    """Home, layers, filters, facts, texts, the missing page, and nothing that hides."""
    for name, filters, *_ in LAYERS:
        assert (built / name / "index.html").is_file()
        assert (built / name / "filters.json").is_file()
        pages = {path.name for path in (built / name).glob("*.html")}
        endings = (".html", ".embed.html")
        every = {f"{number}{ending}" for number in range(filters) for ending in endings}
        assert pages == {"index.html", *every}
    for page in ("index", "404", "method", "network", "glossary", "credits", "finder"):
        assert (built / f"{page}.html").is_file()
    assert (built / ".nojekyll").is_file()


def test_the_report_counts_the_site(atlas: Path, tmp_path: Path) -> None:
    """Pages, files and bytes are those of the folder, its marker left out."""
    report = make(atlas, tmp_path / "site")
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    ours = [path for path in files if path.name != MARKER]
    assert report.files == len(ours)
    assert report.bytes == sum(path.stat().st_size for path in ours)
    assert report.pages == sum(path.suffix == ".html" for path in ours)
    assert report.pages >= FILTERS + len(LAYERS)
    assert not report.unchanged


def test_a_built_site_passes_the_check(built: Path) -> None:
    """No fault and no budget is broken."""
    assert [str(problem) for problem in check_site(built).problems] == []


def test_two_processes_make_the_same_bytes(atlas: Path, tmp_path: Path) -> None:
    """No clock, no chance, no order of a set is in any file."""
    code = (
        "import sys; from pathlib import Path; from tests.render.site.test_build import make;"
        "make(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(atlas), str(tmp_path / seed)],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_the_same_inputs_write_nothing(atlas: Path, tmp_path: Path) -> None:
    """A second render leaves every file as it is, and gives the same counts."""
    site = tmp_path / "site"
    first = make(atlas, site)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    second = make(atlas, site)
    assert second.unchanged
    assert (second.pages, second.files, second.bytes) == (first.pages, first.files, first.bytes)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_a_changed_sentence_makes_a_new_site(atlas: Path, tmp_path: Path) -> None:
    """A change in the texts, and a page removed by hand, are both noticed."""
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    site = tmp_path / "site"
    make(atlas, site, content=content)
    with (content / "pages/glossary.md").open("a") as text:
        text.write("\nA sentence about pomegranates.\n")
    assert not make(atlas, site, content=content).unchanged
    assert "pomegranates" in (site / "glossary.html").read_text()
    (site / "layer1/0.html").unlink()
    assert not make(atlas, site, content=content).unchanged
    assert (site / "layer1/0.html").is_file()


def test_another_atlas_replaces_the_site(atlas: Path, tmp_path: Path) -> None:
    """Nothing of the former site stays."""
    site = tmp_path / "site"
    make(atlas, site)
    before = digest(site)
    (site / "stray.html").write_text("left behind")
    make(make_atlas(tmp_path / "other", seed=1), site)
    assert digest(site) != before
    assert not (site / "stray.html").exists()


@pytest.mark.parametrize("name", ["thesis.tex", ".hidden"])
def test_a_folder_that_is_not_ours_is_refused(atlas: Path, tmp_path: Path, name: str) -> None:
    """A folder with someone's file in it stays as it was."""
    site = tmp_path / "site"
    site.mkdir()
    (site / name).write_text("work of years")
    with pytest.raises(OutputError, match="not empty and not made by Filter Gallery"):
        make(atlas, site)
    assert [path.name for path in site.iterdir()] == [name]


def test_a_file_in_the_way_is_refused(atlas: Path, tmp_path: Path) -> None:
    """A file is never replaced by a folder."""
    (tmp_path / "site").write_text("words")
    with pytest.raises(OutputError, match="is a file"):
        make(atlas, tmp_path / "site")


def test_a_damaged_atlas_leaves_the_site(atlas: Path, built: Path, tmp_path: Path) -> None:
    """A site is never made from half an atlas; the one before stays whole."""
    site = Path(shutil.copytree(built, tmp_path / "site"))
    broken = Path(shutil.copytree(atlas, tmp_path / "atlas"))
    before = digest(site)
    picture = broken / "pictures/layer3/4.patches.webp"
    picture.write_bytes(picture.read_bytes() + b"\0")
    with pytest.raises(AtlasError, match=r"layer3/4\.patches\.webp"):
        make(broken, site)
    picture.unlink()
    with pytest.raises(AtlasError, match=r"layer3/4\.patches\.webp"):
        make(broken, site)
    assert digest(site) == before


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[gone](method.md#no-such-heading)", r"glossary\.html: link .*no such fragment"),
        ("<script>x()</script>", r"glossary\.html: script inside the page"),
        ("[x](javascript:x())", r"glossary\.html: link .* of a kind that can run"),
        ("![x](https://h/x.png)", r"glossary\.html: .*from outside the site"),
    ],
)
def test_a_fault_keeps_the_new_site_out(
    atlas: Path, built: Path, tmp_path: Path, written: str, said: str
) -> None:
    """A broken link in a text, or what runs or loads, is found before anything is replaced."""
    site = Path(shutil.copytree(built, tmp_path / "site"))
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    with (content / "pages/glossary.md").open("a") as text:
        text.write(f"\n{written}\n")
    before = digest(site)
    with pytest.raises(ContentError, match=said):
        make(atlas, site, content=content)
    assert digest(site) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_or_an_interrupt_leaves_the_site(
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
) -> None:
    """Whatever stops the copying, the site before is whole and no half one lies beside it."""
    site = Path(shutil.copytree(built, tmp_path / "site"))
    other = make_atlas(tmp_path / "other", seed=2)
    before, copied = digest(site), 0
    real = shutil.copyfile

    def failing(source: Path, target: Path) -> Path:
        nonlocal copied
        copied += 1
        if copied == 5:
            raise error
        return Path(real(source, target))

    monkeypatch.setattr(shutil, "copyfile", failing)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        make(other, site)
    assert digest(site) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "site"]
    monkeypatch.undo()
    assert not make(other, site).unchanged


def test_missing_licence_warns_and_fails_strict(tmp_path: Path) -> None:
    """A set without a licence text is shown with a notice, and not at all under --strict."""
    atlas = make_atlas(tmp_path / "atlas", credit=None)
    warnings: list[str] = []
    report = make(atlas, tmp_path / "site", warnings=warnings)
    assert report.warnings == tuple(warnings)
    assert warnings
    assert any("licence" in warning for warning in warnings)
    assert "No licence is known" in (tmp_path / "site/layer1/0.html").read_text()
    assert "No licence is known" not in (tmp_path / "site/method.html").read_text()
    with pytest.raises(ContentError, match=r"--strict .*licence"):
        make(atlas, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict").exists()


def test_strict_holds_for_an_unchanged_site(tmp_path: Path) -> None:
    """Warnings of the former render are repeated, so that --strict cannot be slipped past."""
    atlas = make_atlas(tmp_path / "atlas", credit=None)
    make(atlas, tmp_path / "site")
    again: list[str] = []
    assert make(atlas, tmp_path / "site", warnings=again).unchanged
    assert any("licence" in warning for warning in again)
    with pytest.raises(ContentError, match="--strict"):
        make(atlas, tmp_path / "site", strict=True)


def test_a_base_address_makes_whole_addresses(atlas: Path, tmp_path: Path) -> None:
    """With --base-url pages name themselves; without it no page does."""
    make(atlas, tmp_path / "site", base_url="https://h.example/repository/")
    page = (tmp_path / "site/layer1/index.html").read_text()
    assert 'rel="canonical" href="https://h.example/repository/layer1/"' in page
    listed = (tmp_path / "site/sitemap.xml").read_text()
    pages = [path.name for path in (tmp_path / "site").rglob("*.html")]
    embedded = sum(name.endswith(".embed.html") for name in pages)  # show what others have
    assert listed.count("<loc>") == len(pages) - embedded - 1
    assert "<loc>https://h.example/repository/layer1/3.html</loc>" in listed
    assert 'property="og:image" content="https://h.example/repository/layer1/card.jpg"' in page
    with Image.open(tmp_path / "site/layer1/card.jpg") as card:
        assert card.size == (1200, 630)
    assert 'href="/repository/index.html"' in (tmp_path / "site/404.html").read_text()
    with pytest.raises(ContentError, match="must start with https://"):
        make(atlas, tmp_path / "other", base_url="h.example")


def test_without_a_base_address_nothing_names_itself(built: Path) -> None:
    """A site that may lie anywhere has no sitemap, cards or whole addresses of its own."""
    assert not (built / "sitemap.xml").exists()
    assert not list(built.rglob("card.jpg"))
    assert "canonical" not in (built / "index.html").read_text()


def test_render_never_imports_torch() -> None:
    """The whole render half works on a laptop without torch."""
    code = "import sys, generator.render.site.build; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_set_without_labels_becomes_a_site(tmp_path: Path) -> None:
    """Pages say nothing of labels where there are none."""
    make(make_atlas(tmp_path / "atlas", labels=("",)), tmp_path / "site")
    page = (tmp_path / "site/layer3/0.html").read_text()
    assert "labelled “" not in page
    assert "purity" not in page


def test_a_text_on_a_layer_that_was_left_out_has_a_stand_in(tmp_path: Path) -> None:
    """Shipped texts compare layers; an atlas of one layer gets those that do not."""
    text = (ROOT / "content/layers/layer1.md").read_text().split("+++")[1]
    weights = tomllib.loads(text)["weights"]
    atlas = make_atlas(tmp_path / "atlas", layers=LAYERS[:1], weights=weights)
    warnings: list[str] = []
    make(atlas, tmp_path / "site", warnings=warnings)
    named = [warning for warning in warnings if "which this atlas lacks" in warning]
    assert sorted(warning.split()[0] for warning in named) == [
        "content/layers/layer1.md",
        "content/pages/home.md",
    ]
