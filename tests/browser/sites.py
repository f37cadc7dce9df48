"""Sites for the browser tests: what pages they have, how they are made and served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Page

from generator.render.site.build import render
from generator.serve import make_server
from tests import ROOT

# Every other image is a lotus, so that the finder lists filters of lotuses.
LABELS = ("lotus", "lotus", "<b>bold</b>", "lotus", "stop sign", "lotus", "")
KINDS = (
    "index.html",
    "layer3/index.html",
    "layer3/0.html",
    "layer3/1.html",
    "layer5/index.html",
    "layer5/0.html",
    "method.html",
    "glossary.html",
    "network.html",
    "credits.html",
    "finder.html",
    "live.html",
    "evolution.html",
    "random_labels.html",
    "invariance.html",
    "occlusion.html",
    "occlusion/0.html",
    "adversarial.html",
    "map.html",
    "classes.html",
    "classes/0.html",
    "images/0.html",
    "quiz.html",
    "quiz/table.html",
    "404.html",
)


class MakeAtlas(Protocol):
    """Writes an atlas into a folder, and returns it."""

    def __call__(self, folder: Path, *, labels: tuple[str, ...]) -> Path: ...


def make_site(folder: Path, make_atlas: MakeAtlas, *, base_url: str | None = None) -> Path:
    """Render an atlas with the shipped texts and templates; return the site's folder."""
    render(
        make_atlas(folder / "atlas", labels=LABELS),
        folder / "site",
        templates=ROOT / "site_templates",
        content=ROOT / "content",
        strict=False,
        base_url=base_url,
        progress=lambda *_: None,
        warn=lambda _: None,
    )
    return folder / "site"


@contextmanager
def serving(site: Path, prefix: str = "") -> Iterator[str]:
    """Serve a site on this machine alone; yield the address of its root, without a last slash."""
    server = make_server(site, 0, prefix)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}" + (f"/{prefix}" if prefix else "")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def load_every_picture(page: Page) -> None:
    """Wait until each picture of the page has come, or has failed to."""
    page.evaluate("""async () => {
        const pictures = [...document.images];
        pictures.forEach(picture => { picture.loading = 'eager'; });
        await Promise.all(pictures.map(picture => picture.decode().catch(() => null)));
    }""")
