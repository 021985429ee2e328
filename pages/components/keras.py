"""The server's one Keras process, shared by all sessions."""

from threading import Timer

import streamlit as st

from lrcore.keras_worker import KerasWorker

BROWSER_FIRST = 3.0
"""Seconds that the browser has to draw the first page, before Keras takes a processor for its start."""


@st.cache_resource(show_spinner=False)
def keras() -> KerasWorker:
    """The worker, on its way up soon after the first call, or with its first run; nobody waits for it."""
    worker = KerasWorker()
    start = Timer(BROWSER_FIRST, worker.start)
    start.daemon = True
    start.start()
    return worker
