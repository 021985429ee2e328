"""The learning rate laboratory: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

PATHS = sorted((Path(__file__).parent / "pages").glob("[0-9]_*.py"))
pages = [st.Page(path, default=path == PATHS[0]) for path in PATHS]
typed = [  # the same pages for those who type an address: in small letters, and the first one by its name
    st.Page(path, title=page.title, url_path=name, visibility="hidden")
    for path, page in zip(PATHS, pages, strict=True)
    for name in {page.title.replace(" ", "_"), page.title.replace(" ", "_").lower()} - {page.url_path}
]

st.navigation([*pages, *typed], position="top").run()
