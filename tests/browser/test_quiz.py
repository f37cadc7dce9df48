"""A whole quiz by keyboard, the file of its answers, the page that joins files, and the frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import silent
from tests.browser.sites import serving
from tests.browser.test_axe import violations

pytestmark = pytest.mark.browser

STEPS = 10


def answer(page: Page, choice: str = "A") -> None:
    """Answer a question by keyboard alone, from its heading, which has the focus."""
    expect(page.locator("#quiz-title")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space" if choice == "A" else "ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def taken(page: Page, address: str, folder: Path, name: str) -> dict[str, Any]:
    """Take a quiz, and return the file that is saved in the end."""
    page.goto(address)
    page.get_by_role("button", name="Start").press("Enter")
    for _ in range(STEPS):
        answer(page)
    expect(page.locator("#quiz-result")).to_be_focused()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save the answers").press("Enter")
    saving.value.save_as(folder / name)
    found: dict[str, Any] = json.loads((folder / name).read_text())
    return found


def test_a_quiz_by_keyboard(page: Page, served: str, tmp_path: Path) -> None:
    """Every condition comes alike often; the table counts what the file says."""
    found = taken(page, f"{served}/quiz.html?seed=7", tmp_path, "a.json")
    answers = found["answers"]
    assert (found["seed"], found["layer"], len(answers)) == (7, "", STEPS)
    counts = [sum(each["condition"] == name for each in answers) for name in ("patches", "nothing")]
    assert all(count in (3, 4) for count in counts)
    right = sum(each["right"] for each in answers)
    expect(page.locator("#quiz-score")).to_contain_text(f"right about {right} of {STEPS}")
    last = page.locator("#quiz-tables table").first.locator("tr").last
    expect(last).to_contain_text(f"{right} of {STEPS}")
    assert len({(each["layer"], each["filter"]) for each in answers}) == STEPS


def test_the_same_address_asks_everybody_the_same(
    browser: Browser, served: str, tmp_path: Path
) -> None:
    """In two fresh browsers; another number asks something else."""

    def questions(seed: int, name: str) -> list[tuple[str, int, str]]:
        context = browser.new_context()
        with silent(context.new_page()) as page:
            found = taken(page, f"{served}/quiz.html?seed={seed}", tmp_path, name)
        context.close()
        return [(each["layer"], each["filter"], each["condition"]) for each in found["answers"]]

    assert questions(7, "one") == questions(7, "two")
    assert questions(8, "three") != questions(7, "one")


def test_a_quiz_goes_on_after_the_page_was_left(page: Page, served: str) -> None:
    """Where it was, in this browser."""
    page.goto(f"{served}/quiz.html?seed=5&layer=layer3")
    page.get_by_role("button", name="Start").click()
    answer(page)
    expect(page.locator("#quiz-title")).to_contain_text("Question 2")
    page.reload()
    expect(page.locator("#quiz-title")).to_contain_text("Question 2")
    expect(page.locator("#quiz-said")).to_contain_text("fewer than ten")


def test_refused_storage_is_said(page: Page, served: str) -> None:
    """All works, but for going on."""
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    )
    page.goto(f"{served}/quiz.html?seed=5")
    page.get_by_role("button", name="Start").click()
    answer(page)
    expect(page.locator("#quiz-said")).to_contain_text("keeps nothing for this page")
    expect(page.locator("#quiz-title")).to_contain_text("Question 2")


def test_files_of_a_class_are_joined(page: Page, served: str, tmp_path: Path) -> None:
    """A broken one, one of another gallery and one of other questions are named and left out."""
    found = taken(page, f"{served}/quiz.html?seed=7", tmp_path, "a.json")
    others = {
        "b.json": found,
        "torn.json": None,
        "elsewhere.json": {**found, "gallery": "other"},
        "other.json": {**found, "seed": 8},
        "<b>.json": {"quiz": 1},
    }
    for name, content in others.items():
        (tmp_path / name).write_text("{" if content is None else json.dumps(content))
    page.goto(f"{served}/quiz/table.html")
    page.set_input_files("input[type=file]", [tmp_path / n for n in ("a.json", *others)])
    said = page.locator("#quiz-said p")
    expect(said).to_have_count(4)
    texts = said.all_inner_texts()
    assert texts[0].startswith("torn.json: holds no answers")
    assert texts[1].startswith("elsewhere.json: is of another gallery")
    assert texts[2].startswith("other.json: is of other questions")
    assert texts[3].startswith("<b>.json: holds no answers")
    right = 2 * sum(each["right"] for each in found["answers"])
    total = page.locator("#quiz-tables table").first.locator("tr").last
    expect(total).to_contain_text(f"{right} of {2 * STEPS}")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save the table").click()
    saving.value.save_as(tmp_path / "table.csv")
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + 2 * STEPS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_is_broken_on_the_way(
    reader: Page, served: str, axe: str, scheme: str, tmp_path: Path
) -> None:
    """At a question, at the end, and on the page that joins files."""
    reader.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    reader.goto(f"{served}/quiz.html?seed=3")
    reader.get_by_role("button", name="Start").click()
    assert violations(reader, axe) == []
    taken(reader, f"{served}/quiz.html?seed=3", tmp_path, "a.json")
    assert violations(reader, axe) == []
    reader.goto(f"{served}/quiz/table.html")
    reader.set_input_files("input[type=file]", tmp_path / "a.json")
    expect(reader.locator("#quiz-tables table")).to_have_count(3)
    assert violations(reader, axe) == []
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_filter_in_a_frame(page: Page, served: str, axe: str, tmp_path: Path) -> None:
    """On another site: the pictures, the caption and the link, and nothing to scroll sideways."""
    frame = f'<iframe src="{served}/layer3/0.embed.html" width="320" height="260"></iframe>'
    (tmp_path / "index.html").write_text(f'<link rel="icon" href="data:,">{frame}')
    with serving(tmp_path) as course:
        page.goto(f"{course}/index.html")
        shown = page.frame_locator("iframe")
        expect(shown.locator("img")).to_have_count(2)
        expect(shown.get_by_role("link").first).to_contain_text("Layer 3, filter 0")
        inside = page.frames[1]
        assert inside.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert inside.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
    page.goto(f"{served}/layer3/0.embed.html")
    assert violations(page, axe) == []
    height = page.get_by_role("link").first.evaluate("link => link.getBoundingClientRect().height")
    assert height >= 24
