"""The verbs. The only place that prints, draws progress, sets up logging and exits.

Verbs import what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from generator import __version__
from generator.errors import ElsewhereError, GalleryError
from generator.progress import Lines, Progress, bars, duration

if TYPE_CHECKING:
    from generator.compute.pipeline import ComputeReport
    from generator.config import Settings

FAILED, INTERRUPTED = 1, 130
# Flags that say how to run, not what to make.
NO_SETTINGS = {"config", "anew", "shard", "parts", "json"}

app = typer.Typer(
    name="filter-gallery",
    help="What every filter of a convolutional network responds to, as a static site.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_verbosity = 0

Config = Annotated[
    Path | None, typer.Option(help="Settings file; gallery.toml is read where it exists.")
]
Network = Annotated[
    str | None,
    typer.Option(
        help="zfnet, torchvision:NAME[:WEIGHTS], timm:NAME, or FILE.py:FUNCTION, which runs that "
        "file's code. With :random at its end, any of the first three has random weights."
    ),
]
Weights = Annotated[
    Path | None, typer.Option(help="File of weights for the network: safetensors or a state dict.")
]
InputSize = Annotated[
    int | None, typer.Option(help="Height and width that images are brought to, in pixels.")
]
RuleName = Annotated[
    str | None, typer.Option("--rule", help="Way down to the pixels: deconvnet, guided, gradient.")
]
Filters = Annotated[
    int | None,
    typer.Option(help="The first N filters of each layer only: a quick look at a large network."),
]
Images = Annotated[
    str | None,
    typer.Option(
        help="A folder of images, a .zip, a .tar, shards/{0000..0146}.tar, the address of such "
        "archives, torchvision:NAME:ROOT, or a .txt that lists paths."
    ),
]
AtlasPath = Annotated[Path | None, typer.Option(help="Folder of the atlas: build/atlas.")]
SitePath = Annotated[Path | None, typer.Option(help="Folder of the site: site.")]
Layers = Annotated[
    str | None,
    typer.Option(help="Layers to show, with commas: layer1,layer3, or name=module for any module."),
]
Device = Annotated[str | None, typer.Option(help="auto (cuda, then mps, then cpu), or by name.")]
Batch = Annotated[int | None, typer.Option(help="Images in one forward pass: 32.")]
Workers = Annotated[int | None, typer.Option(help="Processes that decode images: 2.")]
OnePerLabel = Annotated[
    bool | None,
    typer.Option("--one-per-label", help="Give each filter nine images of nine different labels."),
]
Stimuli = Annotated[
    bool | None,
    typer.Option(
        "--stimuli/--no-stimuli", help="Show each filter drawn figures, or leave that out."
    ),
]
Anew = Annotated[
    bool,
    typer.Option("--anew", help="Drop unfinished work, whatever it is on; search and draw again."),
]
Strict = Annotated[bool | None, typer.Option("--strict", help="Fail on any warning.")]
BaseUrl = Annotated[str | None, typer.Option(help="Where the site will live; absolute links only.")]
Templates = Annotated[Path | None, typer.Option(help="Templates instead of those that come along.")]
Content = Annotated[Path | None, typer.Option(help="Texts instead of those that come along.")]


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    try:
        app()
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            _say("interrupted; the same command goes on from here")
        raise
    except ElsewhereError:  # the process that failed says why
        if _verbosity >= 2:
            raise
    except GalleryError as problem:
        if _verbosity >= 2:
            raise
        _say(f"error: {problem}")
    except OSError as problem:
        if _verbosity >= 2:
            raise
        where = f" ({problem.filename})" if problem.filename else ""
        _say(f"error: {problem.strerror or problem}{where}; nothing that was there before is lost")
    sys.exit(FAILED)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _common(
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, help="Given twice: show a traceback with an error."
        ),
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    global _verbosity  # the one place where it is known before any verb runs
    _verbosity = verbose


@app.command()
def build(
    config: Config = None,
    network: Network = None,
    weights: Weights = None,
    input_size: InputSize = None,
    rule: RuleName = None,
    filters: Filters = None,
    images: Images = None,
    atlas: AtlasPath = None,
    site: SitePath = None,
    layers: Layers = None,
    device: Device = None,
    batch: Batch = None,
    workers: Workers = None,
    one_per_label: OnePerLabel = None,
    stimuli: Stimuli = None,
    anew: Anew = False,
    strict: Strict = None,
    base_url: BaseUrl = None,
    templates: Templates = None,
    content: Content = None,
) -> None:
    """Compute the atlas, then render the site."""
    settings = _settings(config, locals())
    started = time.monotonic()
    _compute(settings, anew=anew)
    if _rank() > 0:
        return
    _render(settings)
    typer.echo(f"time: {duration(time.monotonic() - started)}")
    typer.echo(f"open: {(settings.site / 'index.html').resolve()}")


@app.command()
def compute(
    config: Config = None,
    network: Network = None,
    weights: Weights = None,
    input_size: InputSize = None,
    rule: RuleName = None,
    filters: Filters = None,
    images: Images = None,
    atlas: AtlasPath = None,
    layers: Layers = None,
    device: Device = None,
    batch: Batch = None,
    workers: Workers = None,
    one_per_label: OnePerLabel = None,
    stimuli: Stimuli = None,
    anew: Anew = False,
    shard: Annotated[
        str | None, typer.Option(help="Search one share, as in 2/4, and record it for `merge`.")
    ] = None,
    strict: Strict = None,
) -> None:
    """Search, reconstruct, annotate: images and a network become an atlas."""
    settings = _settings(config, locals())
    if shard is None:
        _compute(settings, anew=anew)
    else:
        _compute_shard(settings, shard, anew=anew)


@app.command()
def merge(
    parts: Annotated[
        list[Path] | None,
        typer.Argument(help="Further folders ATLAS.work, copied here from other machines."),
    ] = None,
    config: Config = None,
    network: Network = None,
    weights: Weights = None,
    input_size: InputSize = None,
    rule: RuleName = None,
    filters: Filters = None,
    images: Images = None,
    atlas: AtlasPath = None,
    layers: Layers = None,
    device: Device = None,
    batch: Batch = None,
    workers: Workers = None,
    one_per_label: OnePerLabel = None,
    stimuli: Stimuli = None,
    strict: Strict = None,
) -> None:
    """Make the atlas of what shards have found; the flags are those that the shards had."""
    settings = _settings(config, locals())
    from generator.compute.pipeline import merge as run

    with _progress() as progress:
        report = run(settings, progress, _say, parts or ())
    _print_compute(report)


@app.command()
def render(
    config: Config = None,
    atlas: AtlasPath = None,
    site: SitePath = None,
    strict: Strict = None,
    base_url: BaseUrl = None,
    templates: Templates = None,
    content: Content = None,
) -> None:
    """Turn an atlas and the texts into a site."""
    settings = _settings(config, locals())
    _render(settings)
    typer.echo(f"open: {(settings.site / 'index.html').resolve()}")


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="caltech101, tuxpaint, patterns or sample.")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Archive or folder to take the set from.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder that holds the sets.")] = Path("data"),
) -> None:
    """Bring a ready-made image set into data/NAME/."""
    from generator.images.fetch.fetch import fetch as bring

    typer.echo(bring(name, data, source=source, report=_say))


@app.command()
def train(
    data: Annotated[
        list[Path], typer.Option(help="Folder of one folder per class; may be repeated.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and weights.")] = Path(
        "build/train"
    ),
    evaluate: Annotated[
        Path | None,
        typer.Option(help="Weights to ask about the held-out pictures, instead of training."),
    ] = None,
) -> None:
    """Reproduce the embedded weights, and say what they are worth."""
    if evaluate is not None:
        from generator.training.evaluate import evaluate as ask

        ask(evaluate, data, report=_say)
        return
    from generator.training.export import train_and_export

    train_and_export(data, out, report=_say)
    typer.echo(out / "zfnet.safetensors")


@app.command()
def bench(
    config: Config = None,
    network: Network = None,
    weights: Weights = None,
    images: Images = None,
    layers: Layers = None,
    device: Device = None,
    batch: Batch = None,
    workers: Workers = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure speed and memory, as ratios side by side; takes some minutes."""
    settings = _settings(config, locals())
    from json import dumps

    from generator.bench.figures import machine
    from generator.bench.run import bench as run

    figures = []
    for figure in run(settings, _say):
        figures.append(figure)
        if not json:
            typer.echo(figure.line)
    told = ", ".join(f"{name} {value}" for name, value in machine().items())
    if json:
        typer.echo(dumps({figure.name: figure.record() for figure in figures}, indent=1))
        _say(told)
    else:
        typer.echo(told)


@app.command()
def check(
    site: Annotated[Path, typer.Argument(help="Folder of a built site.")] = Path("site"),
) -> None:
    """Walk a built site: links, fragments, alt texts, sizes, external addresses."""
    from generator.render.site.check import check_site

    report = check_site(site)
    for problem in report.problems:
        typer.echo(str(problem))
    if report.problems:
        raise GalleryError(f"{site}: {len(report.problems)} problems, listed above")
    typer.echo(
        f"{site}: {report.pages} pages, {report.files} files, {report.bytes / 1e6:.1f} MB; "
        "nothing to mend"
    )


@app.command()
def serve(
    site: Annotated[Path, typer.Argument(help="Folder of a built site.")] = Path("site"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1.")] = 8000,
    prefix: Annotated[str, typer.Option(help="Serve below /PREFIX/, as GitHub Pages does.")] = "",
) -> None:
    """Preview a site on 127.0.0.1."""
    from generator.serve import make_server

    server = make_server(site, port, prefix)
    typer.echo(f"http://127.0.0.1:{server.server_port}/{prefix.strip('/')}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:  # the ordinary way to end a preview
        server.server_close()


def _settings(config: Path | None, flags: dict[str, Any]) -> Settings:
    from generator.config import load_settings

    if config is None and Path("gallery.toml").exists():
        config = Path("gallery.toml")
    flags = {key: value for key, value in flags.items() if key not in NO_SETTINGS}
    if flags.get("layers") is not None:
        flags["layers"] = tuple(part.strip() for part in flags["layers"].split(",") if part.strip())
    return load_settings(config, flags)


def _compute(settings: Settings, *, anew: bool) -> None:
    from generator.compute.pipeline import compute as run

    with _progress() as progress:
        report = run(settings, progress, _say, anew=anew)
    _print_compute(report)


def _compute_shard(settings: Settings, text: str, *, anew: bool) -> None:
    from generator.compute.pipeline import compute_shard as run
    from generator.compute.run.checkpoints import Share

    shard = Share.parse(text)
    with _progress() as progress:
        report = run(settings, shard, progress, _say, anew=anew)
    typer.echo(
        f"shard {shard}: {report.images} images, {report.searched} searched now, "
        f"{duration(report.seconds)}; recorded in {report.path}"
    )
    typer.echo(f"then, when all {shard.of} shards are searched: merge, with the same flags")


def _print_compute(report: ComputeReport | None) -> None:
    if report is None:  # the first process tells it
        return
    done = "unchanged" if report.unchanged else "computed"
    typer.echo(f"atlas: {done}, {report.images} images, {sum(report.filters.values())} filters")
    if report.duplicates:
        typer.echo(f"set aside: {report.duplicates} images with exactly the pixels of another")
    for name, filters in report.filters.items():
        typer.echo(f"  {name}: {filters} filters, {report.dead[name]} dead")
    if report.searched:
        rate = report.searched / report.search_seconds
        typer.echo(
            f"search: {report.searched} images, {duration(report.search_seconds)}, "
            f"{rate:.1f} images/s"
        )
    if report.measures:
        typer.echo(
            f"stimuli: {report.measures} filters, trained and untrained, "
            f"{duration(report.stimuli_seconds)}"
        )
    if report.reconstructed:
        rate = report.reconstructed / report.reconstruct_seconds
        typer.echo(
            f"reconstructions: {report.reconstructed}, {duration(report.reconstruct_seconds)}, "
            f"{rate:.1f} reconstructions/s (with patches, images and their encoding)"
        )
    for file in report.skipped:
        _say(f"skipped: {file.path!r}: {file.reason}")
    if report.skipped:
        typer.echo(f"skipped: {len(report.skipped)} images, listed in the atlas's manifest")


def _render(settings: Settings) -> None:
    from generator.render.site.build import render as run
    from generator.resources import bundled

    with _progress() as progress:
        report = run(
            settings.atlas,
            settings.site,
            templates=settings.templates or bundled("site_templates"),
            content=settings.content or bundled("content"),
            strict=settings.strict,
            base_url=settings.base_url or None,
            progress=progress,
            warn=lambda text: _say(f"warning: {text}"),
        )
    done = "unchanged" if report.unchanged else "written"
    typer.echo(
        f"site: {done}, {report.pages} pages, {report.files} files, {report.bytes / 1e6:.1f} MB"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Give what shows the progress on stderr, in the first process only."""
    if _rank() > 0:
        yield lambda _stage, _done, _of: None
    elif sys.stderr.isatty():
        with bars() as progress:
            yield progress
    else:
        yield Lines(_say)


def _say(text: str) -> None:
    who = f"process {_rank() + 1}: " if _rank() > 0 else ""
    typer.echo(who + text, err=True)


def _rank() -> int:
    """Return which of the processes that torchrun has started this is, from 0 on."""
    return int(os.environ.get("RANK", "0"))
