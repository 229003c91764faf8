"""The lab's entry: page set-up and navigation."""

from pathlib import Path

import streamlit as st

from lab.ui.address import keep_one_place
from lab.ui.keep import keep_limits, keep_owners, keep_runs
from lab.ui.leaving import leave_page_before, note_page
from lab.ui.turns import take_short_turns
from lab.ui.warm import warm

UI = Path(__file__).parent / "lab" / "ui"

leave_page_before()  # first of all: what the page before asks for meanwhile is dropped
st.set_page_config(page_title="Binary Neuron Lab", page_icon=str(UI / "icon.svg"), layout="wide")
st.html(UI / "page.css")
keep_one_place()
keep_runs()
keep_limits()
keep_owners()
take_short_turns()
page = st.navigation(
    [
        st.Page("views/train.py", title="Train", icon=":material/play_circle:", default=True),
        st.Page("views/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("views/runs.py", title="Runs", icon=":material/inventory_2:"),
        st.Page("views/heatmaps.py", title="Heatmaps", icon=":material/visibility:"),
        st.Page("views/codes.py", title="Codes", icon=":material/qr_code_2:"),
        st.Page("views/reconstructions.py", title="Reconstructions", icon=":material/imagesearch_roller:"),
        st.Page("views/xnor.py", title="XNOR", icon=":material/memory:"),
        st.Page("views/gradients.py", title="Gradients", icon=":material/show_chart:"),
        st.Page("views/reproduce.py", title="Reproduce", icon=":material/fact_check:"),
    ]
)
note_page()
page.run()
warm()  # after the first page, which would have to wait for it
