"""The server's one Keras process, shared by all sessions."""

import streamlit as st

from lrcore.keras_worker import KerasWorker


@st.cache_resource(show_spinner=False)
def keras() -> KerasWorker:
    """The worker, on its way up from the first call on; nobody waits for it."""
    worker = KerasWorker()
    worker.start()
    return worker
