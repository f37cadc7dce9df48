"""A view in, HTML out. Nothing is written here, and templates only print what is in the view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError

from generator.errors import ContentError
from generator.render.views.frame import Frame, Pair


class View(Protocol):
    """Any page's view: whatever its template prints, and the frame around it."""

    @property
    def frame(self) -> Frame: ...


class Pages:
    """The templates of `site_templates/`."""

    def __init__(self, templates: Path) -> None:
        if not templates.is_dir():
            raise ContentError(f"{templates}: no such folder; name templates with --templates DIR")
        self.templates = templates
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def html(self, name: str, view: View) -> str:
        """Return a page, made with `pages/<name>.html`, or with `<name>.html` in a folder.

        Raises ContentError, naming the template, where it cannot be read or the view lacks
        something that it asks for.
        """
        with self._naming(f"{name if '/' in name else f'pages/{name}'}.html") as template:
            return template.render(page=view, frame=view.frame) + "\n"

    def figure(self, pair: Pair) -> str:
        """Return the figure that a text shows for `![[layer3/217]]`."""
        with self._naming("partials/figures.html") as template:
            return str(template.module.figure(pair)).strip()  # type: ignore[attr-defined]

    @contextmanager
    def _naming(self, name: str) -> Iterator[Template]:
        """Give a template, and turn its errors into ContentError with file and reason."""
        try:
            yield self._environment.get_template(name)
        except TemplateNotFound as error:
            raise ContentError(f"{self.templates / str(error.name)}: template missing") from error
        except TemplateSyntaxError as error:
            place = f"{error.filename or self.templates / name}:{error.lineno}"
            raise ContentError(f"{place}: {error.message}") from error
        except TemplateError as error:
            raise ContentError(f"{self.templates / name}: {error.message}") from error
