"""The verbs. The only place that prints, draws progress, sets up logging and exits.

Verbs import what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, get_args

import click

from generator import __version__
from generator.config import Settings, load_settings
from generator.errors import ElsewhereError, GalleryError
from generator.progress import Lines, Progress, bars, duration
from generator.studies import STUDIES

if TYPE_CHECKING:
    from generator.compute.pipeline import ComputeReport
    from generator.render.site.output import Marker

FAILED, INTERRUPTED = 1, 130
PATH = click.Path(path_type=Path)


class PageSettings(TypedDict):
    """What every verb that writes a site gives on."""

    templates: Path
    content: Path
    strict: bool
    base_url: str | None
    warn: Callable[[str], None]


class Verbs(click.Group):
    """Exits with 0 done, 1 failed, 2 wrong usage, 130 interrupted; an error is one line."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(self.commands)  # as declared, not by the alphabet

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _say("interrupted; the same command goes on from here")
            sys.exit(INTERRUPTED)
        except (GalleryError, OSError) as problem:
            if ctx.params["verbose"] >= 2 or isinstance(problem, BrokenPipeError):
                raise
            if isinstance(problem, OSError):
                where = f" ({problem.filename})" if problem.filename else ""
                reason = f"{problem.strerror or problem}{where}"
                _say(f"error: {reason}; nothing that was there before is lost")
            elif not isinstance(problem, ElsewhereError):  # the process that failed says why
                _say(f"error: {problem}")
            sys.exit(FAILED)


@click.group(cls=Verbs, context_settings={"show_default": True})
@click.option("--verbose", "-v", count=True, help="Given twice: show a traceback with an error.")
@click.version_option(__version__, message="%(version)s", help="Print it.")
def main(verbose: int) -> None:
    """What every filter of a convolutional network responds to, as a static site."""


def _flag(name: str) -> click.Parameter:
    """Make the flag of a setting; its value is None where it is not given."""
    field, flag = Settings.model_fields[name], "--" + name.replace("_", "-")
    types = (field.annotation, *get_args(field.annotation))
    if bool in types:
        flag = f"{flag}/--no-{name}" if field.default else flag
        return click.Option([flag], is_flag=True, default=None, help=field.description)
    kind = int if int in types else PATH if Path in types else str
    return click.Option([flag], type=kind, help=field.description)


# Flags that say how to run, not what to make.
MORE_FLAGS = {
    "config": click.Option(
        ["--config"], type=PATH, help="Settings file; gallery.toml is read where it exists."
    ),
    "anew": click.Option(
        ["--anew"],
        is_flag=True,
        help="Drop unfinished work, whatever it is on; search and draw again.",
    ),
    "shard": click.Option(
        ["--shard"], help="Search one share, as in 2/4, and record it for `merge`."
    ),
    "json": click.Option(["--json"], is_flag=True, help="Print the figures as JSON."),
    "atlas_a": click.Argument(["atlas_a"], type=PATH, help="Folder of the first atlas."),
    "atlas_b": click.Argument(["atlas_b"], type=PATH, help="Folder of the second."),
    "workspaces": click.Argument(
        ["workspaces"],
        type=PATH,
        nargs=-1,
        help="Further folders ATLAS.work, copied here from other machines.",
    ),
}
# Flags that several verbs take.
NETWORK = ("config", "network", "weights", "input_size", "rule", "filters", "images", "atlas")
SEARCH = ("layers", "device", "batch", "workers", "one_per_label", "icc")
ASKED = ("field", "stimuli", "studies", "steps")
PAGES = ("strict", "base_url", "templates", "content")


def verb(*names: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function a verb with these flags.

    It gets those that are settings as one Settings, and the others by name.
    """

    def decorate(function: Callable[..., None]) -> click.Command:
        def run(config: Path | None, **flags: Any) -> None:
            if config is None and Path("gallery.toml").exists():
                config = Path("gallery.toml")
            settings = {name: flags.pop(name) for name in names if name in Settings.model_fields}
            layers = settings.get("layers")
            if layers is not None:
                settings["layers"] = [part for name in layers.split(",") if (part := name.strip())]
            function(load_settings(config, settings), **flags)

        params: list[click.Parameter] = [MORE_FLAGS.get(name) or _flag(name) for name in names]
        return main.command(function.__name__, help=function.__doc__, params=params)(run)

    return decorate


@verb(*NETWORK, "site", *SEARCH, *ASKED, "anew", *PAGES)
def build(settings: Settings, *, anew: bool) -> None:
    """Compute the atlas, then render the site."""
    started = time.monotonic()
    report = _compute(settings, anew=anew)
    if _rank() > 0:
        return
    _render(settings)
    click.echo(f"time: {duration(time.monotonic() - started)}")
    click.echo(f"open: {(settings.site / 'index.html').resolve()}")
    _require_studies(report)


@verb(*NETWORK, *SEARCH, *ASKED, "anew", "shard", "strict")
def compute(settings: Settings, *, anew: bool, shard: str | None) -> None:
    """Search, reconstruct, annotate: images and a network become an atlas."""
    if shard is None:
        _require_studies(_compute(settings, anew=anew))
        return
    from generator.compute.pipeline import compute_shard
    from generator.compute.run.checkpoints import Share

    share = Share.parse(shard)
    with _progress() as progress:
        report = compute_shard(settings, share, progress, _say, anew=anew)
    click.echo(
        f"shard {share}: {report.images} images, {report.searched} searched now, "
        f"{duration(report.seconds)}; recorded in {report.path}"
    )
    click.echo(f"then, when all {share.of} shards are searched: merge, with the same flags")


@verb(*NETWORK, *SEARCH, *ASKED, "strict", "workspaces")
def merge(settings: Settings, *, workspaces: tuple[Path, ...]) -> None:
    """Make the atlas of what shards have found; the flags are those that the shards had."""
    from generator.compute.pipeline import merge as run

    with _progress() as progress:
        report = run(settings, progress, _say, workspaces)
    _print_compute(report, settings)
    _require_studies(report)


@verb("config", "atlas", "site", *PAGES)
def render(settings: Settings) -> None:
    """Turn an atlas and the texts into a site."""
    _render(settings)
    click.echo(f"open: {(settings.site / 'index.html').resolve()}")


@verb("config", "atlas_a", "atlas_b", "site", *PAGES)
def compare(settings: Settings, *, atlas_a: Path, atlas_b: Path) -> None:
    """Show two networks side by side, from their atlases."""
    from generator.render.site.compare import render_comparison as run

    with _progress() as progress:
        report = run(atlas_a, atlas_b, settings.site, **_pages(settings), progress=progress)
    _print_site(report)
    click.echo(f"open: {(settings.site / 'index.html').resolve()}")


@main.command()
@click.argument("name", help="caltech101, tuxpaint, patterns or sample.")
@click.option("--from", "source", type=PATH, help="Archive or folder to take the set from.")
@click.option("--data", type=PATH, default=Path("data"), help="Folder that holds the sets.")
def fetch(name: str, source: Path | None, data: Path) -> None:
    """Bring a ready-made image set into data/NAME/."""
    from generator.images.fetch.fetch import fetch as bring

    click.echo(bring(name, data, source=source, report=_say))


@main.command()
@click.option(
    "--data",
    type=PATH,
    multiple=True,
    required=True,
    help="Folder of one folder per class; may be repeated.",
)
@click.option(
    "--out", type=PATH, default=Path("build/train"), help="Folder for checkpoints and weights."
)
@click.option(
    "--evaluate",
    type=PATH,
    help="Weights to try on the held-out pictures, instead of training.",
)
@click.option(
    "--random-labels",
    is_flag=True,
    help="Shuffle the labels, and train a twin that learns them by heart, in an --out of its own.",
)
def train(data: tuple[Path, ...], out: Path, evaluate: Path | None, random_labels: bool) -> None:
    """Reproduce the embedded weights, and say what they are worth."""
    if evaluate is not None and random_labels:
        raise click.UsageError("--evaluate trains nothing, and --random-labels does; give one")
    if evaluate is not None:
        from generator.training.evaluate import evaluate as report_figures

        report_figures(evaluate, list(data), report=_say)
        return
    from generator.training.evaluate import train_and_export, train_random_labels

    if random_labels:
        train_random_labels(list(data), out, report=_say)
        click.echo(out / "random_labels.safetensors")
        return
    train_and_export(list(data), out, report=_say)
    click.echo(out / "zfnet.safetensors")


@verb("config", "network", "weights", "images", "layers", "device", "batch", "workers", "json")
def bench(settings: Settings, *, json: bool) -> None:
    """Measure speed and memory, as ratios side by side; takes some minutes."""
    from json import dumps

    from generator.bench.figures import machine
    from generator.bench.run import bench as run

    figures = []
    for figure in run(settings, _say):
        figures.append(figure)
        if not json:
            click.echo(figure.line)
    measured_on = ", ".join(f"{name} {value}" for name, value in machine().items())
    if json:
        click.echo(dumps({figure.name: figure.record() for figure in figures}, indent=1))
        _say(measured_on)
    else:
        click.echo(measured_on)


@main.command()
@click.argument("site", type=PATH, default=Path("site"), help="Folder of a built site: site.")
def check(site: Path) -> None:
    """Walk a built site: links, fragments, alt texts, sizes, external addresses."""
    from generator.render.site.check import check_site

    report = check_site(site)
    for problem in report.problems:
        click.echo(str(problem))
    if report.problems:
        raise GalleryError(f"{site}: {len(report.problems)} problems, listed above")
    click.echo(
        f"{site}: {report.pages} pages, {report.files} files, {report.bytes / 1e6:.1f} MB; "
        "nothing to mend"
    )


@main.command()
@click.argument("site", type=PATH, default=Path("site"), help="Folder of a built site: site.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, help="Port on 127.0.0.1.")
@click.option(
    "--prefix", default="", show_default=False, help="Serve below /PREFIX/, as GitHub Pages does."
)
def serve(site: Path, port: int, prefix: str) -> None:
    """Preview a site on 127.0.0.1."""
    from generator.serve import make_server

    server = make_server(site, port, prefix)
    click.echo(f"http://127.0.0.1:{server.server_port}/{prefix.strip('/')}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:  # the ordinary way to end a preview
        server.server_close()


def _compute(settings: Settings, *, anew: bool) -> ComputeReport | None:
    from generator.compute.pipeline import compute as run

    with _progress() as progress:
        report = run(settings, progress, _say, anew=anew)
    _print_compute(report, settings)
    return report


def _print_compute(report: ComputeReport | None, settings: Settings) -> None:
    if report is None:  # the first process has it
        return
    done = "unchanged" if report.unchanged else "computed"
    click.echo(f"atlas: {done}, {report.images} images, {sum(report.filters.values())} filters")
    if report.duplicates:
        click.echo(f"set aside: {report.duplicates} images with exactly the pixels of another")
    for name, filters in report.filters.items():
        click.echo(f"  {name}: {filters} filters, {report.dead[name]} dead")
    _print_times(report)
    for study in report.studies:
        click.echo(f"studies: {study.line}")
    if "studies" not in settings.model_fields_set:
        for left in (study for study in STUDIES.values() if not study.on):
            click.echo(f"studies: {left.name}, only with --studies all or by name: {left.purpose}")
    for line in report.remarks:
        click.echo(line)
    for file in report.skipped:
        _say(f"skipped: {file.path!r}: {file.reason}")
    if report.skipped:
        click.echo(f"skipped: {len(report.skipped)} images, listed in the atlas's manifest")


def _print_times(report: ComputeReport) -> None:
    if report.searched:
        rate = report.searched / report.search_seconds
        click.echo(
            f"search: {report.searched} images, {duration(report.search_seconds)}, "
            f"{rate:.1f} images/s"
        )
    if report.fields:
        click.echo(f"fields: {report.fields} layers, {duration(report.fields_seconds)}")
    if report.measures:
        click.echo(
            f"stimuli: {report.measures} filters, trained and untrained, "
            f"{duration(report.stimuli_seconds)}"
        )
    if report.reconstructed:
        rate = report.reconstructed / report.reconstruct_seconds
        click.echo(
            f"reconstructions: {report.reconstructed}, {duration(report.reconstruct_seconds)}, "
            f"{rate:.1f} reconstructions/s (with patches, images and their encoding)"
        )


def _require_studies(report: ComputeReport | None) -> None:
    """Raise GalleryError, naming them, where studies have failed; all else is in place."""
    failed = [study for study in report.studies if study.failed] if report else []
    if failed:
        reasons = "; ".join(f"{study.name}: {study.failed}" for study in failed)
        raise GalleryError(f"left out of the atlas, which is complete but for this: {reasons}")


def _render(settings: Settings) -> None:
    from generator.render.site.build import render as run

    with _progress() as progress:
        report = run(settings.atlas, settings.site, **_pages(settings), progress=progress)
    _print_site(report)


def _pages(settings: Settings) -> PageSettings:
    from generator.resources import bundled

    return {
        "templates": settings.templates or bundled("site_templates"),
        "content": settings.content or bundled("content"),
        "strict": settings.strict,
        "base_url": settings.base_url or None,
        "warn": lambda text: _say(f"warning: {text}"),
    }


def _print_site(report: Marker) -> None:
    done = "unchanged" if report.unchanged else "written"
    click.echo(
        f"site: {done}, {report.pages} pages, {report.files} files, {report.bytes / 1e6:.1f} MB"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show the progress on stderr, in the first process only."""
    if _rank() > 0:
        yield lambda _stage, _done, _of: None
    elif sys.stderr.isatty():
        with bars() as progress:
            yield progress
    else:
        yield Lines(_say)


def _say(text: str) -> None:
    who = f"process {_rank() + 1}: " if _rank() > 0 else ""
    click.echo(who + text, err=True)


def _rank() -> int:
    """Return the number of this process among those that torchrun has started, from 0 on."""
    return int(os.environ.get("RANK", "0"))
