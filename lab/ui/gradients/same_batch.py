"""Same batch, many estimators: what each would send to every layer of a net that is trained in this process."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.facts import couples_examples
from lab.figures.agreement import cell_chart
from lab.jobs import JOBS
from lab.probes.gradients import AGAIN, Agreement
from lab.ui import state
from lab.ui.gradients.comparison import PATIENCE, Comparison
from lab.ui.gradients.rules import choose_rules
from lab.ui.gradients.runs import choose_job
from lab.ui.live_board import single_chart
from lab.ui.notices import show_problems

FIRST = ("identity", "saturated", "hard-sigmoid", "approx-sign", "bernoulli", "reinmax", "rloo")
COMPARISON = "same.comparison"
SURE = 0.9
"""The cosine that the reference should have to itself without noise."""
METRICS: dict[str, tuple[str, tuple[float, float], str]] = {
    "cosine": (
        "Cosine",
        (-1.0, 1.0),
        "Cosine of the angle between the mean gradient and the reference: 1 is the same direction.",
    ),
    "ratio": ("Length", (0.0, 2.0), "Length of the mean gradient in units of the reference's: 1 is as long."),
    "signs": ("Signs", (0.0, 1.0), "Share of weights whose gradient has the reference's sign: 0.5 is chance."),
    "noise": ("Noise", (0.0, 5.0), "Standard deviation of one draw in units of the reference's length."),
    "zero": ("Zeros", (0.0, 1.0), "Share of weights whose gradient is exactly 0."),
}


def same_batch() -> None:
    """The section."""
    st.caption(
        "One batch of validation images through the net of a run as it is now, and the gradient that each estimator "
        "would send to every layer, against a reference."
    )
    runs = JOBS.runs()
    if not runs:
        st.info("There is no run of a single net yet. Start one on the Train page, and come back, at any time.")
        return
    job = choose_job(runs, "same")
    experiment = job.experiments[0]
    rules = choose_rules("same", FIRST)
    reference = _reference(experiment)
    with st.container(horizontal=True):
        most = min(1024, experiment.dataset.validation)
        size = st.number_input(
            "Images in the batch",
            2,
            most,
            min(64, experiment.batch_size, most),
            key=f"same.size.{job.id}",
            persist_state="session",
        )
        draws = st.number_input(
            "Draws", 2, 256, 8, key="same.draws", persist_state="session", help="Averaged, for rules that sample"
        )
        many = st.number_input("Draws of the reference", 2, 1024, 64, key="same.many", persist_state="session")
    _warn_of_batch(experiment, size)
    start = st.button(
        *("Compare on the net as it is now", "same.go"), icon=":material/compare:", type="primary", disabled=not rules
    )
    comparison = st.session_state.get(COMPARISON)
    if start:
        if comparison is not None:
            comparison.stop()
        comparison = st.session_state[COMPARISON] = Comparison(job, rules, reference, size, draws, many)
    if comparison is not None:
        waiting = not comparison.done
        st.fragment(_result, run_every=0.5 if waiting else None, key="same.live")(comparison, waiting)


def _reference(experiment: Experiment) -> Estimator:
    """What the others are compared to: many samples of an unbiased rule where bits are sampled."""
    own = experiment.estimator
    silent = "hard-sigmoid" if own.zero_gradient else own.name
    first = "rloo" if own.stochastic else silent
    members = Estimator.members
    name = st.selectbox(
        "Reference",
        list(members),
        index=list(members).index(first),
        format_func=lambda item: members[item].title,
        key=f"same.reference.{experiment.key}",
        persist_state="session",
        width=480,
        help="Where bits are sampled, a rule without bias, drawn many times. Where they are not, no gradient is true: "
        "the run's own rule is as good a reference as any, where it sends anything at all.",
    )
    return members[name]()


def _warn_of_batch(experiment: Experiment, size: int) -> None:
    if not couples_examples(experiment.architecture):
        return
    st.caption(
        ":material/info: Batch norm follows the bits and couples the images of a batch, so no rule that judges each "
        "image by its own loss is unbiased here."
    )
    if size != experiment.batch_size:
        st.warning(
            f"This run trains on batches of {experiment.batch_size}, and batch norm couples the images of a batch: "
            f"gradients on a batch of {size} are not those that it trains with."
        )


def _result(comparison: Comparison, waited: bool) -> None:
    done = comparison.done
    comparison.look()
    if waited and done:
        st.rerun()  # all is there: the timer is no longer needed
    if not done:
        _show_progress(comparison)
    show_problems([*comparison.refused, *([comparison.problem] if comparison.problem else [])])
    if comparison.found:
        _show(list(comparison.found), comparison, _ending(comparison) if done else "")
    elif done and (comparison.stopped or comparison.abandoned):
        st.info("Stopped before the gradients of the reference were there. Fewer draws of it take less time.")


def _ending(comparison: Comparison) -> str:
    if comparison.abandoned:
        return f" **Stopped before the last, for nobody looked for {PATIENCE:g} seconds.**"
    return " **Stopped before the last.**" if comparison.stopped else ""


def _show_progress(comparison: Comparison) -> None:
    rows = len({agreement.rule for agreement in comparison.found})
    with st.container(horizontal=True, vertical_alignment="center"):
        waits = "" if comparison.step is not None else ", once other comparisons have ended"
        told = f"{rows} of {len(comparison.rules) + 1} rows, the reference first{waits}"
        st.progress(comparison.progress, f"Run {state.named(comparison.job)}: {told}")
        st.button(
            "Stop",
            icon=":material/stop:",
            key="same.stop",
            disabled=comparison.stopped,
            on_click=comparison.stop,
        )


def _show(found: list[Agreement], comparison: Comparison, ending: str) -> None:
    metric = st.segmented_control(
        "Measure",
        list(METRICS),
        default="cosine",
        format_func=lambda m: METRICS[m][0],
        required=True,
        key="same.metric",
        persist_state="session",
    )
    title, (low, high), said = METRICS[metric]
    rules, layers = list(dict.fromkeys(a.rule for a in found)), list(dict.fromkeys(a.layer for a in found))
    values = {(a.rule, a.layer): getattr(a, metric) for a in found}
    titles = ["The reference, drawn again" if name == AGAIN else Estimator.members[name].title for name in rules]
    figure = cell_chart(titles, layers, [[values[rule, layer] for layer in layers] for rule in rules], low, high, title)
    told = "; ".join(f"{a.rule}, {a.layer}: {getattr(a, metric):.3g}" for a in found)
    single_chart("same.chart", title, figure, f"{title}: {told}")
    st.caption(
        f"{said} Run {state.named(comparison.job)}, weights as after step {comparison.step}; reference: "
        f"{comparison.reference.title}; {comparison.told}. The first row is the reference itself with other noise and "
        "as many draws as the rest: what it lacks is lost to noise alone. Layers in the order they run. Rules take "
        f"the run's kind of units where they can, and the run's own rule its settings.{ending}"
    )
    if any(math.isnan(value) for value in values.values()):
        st.caption(
            ":material/info: –: there is nothing to compare, because the reference or the rule sends that layer "
            "exactly 0. Zeros tells which."
        )
    if comparison.strangers:
        names = ", ".join(dict.fromkeys(rule.title for rule in comparison.strangers))
        st.caption(
            f":material/info: With {names} the units do something else than in this run, such as sampling with another "
            "probability: what is compared there are gradients of two different nets."
        )
    reach = {agreement.layer: agreement.reach for agreement in found if agreement.reach < SURE}
    if reach:
        layers_told = ", ".join(f"{value:.2f} in {layer}" for layer, value in reach.items())
        st.warning(
            f"So few draws do not tell the direction of the reference: without any noise its cosine would be no more "
            f"than {layers_told}. Take more draws of the reference."
        )
    with st.expander("All numbers", icon=":material/table:"):
        table = pd.DataFrame([vars(agreement) for agreement in found]).round(4)
        st.dataframe(table, hide_index=True, width="stretch")
