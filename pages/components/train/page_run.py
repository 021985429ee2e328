"""The run of the page Train: trained by Keras in the background, kept in the session, named in the link.

A reload, Back, another browser or a new server shows the same run again, since runs are seeded. The run before it
stays in the charts in grey. It has been trained already; where only the link names it, the fast trainer makes it again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from uuid import uuid4

import streamlit as st

from lrcore.recipes.recipe import Recipe
from lrcore.server import keras
from lrcore.server.keras import RunProgress
from lrcore.server.queue import Request
from pages.components.results import give_way, one_run, run_of
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.visitor import visitor
from pages.components.train.address import AS_SET, BEFORE, RUN, RunSettings

KEY = "train.run"
PATIENCE = 0.3
"""How long a page waits for the end of a running run before it is drawn, in seconds."""
ATTENTIVE = 0.1
"""How often to check whether the reader has moved on, in seconds."""
OVER = ("finished", "stopped", "lost", "failed")


@dataclass
class PageRun:
    """A run that the page shows. All of it is plain data but the request.

    Attributes:
        text: its settings, as the link spells them.
        request: the request to Keras; None until it is queued.
        progress: how far it is, as far as the page knows.
        seen: whether it was drawn after its end.
        before: the run that the page showed before this one; None for none.
        id: tells it from another run of the same settings.
    """

    text: str
    request: Request | None = None
    progress: RunProgress = field(default_factory=lambda: RunProgress("waiting"))
    seen: bool = False
    before: PageRun | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def settings(self) -> RunSettings:
        """What it was computed from."""
        return RunSettings.parse(self.text)

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

    def end_here(self) -> None:
        """Says in the settings after which epoch it ended."""
        self.text = replace(self.settings, until=self.done or None).spell()

    def make_again(self) -> None:
        """Gives a run that only the link names its curves: the fast trainer's are the same as those of Keras."""
        settings = self.settings
        made = one_run(settings.recipe, settings.seed)
        history = {name: values[: settings.last] for name, values in run_of(made, 0).items()}
        is_lost = made.lost[0] and not settings.until  # of a part nobody says whether it is lost
        self.progress = RunProgress("lost" if is_lost else "finished", history=history)

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
    _follow_link(RunSettings(recipe, seed))
    run = shown()
    if run is not None:
        run.wait()
    _write_link(run, RunSettings(recipe, seed))
    return run


def shown() -> PageRun | None:
    """The run that the page shows."""
    return st.session_state.get(KEY)


@session.whole
def press(recipe: Recipe, seed: int) -> None:
    """The callback of the button that trains what is set."""
    start(RunSettings(recipe, seed))


def start(wanted: RunSettings) -> None:
    """Makes Keras train a run and makes that the page's run, unless it is under way already.

    Its request replaces the reader's open one, so that pressing again and again fills no queue.
    """
    run = shown()
    if run is not None and run.request and run.request.is_open and run.settings == wanted:
        return
    # First, for a slider that is moved meanwhile ends this function at its next use of the session, and begins
    # another run of the page beside it: that one must find the run, even if it is not queued yet.
    run = st.session_state[KEY] = PageRun(wanted.spell(), before=_before(wanted))
    session.put({RUN.key: run.text})
    request = keras.request(wanted.recipe, wanted.seed, wanted.last, **visitor())
    run.request = keras.trainer().submit(request)


def _before(wanted: RunSettings) -> PageRun | None:
    """What stays in grey once `wanted` is shown: the run that is shown now, or else the one before that."""
    run = shown()
    if run is None:
        return None
    is_other = run.done > 0 and not run.matches(wanted.recipe, wanted.seed)
    kept = replace(run, before=None) if is_other else run.before
    if kept and kept.progress.status in ("running", "failed"):
        kept.end_here()
    return kept if kept and not kept.matches(wanted.recipe, wanted.seed) else None


@session.whole
def stop() -> None:
    """Makes Keras stop the page's run; what was trained stays."""
    run = shown()
    if run is not None and run.request is not None:
        keras.trainer().leave(run.request)


@session.whole
def forget_before() -> None:
    """Takes the run before out of the charts and the link."""
    run = shown()
    if run is not None:
        run.before = None


def _follow_link(as_set: RunSettings) -> None:
    """Trains the run that the link names, where the page shows another one or none.

    A whole address names the run before, too. A link of ours to a run does not: the run that was shown becomes it.
    """
    wanted, before = _named(RUN, as_set), _named(BEFORE, as_set)
    run = shown()
    if wanted is None:
        st.session_state.pop(KEY, None)
        return
    if run is None or run.settings != wanted:
        start(wanted)
    run = shown()
    if run and session.follows() and before != (run.before.settings if run.before else None):
        run.before = PageRun(before.spell()) if before else None


def _named(control: Control, as_set: RunSettings) -> RunSettings | None:
    """The run that the link names there; None for none, and for one that cannot be read, which is noted as a fault."""
    text = control.value()
    try:
        return as_set if text == AS_SET else RunSettings.parse(text, as_set.seed) if text else None
    except ValueError as error:
        session.fault(f"{control.setting.label} cannot be read. {error}")
        session.put({control.key: control.setting.default})
        return None


def _write_link(run: PageRun | None, as_set: RunSettings) -> None:
    """Puts into the link which run the page shows, and which was before it."""
    if run and run.progress.status == "stopped":
        run.end_here()
    before = run and run.before
    session.put({RUN.key: run.text if run else "", BEFORE.key: before.text if before else ""})
    for control in (RUN, BEFORE):
        control.value()
    if run and run.settings == as_set:
        session.abbreviate(RUN.key, AS_SET)
