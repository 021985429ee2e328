"""The paths of the real network's weights over its loss surface, and the effect of a drop of the rate."""

from functools import partial

import streamlit as st

from pages.components.compare import panels
from pages.components.page import Page
from pages.components.state import session
from pages.components.state.controls import SEED
from pages.components.surface import controls, drop, picture, toggling

page = Page(__file__)
page.opening("Where do the weights go on the loss surface: around a minimum, across a valley, or along it?")


@st.fragment
@session.part("surface")
def surface() -> None:
    """The part of the page that depends on its controls: a change reruns only this."""
    number = min(controls.count(), controls.MOST_RUNS)
    presets = st.container(horizontal=True)
    drawing, beside = st.columns([2, 1], gap="large")
    with beside:
        seed = SEED.draw()
        window_place = st.container()
        validation = controls.VALIDATION.draw()
        factor = controls.FACTOR.draw("segments")
        entries = panels.panels(number, controls.MOST_RUNS)
        with window_place:
            window = controls.window(entries)
    with presets:
        controls.presets(page)
    with drawing:
        of = picture.looked_at(entries)
        on_drop = partial(drop.press, entries, of, factor=factor)
        paths = picture.show(
            entries, seed, window, validation=validation, of=of, factor=factor, on_drop=on_drop
        )
        toggling.show(paths, window)
    page.closing(*toggling.suggestions())


surface()
