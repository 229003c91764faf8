"""The runs that were deleted: brought back, or removed for good."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lab.jobs import JOBS
from lab.store import RunFolder, StoreError, title_of
from lab.store.bin import deleted, size
from lab.ui.keep import keeper
from lab.ui.notices import show_problems
from lab.ui.plain import plain
from lab.ui.shelf.actions import DELETED, attempt
from lab.ui.shelf.folds import unfolded

COLUMNS = {"size": st.column_config.NumberColumn("MB", format="%.1f", width=70)}
IN_MLFLOW = " MLflow lists them as deleted, and keeps their files until `mlflow gc` removes them."


def undo() -> None:
    """A way back from the last deletion, as long as it is in the bin."""
    last = [folder for folder in _folders() if folder.id in st.session_state.get(DELETED, [])]
    if last:
        what = f"{plain(_title(last[0]))} was deleted" if len(last) == 1 else f"{len(last)} runs were deleted"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(what, width="content")
            st.button(
                "Undo", icon=":material/undo:", on_click=attempt, args=(JOBS.recover, [folder.id for folder in last])
            )


def deleted_runs() -> None:
    """What is in the bin, where something is."""
    folders = _folders()
    if not folders:
        return
    with unfolded(f"Deleted: {len(folders)}", "bin", icon=":material/delete:") as opened:
        if opened.open:
            _shown(folders)


def _folders() -> list[RunFolder]:
    try:
        return deleted(JOBS.runs_folder) if JOBS.runs_folder is not None else []
    except StoreError as error:
        show_problems([str(error)])
        return []


def _shown(folders: list[RunFolder]) -> None:
    ids = [folder.id for folder in folders]
    selection = st.dataframe(
        pd.DataFrame([{"run": _title(folder), "id": folder.id, "size": size(folder) / 1e6} for folder in folders]),
        hide_index=True,
        key="shelf.bin." + ".".join(ids),
        on_select="rerun",
        selection_mode="multi-row",
        column_config=COLUMNS,
        alt="Deleted runs",
    ).selection.rows
    ticked = [ids[number] for number in selection if number < len(ids)]
    with st.container(horizontal=True):
        st.button(
            "Restore",
            icon=":material/restore_from_trash:",
            disabled=not ticked,
            on_click=attempt,
            args=(JOBS.recover, ticked),
        )
        gone = ticked or ids
        what = f"{len(gone)} run{'s' if len(gone) > 1 else ''}"
        label = "Remove those that are ticked" if ticked else "Empty the bin"
        with st.popover(label, icon=":material/delete_forever:"):
            kept = IN_MLFLOW if keeper() else ""
            st.markdown(f"{what} will be gone from here for good: nets, curves and notes.{kept}")
            st.button(
                f"Remove {what} for good",
                type="primary",
                on_click=attempt,
                args=(JOBS.erase, gone),
            )
    st.caption("Nothing leaves the bin by itself.")


def _title(folder: RunFolder) -> str:
    try:
        return title_of(folder, folder.facts())
    except StoreError:
        return "What cannot be read any more"
