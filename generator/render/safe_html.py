"""What HTML a text may hold.

Authors may write some by hand; what could run, load or restyle a page from elsewhere is refused,
so that templates can print a text's HTML as it is.
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

_TEXT = (
    "p h1 h2 h3 h4 h5 h6 blockquote pre hr br div section aside figure figcaption details summary"
)
_INLINE = (
    "a abbr b bdi cite code del dfn em i ins kbd mark q s samp small span strong sub sup var wbr"
)
_LISTS = "ul ol li dl dt dd table caption thead tbody tfoot tr th td colgroup col img"
_MATHML = (
    "math semantics annotation mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle msub msup "
    "msubsup munder mover munderover mmultiscripts mtable mtr mtd mpadded mphantom menclose merror"
)
TAGS = frozenset(f"{_TEXT} {_INLINE} {_LISTS} {_MATHML}".split())

_PLAIN = (
    "id class title lang dir href src alt width height loading decoding start reversed value open "
    "colspan rowspan scope headers datetime cite abbr role tabindex "
    "aria-label aria-hidden aria-labelledby"
)
_MATH = (
    "xmlns display displaystyle scriptlevel mathvariant stretchy fence form lspace rspace minsize "
    "maxsize accent accentunder linethickness columnalign rowalign columnspacing rowspacing "
    "separator symmetric movablelimits largeop columnlines rowlines notation encoding depth voffset"
)
ATTRIBUTES = frozenset(f"{_PLAIN} {_MATH}".split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problem: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.problem:
            return
        if tag not in TAGS:
            self.problem = f"<{tag}> is not allowed in a text"
            return
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.problem = f"{name}=… is not allowed on <{tag}>"
            elif name in {"href", "src", "cite"} and not _allowed_address(name, value or ""):
                self.problem = f"{name}={value!r} is not allowed: " + (
                    "a link starts with https:, http:, mailto:, # or a file of this site"
                    if name == "href"
                    else "nothing is loaded from outside the site"
                )

    def handle_decl(self, decl: str) -> None:
        self.problem = self.problem or f"<!{decl}> is not allowed in a text"

    def handle_pi(self, data: str) -> None:
        self.problem = self.problem or f"<?{data}> is not allowed in a text"


def problem_with(html: str) -> str | None:
    """Say what in a text's HTML may not be there; None where all of it may."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.problem


def _allowed_address(name: str, address: str) -> bool:
    # A browser drops these characters before it reads the scheme.
    address = "".join(c for c in address if c > " ")
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.scheme:
        return not address.startswith(("//", "\\", "/\\"))
    return name != "src" and parts.scheme in {"https", "http", "mailto"}
