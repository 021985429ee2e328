"""The learning rate laboratory: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

PATHS = sorted((Path(__file__).parent / "pages").glob("[0-9]_*.py"))
pages = [st.Page(path) for path in PATHS]
in_small_letters = [  # the same pages, off the menu, for those who type an address
    st.Page(path, title=page.title, url_path=page.title.replace(" ", "_").lower(), visibility="hidden")
    for path, page in zip(PATHS, pages, strict=True)
]

st.navigation([*pages, *in_small_letters], position="top").run()
