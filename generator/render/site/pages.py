"""A view in, HTML out. Nothing is written here, and templates only print what the view holds."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
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
        """Return a page, made with `pages/<name>.html`.

        Raises ContentError naming the template where it cannot be read, or asks for something that
        the view does not hold.
        """
        try:
            template = self._environment.get_template(f"pages/{name}.html")
            return template.render(page=view, frame=view.frame) + "\n"
        except TemplateError as error:
            raise self._named(f"pages/{name}.html", error) from error

    def figure(self, pair: Pair) -> str:
        """Return the figure that a text shows for `![[layer3/217]]`."""
        name = "partials/figures.html"
        try:
            module = self._environment.get_template(name).module
            return str(module.figure(pair)).strip()  # type: ignore[attr-defined]
        except TemplateError as error:
            raise self._named(name, error) from error

    def _named(self, name: str, error: TemplateError) -> ContentError:
        if isinstance(error, TemplateSyntaxError):
            place = f"{error.filename or self.templates / name}:{error.lineno}"
        elif isinstance(error, TemplateNotFound):
            return ContentError(f"{self.templates / str(error.name)}: template missing")
        else:
            place = str(self.templates / name)
        return ContentError(f"{place}: {error.message}")
