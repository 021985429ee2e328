"""The teacher's link: this page with some of its controls hidden, as text and as a QR code."""

from __future__ import annotations

import segno
import streamlit as st

from pages.components.state import session

_PLACE = st.components.v2.component(
    "place",
    js="""
    // Tells Python where the app is in the browser, if it is elsewhere than Python knows: in another page's frame.
    export default function ({ data, setStateValue }) {
      const here = location.origin + location.pathname;
      if (here !== data.known) setStateValue("here", here);
    }
    """,
)


@st.dialog("A link for the class", width="large")
def teacher_link() -> None:
    """A dialog that makes the link; what the page shows now is what the class will find set."""
    controls = session.labels()
    shown = st.multiselect(
        "Controls that the class sees",
        list(controls),
        default=list(controls),
        format_func=controls.__getitem__,
        help="The others keep the values that they have now. They are hidden, not locked: without `hide=` in the "
        "address they are back.",
    )
    query = session.address(hide=[name for name in controls if name not in shown])
    place = _place()
    link = f"{place}?{query}"
    st.code(link, language=None, wrap_lines=True)
    _qr_code(link)
    if "localhost" in place or "127.0.0.1" in place:
        st.caption(
            "This address is good on this computer alone. Open the app by the network address that Streamlit printed "
            "when it started, and make the link there."
        )


def _place() -> str:
    """The page's own address, without its query. In a frame, Streamlit's is that of the page around it."""
    known = (st.context.url or "").split("?")[0]
    reported = _PLACE(data={"known": known}, key="page.place", on_here_change=lambda: None)
    return reported.here or known


def _qr_code(link: str) -> None:
    """The link as a picture, or why there is none."""
    try:
        code = segno.make(link, error="l")
    except segno.DataOverflowError:
        st.caption(f"The link has {len(link)} characters: too long for a QR code. Share it as text.")
        return
    st.image(code.png_data_uri(scale=8, border=4), caption="Scan it from the projector", width=420)
