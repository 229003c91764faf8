"""The lab's entry: page set-up and navigation."""

import streamlit as st

from lab.ui.warm import warm

st.set_page_config(page_title="Binary Neuron Lab", page_icon=":material/neurology:", layout="wide", initial_sidebar_state=340)
warm()
st.navigation(
    [
        st.Page("pages/train.py", title="Train", icon=":material/play_circle:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
    ]
).run()
