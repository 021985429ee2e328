"""Who has a page open: what the queues of the trainers ask of a visitor."""

from __future__ import annotations

from functools import partial
from typing import Any

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def visitor() -> dict[str, Any]:
    """The session that runs this script, as `reader`, and whether its browser is connected, as `is_here`.

    Nothing where no server runs the script.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return {}
    is_here = partial(runtime.get_instance().is_active_session, context.session_id)
    return {"reader": context.session_id, "is_here": is_here}
