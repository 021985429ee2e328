"""The run of the page Train: trained by Keras in the background, kept in the session, named in the link.

A reload, Back, another browser or a new server shows the same run again, since runs are seeded.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from lrcore.recipes.recipe import Recipe
from lrcore.server import keras
from lrcore.server.keras import RunProgress
from lrcore.server.queue import Request
from pages.components.results import give_way
from pages.components.state import session
from pages.components.state.visitor import visitor
from pages.components.train.address import AS_SET, RUN, RunSettings

KEY = "train.run"
MOST_UPDATES = 30_000
"""The most updates of one run; a longer run ends before. One Keras serves all readers."""
PATIENCE = 0.3
"""How long a page waits for the end of a running run before it is drawn, in seconds."""
ATTENTIVE = 0.1
"""How often to check whether the reader has moved on, in seconds."""
OVER = ("finished", "stopped", "lost", "failed")


@dataclass
class PageRun:
    """A run that the page shows. All of it is plain data but the request.

    Attributes:
        told: its settings, as the link says them.
        request: the request to Keras; None until it is queued.
        progress: how far it is, as far as the page knows.
        seen: whether it was drawn after its end.
        id: tells it from another run of the same settings.
    """

    told: str
    request: Request | None = None
    progress: RunProgress = field(default_factory=lambda: RunProgress("waiting"))
    seen: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def settings(self) -> RunSettings:
        """What it was computed from."""
        return RunSettings.parse(self.told)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.progress.status in OVER

    @property
    def done(self) -> int:
        """How many epochs there are to show."""
        return len(self.progress.history["loss"])

    def matches(self, recipe: Recipe, seed: int) -> bool:
        """Whether it was computed from these settings, whole or in part."""
        return replace(self.settings, until=None) == RunSettings(recipe, seed)

    def wait(self, in_queue: float = 0) -> None:
        """Updates `progress`; waits a moment for the end of the run, since most runs are done at once.

        Args:
            in_queue: seconds to wait for a run that has not begun.
        """
        patience = {"waiting": in_queue if self.request else 0, "running": PATIENCE}
        status, since = "", time.monotonic()
        while not self.is_over:
            self.progress = self._look()
            if self.progress.status != status:
                status, since = self.progress.status, time.monotonic()
            if self.is_over or time.monotonic() - since >= patience[status]:
                return
            if self.request:
                self.request.over.wait(ATTENTIVE)
            give_way()

    def _look(self) -> RunProgress:
        if self.request is None:
            return RunProgress("waiting")
        return keras.progress(self.request, keras.trainer().place(self.request))


def page_run(recipe: Recipe, seed: int) -> PageRun | None:
    """The run that the page shows, or None, brought in line with the link; `recipe` and `seed` are those set.

    Called once in a run of the page, when all controls are drawn: a link may rely on them. The link is followed before
    the run is waited for, and written after that, since a stopped run says there where it ended.
    """
    _follow_link(recipe, seed)
    run = shown()
    if run is not None:
        run.wait()
        _write_link(run, recipe, seed)
    return run


def shown() -> PageRun | None:
    """The run that the page shows."""
    return st.session_state.get(KEY)


def press(recipe: Recipe, seed: int) -> None:
    """The callback of the button that trains what is set; it counts even if a slider is moved right after it."""
    try:
        start(RunSettings(recipe, seed))
    except RerunException:  # Streamlit ends a callback, too, at its next use of the session
        start(RunSettings(recipe, seed))
        raise


def start(wanted: RunSettings) -> None:
    """Makes Keras train a run and makes that the page's run, unless it is under way already.

    Its request replaces the reader's open one: whoever presses again and again waits for the last press only, and
    so does everybody else.
    """
    run = shown()
    if run is not None and run.request and run.request.is_open and run.settings == wanted:
        return
    # First, for a slider that is moved meanwhile ends this function at its next use of the session, and begins
    # another run of the page beside it: that one must find the run, even if it is not queued yet.
    run = st.session_state[KEY] = PageRun(wanted.spell())
    session.put({RUN.key: run.told})
    until = min(wanted.until or wanted.recipe.epochs, most_epochs(wanted.recipe))
    request = keras.request(wanted.recipe, wanted.seed, until, **visitor())
    run.request = keras.trainer().submit(request)


def stop() -> None:
    """Makes Keras stop the page's run; what was trained stays."""
    run = shown()
    if run is not None and run.request is not None:
        keras.trainer().leave(run.request)


def most_epochs(recipe: Recipe) -> int:
    """How many epochs of the recipe Keras trains at most."""
    return MOST_UPDATES // recipe.updates_per_epoch()


def _follow_link(recipe: Recipe, seed: int) -> None:
    """Trains the run that the link names, where the page shows another one or none."""
    told, run = RUN.value(), shown()
    if told == AS_SET:
        told = RunSettings(recipe, seed).spell()
    if run is not None and told == run.told:
        return
    st.session_state.pop(KEY, None)
    if not told:
        return
    try:
        start(RunSettings.parse(told, seed))
    except ValueError as error:  # a mangled link: nothing is trained, and the page says why
        session.fault(f"The run that this link shows cannot be read. {error}")
        session.put({RUN.key: RUN.setting.default})


def _write_link(run: PageRun, recipe: Recipe, seed: int) -> None:
    """Puts into the link which run the page shows."""
    if run.progress.status == "stopped":
        run.told = replace(run.settings, until=run.done or None).spell()
    session.put({RUN.key: run.told})
    RUN.value()
    if run.settings == RunSettings(recipe, seed):
        session.abbreviate(RUN.key, AS_SET)
