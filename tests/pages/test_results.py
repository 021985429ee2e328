"""Trained runs for the pages: what is kept, and who waits for whom."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.server.queue import Priority
from lrcore.server.trainer import Trainer
from pages.components import results
from pages.components.compare import comparison
from pages.components.surface import runs as surface_runs
from pages.components.surface import toggling
from pages.components.surface.controls import Window
from pages.components.tune import curve, rising, runs
from pages.components.tune.entries import Entry
from pages.components.tune.plan import Plan
from pages.components.tune.runs import Stage

RATES = itertools.count(1)


@pytest.fixture
def new() -> Recipe:
    """A recipe that no test has trained before."""
    return Recipe(Constant(0.01 + next(RATES) / 1e6), epochs=1)


def waiting(ran: list[str]) -> None:
    """A page that waits while the reader changes something."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from pages.components import results

    ran.append("begun")
    if len(ran) == 1:
        get_script_run_ctx().script_requests.request_rerun(RerunData())
        results.give_way()
        ran.append("waited on")


def test_a_page_that_waits_gives_way_to_the_readers_next_change():
    ran: list[str] = []
    assert not AppTest.from_function(waiting, args=(ran,)).run().exception
    assert ran == ["begun", "begun"]


@pytest.mark.parametrize("together", [True, False])
def test_only_what_was_trained_whole_is_known(new, together):
    recipes, how = [Recipe(epochs=1), new], {"together": together, "first": 3}
    assert results.known(recipes, 45, **how) is None
    trained = results.histories(recipes, 45, **how)
    found = results.known(recipes, 45, **how)
    assert found is not None
    for one, other in zip(trained, found, strict=True):
        assert one.recipe == other.recipe
        assert one.seeds == other.seeds == tuple(range(3, 48))
        np.testing.assert_array_equal(one.val_loss, other.val_loss)
    assert results.known(recipes, 46, **how) is None


WINDOW = Window(0, 2, by_update=True)
TRAINED = {
    "bands": lambda recipe: results.histories([recipe], 2),
    "path": lambda recipe: surface_runs.paths([comparison.Entry("A", recipe)], 0, WINDOW),
    "movement": lambda recipe: [toggling._measured(comparison.Entry("A", recipe), WINDOW, 2)],
    "range test": lambda recipe: [
        rising.run(replace(recipe, hidden_units=3))
    ],  # the rate makes it no new one
}
"""All that the pages have the fast trainer train."""


@pytest.mark.parametrize("made_of", TRAINED.values(), ids=TRAINED)
def test_who_waits_for_what_another_reader_requested_can_leave_at_any_time(new, made_of, monkeypatch):
    is_there, end, train = threading.Event(), threading.Event(), Trainer.train

    def slow(*asked):
        is_there.set()
        assert end.wait(20)
        return train(*asked)

    def left(*_):
        raise InterruptedError

    monkeypatch.setattr(Trainer, "train", slow)
    made: list = []
    one = threading.Thread(target=lambda: made.extend(made_of(new)))
    one.start()
    assert is_there.wait(60)
    monkeypatch.setattr(Trainer, "train", left)
    with pytest.raises(InterruptedError):
        made_of(new)
    assert one.is_alive()
    end.set()
    one.join(60)
    assert made
    assert made_of(new), "it is known now, and nothing is trained"


# A result that grows in sight: the curves of Tune


@pytest.fixture
def noted(monkeypatch):
    """Makes the scans of the schedules A and B; returns the steps. `stages`: up to which each is in the cache."""

    def made(*stages: int) -> list[str]:
        each = [Entry("A", Recipe(Constant()), "A"), Entry("B", Recipe(StepDecay()), "B")]
        number, notes = dict(zip("AB", stages, strict=True)), []

        def known(entry, plan, stage):
            return f"{entry.letter}{stage:d}" if stage <= number[entry.letter] else None

        def train(entry, plan, stage, priority):
            notes.append(f"{priority.name} {entry.letter}{stage:d}")
            return f"{entry.letter}{stage:d}"

        monkeypatch.setattr(runs, "known", known)
        monkeypatch.setattr(runs, "train", train)
        scans = curve._scans(each, PLAN, Place(), lambda scans: notes.append(" ".join(scans)))
        assert scans == ["A4", "B4"]
        return notes

    return made


class Place:
    """A place for the progress bar."""

    def container(self):
        return threading.Lock()


PLAN = Plan(17, 20, 100, 1)


def test_the_first_curve_is_waited_for_and_what_there_is_is_drawn_before_each_wait(noted):
    assert noted(0, 0) == [
        "READER A1",
        "A1",
        "BEHIND B1",
        "A1 B1",
        "BEHIND A3",
        "A3 B1",
        "BEHIND B3",
        "A3 B3",
        "BEHIND A4",
        "BEHIND B4",
    ]


def test_curves_that_are_known_are_drawn_before_the_reader_waits_for_more(noted):
    assert noted(Stage.COARSE, Stage.COARSE)[:2] == ["A1 B1", "BEHIND A3"]
    assert noted(Stage.WHOLE, 0)[:3] == ["A1", "BEHIND B1", "A3 B1"]
    assert noted(Stage.DRAWN, Stage.DRAWN) == ["A3 B3", "BEHIND A4", "BEHIND B4"]
    assert noted(Stage.WHOLE, Stage.WHOLE) == []


def test_what_is_trained_in_no_time_is_not_drawn_in_between(noted, monkeypatch):
    monkeypatch.setattr(results, "NOTICED", 1e9)
    assert all(note.startswith(Priority.READER.name) for note in noted(0, 0))
