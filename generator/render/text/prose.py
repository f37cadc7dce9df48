"""Markdown to HTML, with what our texts need beyond it: filters, links to texts, formulas.

![[layer3/217]]     a figure: the filter's reconstructions and patches
[[layer3/217]]      a link to the filter; [[layer3]] to the layer
[text](method.md)   a link to another text, as file name relative to this one
$a^2$, $$a^2$$      a formula in the line, or on its own, as MathML
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as etree
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import markdown
from latex2mathml import exceptions as formula_exceptions
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor

from generator.errors import ContentError

_NAME = r"[^\[\]|\n]+"
REFERENCE = rf"(!?)\[\[({_NAME})(?:\|([^\[\]\n]+))?\]\]"
FIGURE = rf"!\[\[({_NAME})\]\]"
_CODE = r"(?ms)^(`{3,}|~{3,}).*?^\1|`[^`\n]*`"
DISPLAY_FORMULA = r"\$\$([^$]+?)\$\$"
# A dollar opens a formula only before something, and closes it only after something.
INLINE_FORMULA = r"(?<![\\$\w])\$(?![\s$])([^$\n]*?[^$\s\\])\$(?!\w)"

Made = TypeVar("Made")
# A wide formula or table scrolls in its box, which a keyboard must be able to reach.
FORMULA_BOX = {"class": "formula", "role": "group", "aria-label": "Formula", "tabindex": "0"}
TABLE_BOX = {"class": "table", "role": "group", "aria-label": "Table", "tabindex": "0"}

# The library's errors share no base class.
_FORMULA_ERRORS = tuple(
    value
    for value in vars(formula_exceptions).values()
    if isinstance(value, type) and issubclass(value, Exception)
)


@dataclass(frozen=True)
class Source:
    """A text as its author wrote it, with where it lies, for messages."""

    file: str  # for people: "content/layers/layer3.md"
    key: str  # inside the content folder: "layers/layer3.md"
    body: str  # Markdown, without the front matter
    first_line: int  # line of the file on which the body starts

    def error(self, text: str, message: str) -> ContentError:
        """Return an error that names the file and the line on which `text` first stands."""
        at = max(self.body.find(text), 0)
        return self.error_on(self.first_line + self.body.count("\n", 0, at), message)

    def error_on(self, line: int, message: str) -> ContentError:
        """Return an error that names the file and this line of it."""
        return ContentError(f"{self.file}:{line}: {message}")

    def without_code(self) -> str:
        """Return the body with blanks for code, every other character in its place."""
        return re.sub(_CODE, lambda code: re.sub(r"[^\n]", " ", code[0]), self.body)

    def filters_named(self) -> list[tuple[int, str, str]]:
        """Return where filters are named, outside code: line, "![[layer3/217]]", "layer3/217"."""
        plain = self.without_code()
        return [
            (self.first_line + plain.count("\n", 0, m.start()), m[0], m[2].strip())
            for m in re.finditer(REFERENCE, plain)
            if "/" in m[2]
        ]


@dataclass(frozen=True)
class References:
    """What a text's references become; each may raise LookupError, its text a hint for people."""

    link: Callable[[str], tuple[str, str]]  # "layer3/217" → address and words
    figure: Callable[[str], str]  # "layer3/217" → HTML of a figure
    page: Callable[[str], str]  # key of a text, "pages/method.md" → address


def _formula(source: Source, text: str, latex: str, display: str) -> str:
    # Here alone: it brings Python's web client along, a tenth of the time until `render` begins.
    from latex2mathml.converter import convert  # noqa: PLC0415

    try:
        return str(convert(latex.strip(), display=display))
    except _FORMULA_ERRORS as error:
        kind = type(error).__name__.removesuffix("Error")
        raise source.error(text, f"formula {text} cannot be read: {kind}") from error


def _resolved(source: Source, text: str, name: str, become: Callable[[str], Made]) -> Made:
    """Return what the name of a filter or layer in `text` becomes."""
    try:
        return become(name.strip())
    except LookupError as error:
        raise source.error(text, f"{text} does not exist: {error.args[0]}") from error


class _Block(BlockProcessor):
    """A block of nothing but figures, or of one formula."""

    def __init__(self, md: markdown.Markdown, source: Source, references: References) -> None:
        super().__init__(md.parser)
        self.md, self.source, self.references = md, source, references

    def test(self, parent: etree.Element, block: str) -> bool:
        return block.strip().startswith(("![[", "$$"))

    def run(self, parent: etree.Element, blocks: list[str]) -> bool | None:
        text = blocks[0].strip()
        if formula := re.fullmatch(DISPLAY_FORMULA, text):
            html, attributes = _formula(self.source, text, formula[1], "block"), FORMULA_BOX
        elif re.fullmatch(rf"(?:{FIGURE}\s*)+", text):
            found = re.finditer(FIGURE, text)
            figure = self.references.figure
            html = "".join(_resolved(self.source, m[0], m[1], figure) for m in found)
            attributes = {"class": "figures"}
        else:
            return False
        blocks.pop(0)
        element = etree.SubElement(parent, "div", attributes)
        element.text = self.md.htmlStash.store(html)
        return None


class _Inline(InlineProcessor):
    """A link to a filter or layer, or a formula in the line."""

    def __init__(
        self, md: markdown.Markdown, pattern: str, source: Source, references: References
    ) -> None:
        super().__init__(pattern, md)
        self.source, self.references = source, references

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[etree.Element | str, int, int]:
        text = m[0]
        if text.startswith(("!", "$$")):
            raise self.source.error(text, f"{text} stands in a paragraph of its own")
        if text.startswith("$"):
            html = _formula(self.source, text, m[1], "inline")
            return self.md.htmlStash.store(html), m.start(0), m.end(0)
        address, words = _resolved(self.source, text, m[2], self.references.link)
        anchor = etree.Element("a", {"href": address})
        anchor.text = m[3] or words
        return anchor, m.start(0), m.end(0)


class _Links(Treeprocessor):
    """Points links to `.md` files at the pages made of them; puts tables into scrolling boxes."""

    def __init__(self, md: markdown.Markdown, source: Source, references: References) -> None:
        super().__init__(md)
        self.source, self.references = source, references

    def run(self, root: etree.Element) -> None:
        for parent in list(root.iter()):
            for place, child in enumerate(list(parent)):
                if child.tag == "table":
                    parent[place] = etree.Element("div", TABLE_BOX)
                    parent[place].append(child)
        for anchor in root.iter("a"):
            path, mark, fragment = anchor.get("href", "").partition("#")
            if path.endswith(".md") and "://" not in path:
                key = posixpath.normpath(posixpath.join(posixpath.dirname(self.source.key), path))
                try:
                    anchor.set("href", self.references.page(key) + mark + fragment)
                except LookupError as error:
                    message = f"link to {path}, which does not exist in content/"
                    raise self.source.error(path, message) from error


def to_html(source: Source, references: References) -> str:
    """Return the HTML of a text; headings carry ids.

    Raises ContentError with file and line where a reference or link leads nowhere, or a formula
    cannot be read. HTML that an author wrote stays as it is; the check of the site refuses what
    could run or load.
    """
    extensions = ["tables", "def_list", "footnotes", "abbr", "toc"]
    md = markdown.Markdown(
        extensions=[*extensions, "pymdownx.superfences", "pymdownx.betterem"],
        extension_configs={"pymdownx.superfences": {"disable_indented_code_blocks": True}},
        output_format="html",
    )
    md.parser.blockprocessors.register(_Block(md, source, references), "standing", 95)
    # Above the escapes (180), so that a formula keeps its backslashes; below code (190).
    for priority, pattern in ((188, DISPLAY_FORMULA), (187, INLINE_FORMULA), (186, REFERENCE)):
        inline = _Inline(md, pattern, source, references)
        md.inlinePatterns.register(inline, f"ours{priority}", priority)
    md.treeprocessors.register(_Links(md, source, references), "links", 0)
    return md.convert(source.body)
