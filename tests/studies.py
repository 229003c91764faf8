"""A small study, for tests of what measures and shows studies."""

from __future__ import annotations

from typing import Any

from lab.data import Dataset
from lab.studies.base import TEST_ACCURACY, Computed, Study, Trained, accuracy, loss, mse
from lab.studies.results import Measured, Results
from tests.small import small

FIELDS = small(budget=3).model_dump(exclude={"dataset", "seed"})
DIGITS = Dataset.members["digits"]()
MNIST = Dataset.members["mnist"]()


def tiny(**fields: Any) -> Study:
    """Two rows that train a few steps, the second to beat the first, and one that is computed."""
    published = Trained(
        name="published", title="As published", published=(accuracy("12.34"), loss(".5")), fields=FIELDS | fields
    )
    return Study(
        name="tiny",
        title="A tiny study",
        summary="Small.",
        source="nowhere",
        story="Two rows.",
        rows=(
            published,
            Trained(
                name="ours",
                title="Ours alone",
                rival=published,
                measures=(TEST_ACCURACY,),
                fields=FIELDS | {"batch_size": 8},
            ),
            Computed(name="computed", title="Computed", published=(mse(".25"),), compute=lambda _, seed: 0.25 + seed),
        ),
    )


TINY = tiny()


def results(study: Study, row: str, values: list[float], dataset: Dataset = MNIST, **fields: Any) -> Results:
    """Results of one row, a value for each seed; a NaN is a seed that diverged."""
    found = study.row(row)
    told = []
    for seed, value in enumerate(values):
        diverged = value != value
        experiment = found.experiment(dataset, seed, fields.get("epochs")) if isinstance(found, Trained) else None
        figures = {} if diverged else {measure.name: value for measure in found.measures}
        told.append(
            Measured(
                row=row,
                seed=seed,
                run=f"{seed:08x}" if experiment else None,
                experiment=experiment,
                figures=figures,
                ended="diverged" if diverged else "done",
            )
        )
    return Results(study=study.name, dataset=dataset, **fields).holding(study, told)
