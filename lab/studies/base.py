"""What a study is: a published table, row by row, with what trains or computes each row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from lab.boards.across import TEST_ACCURACY, TEST_LOSS, Measure
from lab.data import Dataset
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs.siblings import same_but

IMAGES = "mnist"
"""What the published figures were measured on."""
WIDE = 2.0
"""Standard errors of a difference that are allowed."""
RULE = (
    f"A figure is told apart from theirs beyond half of their last digit and {WIDE:g} standard errors of the "
    "difference. Theirs is one run: our spread over seeds stands for theirs. Where so few seeds need more for 95 % "
    "certainty, Student's t is given beside it."
)
TEST_MSE = TEST_LOSS._replace(name="test_mse", title="Test MSE, pixels in [-1, 1]")
"""Of nets that rebuild pictures, whose loss it is."""


Origin = Literal["a publication", "a reference run"]
REFERENCE: Origin = "a reference run"
MARK = "†"
MARKED = f"{MARK}: not published, but of a reference run."


@dataclass(frozen=True)
class Published:
    """One figure to compare with."""

    measure: Measure
    value: float
    """As it is measured: accuracies are shares."""
    digits: int
    """Decimals of the value that were published."""
    source: Origin = "a publication"
    """Where it was told; what nobody published is of a run that was made to have something to compare with."""

    @property
    def resolution(self) -> float:
        """Half of its last digit: figures that are nearer are the same as far as anybody knows."""
        return 0.5 * 10.0**-self.digits


def accuracy(percent: str, source: Origin = "a publication") -> Published:
    """A test accuracy as it is printed, in percent."""
    digits = _decimals(percent) + 2
    return Published(TEST_ACCURACY, round(float(percent) / 100, digits), digits, source)


def loss(printed: str) -> Published:
    """A test loss as it is printed: cross-entropy in nats."""
    return Published(TEST_LOSS, float(printed), _decimals(printed))


def mse(printed: str, source: Origin = "a publication") -> Published:
    """A mean squared error as it is printed, of pixels in [-1, 1]."""
    return Published(TEST_MSE, float(printed), _decimals(printed), source)


def _decimals(printed: str) -> int:
    return len(printed.partition(".")[2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One row of a table: what was published, and under which conditions."""

    name: str
    title: str
    published: tuple[Published, ...] = ()
    """Its figures, the one that the row is judged by first; none where there is nothing to compare with."""
    meaning: str = ""
    """What the published figure really measured."""
    differs: str = ""
    """Which conditions are known to differ here."""
    rival: Row | None = None
    """Another row of the study, which this one is to beat."""
    measures: tuple[Measure, ...] = ()
    """What is measured here, the one that the row is judged by first; by default what was published."""

    def __post_init__(self) -> None:
        if not self.measures:
            object.__setattr__(self, "measures", tuple(figure.measure for figure in self.published))
        if not self.measures:
            raise ValueError(f"row {self.name!r} says neither what was published nor what is measured")

    def figure(self, measure: Measure) -> Published | None:
        """What was published of a measure."""
        return next((figure for figure in self.published if figure.measure is measure), None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trained(Row):
    """A row that is the result of an experiment."""

    fields: dict[str, Any] = field(default_factory=dict)
    """What differs from a default experiment, its images and its seed aside."""

    def experiment(
        self, dataset: Dataset, seed: int = 0, epochs: float | None = None, threads: int | None = None
    ) -> Experiment:
        """What trains it.

        Args:
            dataset: the images.
            seed: of the run.
            epochs: how long, in place of what the row says.
            threads: of the processor, in place of what the row says.

        Raises:
            InvalidExperiment: it cannot be, such as for so many epochs.
        """
        own = _experiment(self, dataset, epochs)
        if seed == own.seed and threads in (None, own.threads):
            return own
        return Experiment.parse(own.model_dump() | {"seed": seed, "threads": threads or own.threads})

    def is_of(self, experiment: Experiment, dataset: Dataset, epochs: float | None = None) -> bool:
        """Whether an experiment trains this row, with any seed, on any number of threads."""
        return same_but(experiment, _experiment(self, dataset, epochs), "seed", "threads")


@cache
def _experiment(row: Trained, dataset: Dataset, epochs: float | None) -> Experiment:
    changed = {} if epochs is None else {"budget": epochs, "budget_unit": "epochs"}
    return Experiment.parse({"dataset": dataset, **row.fields, **changed})


@dataclass(frozen=True, kw_only=True, eq=False)
class Computed(Row):
    """A row that needs no training, such as a baseline."""

    compute: Callable[[Dataset, int], float]
    """The figure on the test images, from the images that a run of that seed would train on.

    Raises:
        DataError: the images cannot be had.
    """


@dataclass(frozen=True)
class Along:
    """Rows that differ in one number, for a chart over it."""

    name: str
    x_title: str
    families: Mapping[str, Mapping[float, str]]
    """By title, the names of the rows by that number, in rising order."""


@dataclass(frozen=True)
class Study:
    """A published table."""

    name: str
    title: str
    summary: str
    source: str
    """Where the figures are from."""
    story: str
    """What they are, what is wrong with them, and what to look for; Markdown."""
    rows: tuple[Row, ...]
    along: Along | None = None

    def __post_init__(self) -> None:
        names = [row.name for row in self.rows]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"study {self.name!r} has rows of one name: {', '.join(sorted(twice))}")
        if strangers := [row.name for row in self.rows if row.rival is not None and row.rival not in self.rows]:
            raise ValueError(f"study {self.name!r} lacks the rival of {', '.join(strangers)}")
        curves = self.along.families.values() if self.along is not None else ()
        if unknown := [name for rows in curves for name in rows.values() if name not in names]:
            raise ValueError(f"study {self.name!r} has a curve of {', '.join(unknown)}, and no such rows")

    def run_title(self, row: Row, seed: int) -> str:
        """What to call the run of a seed of a row."""
        return f"{self.title}. {row.title}, seed {seed}"

    def row(self, name: str) -> Row:
        """The row of this name.

        Raises:
            InvalidExperiment: there is none.
        """
        return self.chosen([name])[0]

    def chosen(self, names: Sequence[str]) -> list[Row]:
        """The rows of these names, in the order of the table; all where none is named.

        Raises:
            InvalidExperiment: there is no such row.
        """
        there = {row.name: row for row in self.rows}
        for name in names:
            require_known(name, there, "row", f"row of study {self.name!r}")
        return [row for name, row in there.items() if not names or name in names]


def require_known(name: str, there: Sequence[str] | dict[str, Any], what: str, whole: str) -> None:
    """Refuse a name that nothing has, with the one that was perhaps meant.

    Raises:
        InvalidExperiment: nothing is called so.
    """
    if name not in there:
        close = get_close_matches(name, there, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InvalidExperiment([f"{what} names no {whole} (given: {name!r}).{hint} Allowed: {', '.join(there)}."])
