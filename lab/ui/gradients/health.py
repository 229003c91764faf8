"""Is anything learning?: the gradient health of a run of this process, layer by layer, while it trains and after it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lab.boards.contestants import Contestant, contestants
from lab.boards.health_cards import all_health_cards
from lab.figures.board import Board
from lab.jobs import JOBS, Job, JobView, Status
from lab.ui.alarms import show_alarms
from lab.ui.gradients.runs import choose_job
from lab.ui.live import SECONDS_BETWEEN_UPDATES, WORDS
from lab.ui.live_board import live_board

SCIENTIFIC = st.column_config.NumberColumn(format="%.2e")
PERCENT = st.column_config.NumberColumn(format="%.2f %%")


def health() -> None:
    """The section."""
    st.caption(
        "Whether a gradient reaches the weights of every layer, how far a step moves them, and whether the binary "
        "units still tell pictures apart. Measured in single steps: often at first, then about twenty times an epoch."
    )
    jobs = JOBS.all()
    if not jobs:
        st.info("There is no run yet. Start one on the Train page, and come back while it trains or after it.")
        return
    with st.container(horizontal=True):
        job = choose_job(jobs, "health")
        index = _contestant(job) if len(job.experiments) > 1 else 0
    st.fragment(_controlled, key="health.controlled")(job, index)


def _contestant(job: Job) -> int:
    view = job.view()
    names = [run.name for run in contestants(view.experiments, view.snapshots)]
    key = f"health.contestant.{job.id}"
    return st.selectbox(
        "Contestant", range(len(names)), format_func=lambda i: names[i], key=key, persist_state="session", width=360
    )


def _controlled(job: Job, index: int) -> None:
    """Update as often as the job's status asks for; its timer ends with the run."""
    shown = job.status
    st.fragment(_live, run_every=SECONDS_BETWEEN_UPDATES.get(shown), key="health.live")(job, index, shown)


def _live(job: Job, index: int, shown: Status) -> None:
    view = job.view()
    run = contestants(view.experiments, view.snapshots)[index]
    st.caption(f"{WORDS[view.status]} · step {_step(run)}")
    show_alarms([run])
    _show(view, run, index)
    if view.status != shown:
        st.rerun()


def _step(run: Contestant) -> int:
    steps = run.snapshot.steps["step"]
    return int(steps[-1]) if len(steps) else 0


def _show(view: JobView, run: Contestant, index: int) -> None:
    if not len(run.snapshot.health):
        st.info("This run has not made a step yet; the first one is measured.")
        return
    shown = f"{view.title} step {_step(run)}"
    live_board("health", Board(f"{view.id}:{view.version}:{index}", all_health_cards(run), shown))
    last = run.snapshot.health.at(-1)
    st.markdown(f"**At step {last.step}**")
    layers = pd.DataFrame(
        {
            "layer": [layer.layer for layer in last.layers],
            "gradients exactly 0": [100 * layer.zeros for layer in last.layers],
            "gradient norm": [layer.gradient for layer in last.layers],
            "update size": [layer.update for layer in last.layers],
        }
    )
    kinds = {"gradients exactly 0": PERCENT, "gradient norm": SCIENTIFIC, "update size": SCIENTIFIC}
    st.dataframe(layers, hide_index=True, key="health.layers", column_config=kinds)
    st.caption(
        "Layers with weights, in the order they run. Gradients exactly 0: share of the weights that this step's "
        "gradient does not touch; 100 % means that nothing reaches the layer. Update size: norm of what the step "
        "changed, in units of the norm of the weights; a thousandth is a common rule of thumb."
    )
    if not last.sites:
        st.caption("This net has no binary units.")
        return
    names = {"active": "active", "dead": "dead (always 0)", "stuck": "stuck (always 1)"}
    columns = {name: [100 * getattr(site, field) for site in last.sites] for field, name in names.items()}
    sites = pd.DataFrame({"binary layer": [site.site for site in last.sites], **columns})
    st.dataframe(sites, hide_index=True, key="health.sites", column_config=dict.fromkeys(names.values(), PERCENT))
    st.caption(
        "Active: share of pre-activations at which the estimator passes gradient back; for those that judge bits by "
        "their loss, at which the probability still moves. Dead and stuck: share of units with the same bit for every "
        "picture of the step's batch; they tell pictures apart no more."
    )
