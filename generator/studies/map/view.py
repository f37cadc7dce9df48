"""The record as views: the page of the map, its parts in words, and who the neighbours are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.atlas.schema import ImageRecord
from generator.errors import AtlasError
from generator.render import urls
from generator.render.charts.lines import Line, LineChart, line_chart, round_ticks
from generator.render.facts import Gallery
from generator.render.text.study_claims import Numbers
from generator.render.text.texts import Texts
from generator.render.views.frame import Frame, Frames, Link, Picture, Table, Target
from generator.render.views.study import (
    AGAIN,
    Section,
    StudySite,
    read_record,
    require_layers,
    trained_on,
)
from generator.render.words.words import count, in_words, per_cent, several
from generator.studies.map import words
from generator.studies.map.parts import Part, parts, parts_of
from generator.studies.map.record import (
    FEWEST,
    RECORD,
    SMALLEST,
    WHOLE,
    Grid,
    Labels,
    Map,
    picture,
    tiles,
)
from generator.studies.map.table import map_script

NAME = "map"
PAGE = urls.study_page(NAME)
SCRIPT, TABLE = "map.js", urls.MAP_TABLE
ROOM = 22  # letters under a chart


@dataclass(frozen=True)
class MapPicture:
    """The map, and what stands in its place without scripts."""

    heading: str
    layer: str  # title
    picture: Picture
    how: str
    parts_how: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class MapView:
    """`map.html`."""

    frame: Frame
    html: str
    map: MapPicture | None
    no_map: str
    neighbours: str
    chart: LineChart | None
    table: Table | None
    measured: tuple[str, ...]


@dataclass(frozen=True)
class OnImage:
    """What stands on the page of an image."""

    about: Link


@dataclass(frozen=True)
class MapSite(StudySite):
    """The study as the site sees it."""

    folder: Path
    gallery: Gallery
    record: Map

    name = NAME
    has_page = True

    @classmethod
    def read(cls, folder: Path, gallery: Gallery) -> MapSite:
        """Read what the study left; AtlasError where it does not fit this version or the atlas."""
        record = read_record(folder / RECORD, Map.model_validate_json)
        require_layers(folder, gallery, record.layers)
        filters, grid = record.layers[-1][1], record.grid
        if grid and any(each.filter >= filters for p in grid.places for each in p.strong):
            raise AtlasError(f"{folder}: names filters that the atlas lacks; {AGAIN}")
        return cls(folder, gallery, record)

    @property
    def numbers(self) -> Numbers:
        """Return what texts can claim.

        "same label": the mean share of neighbours with the label of their image, by a layer's code
        or, without a layer, by the pixels; "same label, random weights"; "same label by chance".
        "kept on the plane" and "kept on the grid" are the shares of nearest neighbours that still
        are. Also how many "images" and "labels" there are.
        """
        values = {("images", ""): float(self.record.images)}
        if labels := self.record.labels:
            values["labels", ""] = float(labels.labels)
            values["same label by chance", ""] = labels.chance
            for each in labels.same:
                if each.share is not None:
                    values["same label", each.layer] = each.share
                if each.untrained is not None:
                    values["same label, random weights", each.layer] = each.untrained
        if grid := self.record.grid:
            values["kept on the plane", ""] = grid.kept_plane
            values["kept on the grid", ""] = grid.kept_grid
        return Numbers(values, photographs=True)

    @property
    def pictures(self) -> dict[str, Path]:
        """Return the tiles: path inside the site, and where each lies in the atlas."""
        return {
            urls.study_picture(NAME, *names): picture(self.folder, *names)
            for names in (tiles(self.record.grid) if self.record.grid else ())
        }

    def scripts(self, _static: Path) -> dict[str, bytes]:
        """Return the table of the map, where there is one."""
        grid = self.record.grid
        return {TABLE: map_script(grid, self.gallery, PAGE)} if grid else {}

    def invitation(self, layer: str = "", number: int | None = None) -> Target | None:
        """Return the way to the page from home, and from the last layer."""
        if number is None and layer in ("", self.gallery.layers[-1].record.name):
            return PAGE, words.ABOUT
        return None

    def on_image(self, frames: Frames, image: ImageRecord) -> Section | None:
        """Return the way to an image on the map."""
        grid = self.record.grid
        if grid is None or all(place.row != image.row for place in grid.places):
            return None
        link = frames.link(urls.image_page(image.row), f"{PAGE}#image-{image.row}", words.OF_IMAGE)
        return Section(f"studies/{NAME}.image.html", OnImage(link))

    def view(self, frames: Frames, texts: Texts) -> MapView:
        """Return the view of the page."""
        record, text = self.record, frames.content.studies[NAME]
        last = self.gallery.layers[-1].record
        grid, labels = record.grid, record.labels
        return MapView(
            frame=self.frame(frames, card_of=last.name, scripts=(TABLE, SCRIPT) if grid else ()),
            html=texts.html(text, PAGE),
            map=self._map(grid) if grid else None,
            no_map="" if grid else words.NO_MAP,
            neighbours=self._neighbours,
            chart=self._chart(labels) if labels else None,
            table=self._table(labels) if labels else None,
            measured=tuple(self._measured),
        )

    @property
    def _images(self) -> str:
        return several(self.record.images, "image", "images")

    def _map(self, grid: Grid) -> MapPicture:
        rows, columns = parts_of(grid)
        how = words.PARTS if any(place.label for place in grid.places) else words.PARTS_PLAIN
        return MapPicture(
            heading=words.HEADING.format(images=self._images),
            layer=self.gallery.layers[-1].record.title,
            picture=Picture(
                src=urls.link(PAGE, urls.study_picture(NAME, WHOLE)),
                width=grid.columns * SMALLEST,
                height=grid.rows * SMALLEST,
                alt=words.PICTURE.format(images=self._images, rows=grid.rows, columns=grid.columns),
                pixelated=False,
            ),
            how=self._how(grid),
            parts_how=how.format(rows=in_words(rows), columns=in_words(columns)),
            parts=tuple(parts(grid, PAGE, self.gallery.image_pages)),
        )

    @property
    def _neighbours(self) -> str:
        labels = self.record.labels
        if labels is None:
            known = self.gallery.manifest.images.labels
            several_labels = words.FEW_LABELS.format(fewest=count(FEWEST))
            said = {0: words.NO_LABELS, 1: words.ONE_LABEL}.get(len(known), several_labels)
            return f"{said} {words.STANDS}"
        pixels, last = labels.same[0], labels.same[-1]
        untrained = ""
        if last.untrained is not None:
            untrained = words.UNTRAINED.format(share=per_cent(last.untrained))
        return words.LABELLED.format(
            neighbours=in_words(labels.neighbours),
            pixels=_share(pixels.share),
            layer=self.gallery.layers[-1].record.title,
            last=_share(last.share),
            untrained=untrained,
            chance=per_cent(labels.chance),
        )

    def _chart(self, labels: Labels) -> LineChart:
        shares = [each.share for each in labels.same]
        untrained = [shares[0], *(each.untrained for each in labels.same[1:])]
        names = [name.removeprefix("Layer ") for name in self._names(labels)]
        if sum(map(len, names)) > ROOM:
            names = [names[0], *("" for _ in names[2:]), names[-1]]
        lines = [Line("random", untrained)] if any(each.untrained for each in labels.same) else []
        said = [
            f"{name} {_share(each.share)}"
            + (f", with random weights {_share(each.untrained)}" if each.untrained else "")
            for name, each in zip(self._names(labels), labels.same, strict=True)
        ]
        known = [value for value in (*shares, *untrained, labels.chance) if value is not None]
        return line_chart(
            range(len(shares)),
            [*lines, Line("chance", [labels.chance] * len(shares))],
            title=words.CHART,
            caption=words.CHART_CAPTION.format(neighbours=in_words(labels.neighbours)),
            alt=words.CHART_ALT.format(values="; ".join(said)),
            x_ticks=[(at, name.lower()) for at, name in enumerate(names) if name],
            y_ticks=[(tick, f"{100 * tick:.0f} %") for tick in round_ticks(max(known))],
            strong=Line("trained", shares),
        )

    def _names(self, labels: Labels) -> list[str]:
        titles = (self.gallery.layer(each.layer).record.title for each in labels.same[1:])
        return [words.PIXELS, *titles]

    def _table(self, labels: Labels) -> Table:
        rows = [
            (name, _share(each.share), _share(each.untrained))
            for name, each in zip(self._names(labels), labels.same, strict=True)
        ]
        rows.append((words.CHANCE, per_cent(labels.chance), per_cent(labels.chance)))
        width = 3 if any(each.untrained is not None for each in labels.same) else 2
        return Table(
            words.TABLE.format(neighbours=in_words(labels.neighbours)),
            (words.BY, words.TRAINED, words.RANDOM)[:width],
            tuple(row[:width] for row in rows),
        )

    @property
    def _measured(self) -> Iterator[str]:
        labels = self.record.labels
        if labels is None:
            return
        images = words.ALL if self.record.all_images else words.SOME
        yield words.MEASURED.format(
            images=images.format(images=self._images),
            labelled=count(labels.images),
            labels=count(labels.labels),
        )
        if trained := trained_on(self.gallery.manifest.network):
            yield trained

    def _how(self, grid: Grid) -> str:
        return words.MAPPED.format(
            layer=self.gallery.layers[-1].record.title,
            perplexity=f"{grid.perplexity:.3g}",
            neighbours=in_words(grid.neighbours),
            plane=per_cent(grid.kept_plane),
            grid=per_cent(grid.kept_grid),
        )


def _share(value: float | None) -> str:
    return "–" if value is None else per_cent(value)
