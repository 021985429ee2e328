"""The teacher's link: this page with some of its controls hidden, as text and as a QR code."""

from __future__ import annotations

import io

import segno
import streamlit as st

from pages.components.links import controls_of_page, link_hiding


@st.dialog("A link for the class", width="large")
def teacher_link() -> None:
    """A dialog that makes the link; what the page shows now is what the class will find set."""
    controls = controls_of_page()
    shown = st.multiselect(
        "Controls that the class sees",
        list(controls),
        default=list(controls),
        format_func=controls.get,
        help="The others keep the values that they have now. They are hidden, not locked: without `hide=` in the "
        "address they are back.",
    )
    link = link_hiding([name for name in controls if name not in shown])
    st.code(link, language=None, wrap_lines=True)
    _qr_code(link)
    if "localhost" in link or "127.0.0.1" in link:
        st.caption(
            "This address is good on this computer alone. Open the app by the network address that Streamlit printed "
            "when it started, and make the link there."
        )


def _qr_code(link: str) -> None:
    """The link as a picture, or why there is none."""
    image = io.BytesIO()
    try:
        code = segno.make(link, error="l")
    except segno.DataOverflowError:
        st.caption(f"The link has {len(link)} characters: too long for a QR code. Share it as text.")
        return
    code.save(image, kind="png", scale=8, border=4)
    st.image(image.getvalue(), caption="Scan it from the projector", width=420)
