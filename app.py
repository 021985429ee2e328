"""The learning rate laboratory: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from lrcore import training_process

PAGES = sorted((Path(__file__).parent / "pages").glob("[0-9]_*.py"))

st.cache_resource(training_process.start, show_spinner=False)()
st.navigation([st.Page(page) for page in PAGES], position="top").run()
