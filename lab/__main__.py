"""The command line: `python -m lab`. The same Experiment and the same engine as the app, so the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Kind = Literal["estimators", "architectures", "optimizers", "schedules", "datasets", "presets", "studies"]
Written = Literal["csv", "parquet", "latex", "markdown", "html", "json", "command", "packed", "onnx", "safetensors"]
Table = Literal["results", "curves", "final", "differences"]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


def _place(text: str) -> Path:
    if not text.strip():
        raise typer.BadParameter("it is empty, and names no place")
    return Path(text)


app = typer.Typer(
    help="Train binary neural networks, and list what they can be made of.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
bench = typer.Typer(
    help="Measure on this machine how fast nets train and packed ones run, and how fluent pages are.",
    no_args_is_help=True,
)
app.add_typer(bench, name="bench")


@app.command()
def train(
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Start from a preset.")] = None,
    experiment: Annotated[Path | None, typer.Option(metavar="FILE", help="Start from an experiment's JSON.")] = None,
    link: Annotated[str | None, typer.Option(metavar="TEXT", help="Start from a link of the app.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a field, such as optimizer.lr=0.01. May be repeated."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="NAME", help="The images; a preset takes MNIST if it is here, else digits.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="Train for so many epochs.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Where all randomness comes from.")] = None,
    device: Annotated[
        str | None, typer.Option(metavar="auto|cpu|cuda|mps", help="Where to train; auto takes a GPU if there is one.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the run, for `runs`, `resume` and the app.")] = True,
    as_json: AsJson = False,
) -> None:
    """Train one experiment, given as --preset, --experiment or --link.

    Exit codes: 0 done, 1 the loss became NaN or inf, 2 the input cannot be, 130 stopped with Ctrl-C.
    """
    from lab.cli.request import Request
    from lab.cli.train import main

    request = Request(preset, experiment, link, changes or (), dataset, epochs, seed, device)
    raise typer.Exit(main(request, keep, as_json))


@app.command()
def runs(as_json: AsJson = False) -> None:
    """List the runs that are kept, newest first."""
    from lab.cli.runs import list_runs

    raise typer.Exit(list_runs(as_json))


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="Its id, as `runs` has it, or how it begins.")],
    budget: Annotated[
        float | None, typer.Option(metavar="N", help="Train a finished run on, up to so many of its epochs or steps.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a run from where it stopped or was interrupted to its end, as if nothing had happened.

    Exit codes: 0 done, 1 the loss became NaN or inf, 2 there is no such run, 130 stopped with Ctrl-C.
    """
    from lab.cli.runs import resume as go_on

    raise typer.Exit(go_on(run, budget, as_json))


@app.command()
def export(
    runs: Annotated[list[str], typer.Argument(help="Their ids, as `runs` has them, or how they begin.")],
    format: Annotated[Written, typer.Option(help="What to write.")] = "csv",
    table: Annotated[
        Table,
        typer.Option(help="Of what: every contestant, curves point by point, or means and differences over seeds."),
    ] = "results",
    seeds: Annotated[bool, typer.Option("--seeds", help="With the runs that are the same but for their seed.")] = False,
    out: Annotated[
        Path | None, typer.Option(parser=_place, metavar="FILE", help="Where to write it, not to standard output.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    contestant: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Whose net it is to be, of a run that has several.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare a packed net with PyTorch's on all test images first.")
    ] = False,
) -> None:
    """Write the results of runs as a table, as a report that opens offline, or as what trains them again; or a net.

    `json` is the experiment, or a list where there are several, and `command` the command that trains it.

    `packed` is the net of one run with a bit for each binary weight, and runner.py beside it runs it without the lab;
    `onnx` is the same for other runtimes. `safetensors` has the weights as they were trained.

    Of several seeds, `--table final` has the final figures, and `--table differences` those to the first contestant.

    In CSV and Parquet, accuracies are shares between 0 and 1.

    In CSV, a text that a spreadsheet would run as a formula has an apostrophe before it.

    Exit codes: 0 done, 2 there is no such run, it has no such net, a packed net is not exact, or it cannot be written.
    """
    from lab.cli.export import Asked, main

    raise typer.Exit(main(runs, Asked(format, table, seeds, contestant, check), out, overwrite))


@app.command()
def predict(
    file: Annotated[Path, typer.Argument(help="A packed net, as `export --format packed` writes it.")],
    images: Annotated[
        list[Path], typer.Argument(help="PNG, JPEG, WebP, BMP, GIF or TIFF; or 28×28 bytes in .npy files.")
    ],
    as_json: AsJson = False,
) -> None:
    """Tell what is on pictures, each with the probabilities of all classes.

    The ink of pictures is found and centered first. Arrays of 28×28 bytes, one or more, light on dark, are taken as
    they are, as runner.py takes all it gets.

    Exit codes: 0 done, 2 the net or a picture cannot be read; of all other pictures it is told all the same.
    """
    from lab.cli.predict import main

    raise typer.Exit(main(file, images, as_json))


@app.command()
def reproduce(
    study: Annotated[str, typer.Argument(help="Which published table, such as source-003; `list studies` has all.")],
    rows: Annotated[str | None, typer.Option(metavar="NAME,...", help="These rows of it alone.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Train each row with seeds 0 to N-1.")] = 3,
    epochs: Annotated[
        float | None, typer.Option(metavar="N", help="Train each row for so long; then it is not compared.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on: keep what is measured, take up runs that are kept.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=_place, metavar="DIR", help="Where to write it; by default studies/STUDY beside the runs."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Other images than MNIST; then it is not compared."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, metavar="N", help="Processor threads of a run; the last digits depend on it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a published table row by row, and write ours beside theirs: Markdown, CSV, LaTeX and JSON.

    Every run is kept like any other. What is measured is written at once; whatever ends it, --resume goes on, with the
    run under way from its last checkpoint.

    In JSON and CSV, accuracies are shares between 0 and 1. --json prints an object for each row, on a line of its own.

    Exit codes: 0 done, 2 the input cannot be, or something cannot be kept, 130 stopped with Ctrl-C.
    """
    from lab.cli.reproduce import Asked, main

    raise typer.Exit(main(Asked(study, rows, seeds, epochs, resume, out, dataset, threads), as_json))


@app.command("list")
def list_parts(kind: Annotated[Kind, typer.Argument(help="What to list.")], as_json: AsJson = False) -> None:
    """List the parts of a kind."""
    from lab.cli.list import main

    raise typer.Exit(main(kind, as_json))


@bench.command("train")
def bench_train(
    as_json: AsJson = False,
    accuracy: Annotated[bool, typer.Option(help="Also train to the end and compare the accuracy.")] = False,
) -> None:
    """Time a step of training here against the sources' own way."""
    from lab.bench.train import main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json, accuracy=accuracy)


@bench.command("race")
def bench_race(as_json: AsJson = False) -> None:
    """Time a race against its contestants one after the other."""
    from lab.bench.race import main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json)


@bench.command("gradients")
def bench_gradients(as_json: AsJson = False) -> None:
    """Time the picture of bias and noise."""
    from lab.bench.gradients import main

    main(json=as_json)


@bench.command("frames")
def bench_frames(
    as_json: AsJson = False,
    epochs: Annotated[float, typer.Option(min=0.001, metavar="N", help="How long each run is.")] = 1.0,
) -> None:
    """Time the looks inside nets that runs keep."""
    from lab.bench.frames import Length, main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json, length=Length(epochs=epochs))


@bench.command("pages")
def bench_pages(as_json: AsJson = False) -> None:
    """Time the pages that look inside nets."""
    from lab.bench.pages import main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json)


@bench.command("xnor")
def bench_xnor(as_json: AsJson = False) -> None:
    """Time packed nets against the same nets in float32."""
    from lab.bench.xnor import main

    main(json=as_json)


@bench.command("live")
def bench_live(as_json: AsJson = False) -> None:
    """Time the live page."""
    from lab.bench.live import main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json)


@bench.command("watchers")
def bench_watchers(
    as_json: AsJson = False,
    watchers: Annotated[int, typer.Option(min=2, metavar="N", help="How many watch, one of them in a browser.")] = 30,
    minutes: Annotated[float, typer.Option(min=0.1, metavar="M", help="How long they watch.")] = 30.0,
) -> None:
    """Measure a race that many watch."""
    from lab.bench.watchers import Length, main
    from lab.cli.errors import explained

    with explained():
        main(json=as_json, length=Length(watchers=watchers, minutes=minutes))


if __name__ == "__main__":
    app(prog_name="python -m lab")
