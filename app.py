"""The learning rate laboratory: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

PAGES = sorted((Path(__file__).parent / "pages").glob("[0-9]_*.py"))

st.navigation([st.Page(page) for page in PAGES], position="top").run()
