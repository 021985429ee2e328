"""No visitor delays another one's run, and a lost trainer loses nothing of a page."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest
from streamlit import runtime
from streamlit.runtime.scriptrunner import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from lrcore.server import fast, keras
from lrcore.server.trainer import Trainer
from pages.components import results
from pages.components.state import session, visitor
from pages.components.train import page_run, widgets
from tests.conftest import LINUX_ONLY
from tests.tools.load import STOPPED, TRAINED, dear_comparison, run, trainer_pid
from tests.tools.student import Student, attended
from tests.visit import address, opened

pytestmark = pytest.mark.server
LONG = "epochs=500&batch_size=4&band=false"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason=f"sends signals, as {LINUX_ONLY[0]}")


# Others' turns, on a running server.


async def gone(*students: Student) -> list[str]:
    """They leave; what they met."""
    for student in students:
        await student.close()
    return [error for student in students for error in student.errors]


@pytest.mark.parametrize("leaves", [False, True], ids=["and stays", "and leaves"])
def test_a_visitors_short_run_ends_before_the_run_of_one_who_pressed_again_and_again(own_server, leaves):
    async def work() -> tuple[bool, list[str]]:
        one, other = Student(own_server[1]), Student(own_server[1])
        await one.open("Train", f"{LONG}&momentum=0.3{leaves:d}")
        await other.open("Train", f"epochs=10&band=false&momentum=0.4{leaves:d}")
        for position in (0.1, 0.2, 0.3, 0.4, 0.5):
            await one.slide("Seed", position)
            one.look_out_for(TRAINED, STOPPED)
            await one.press("Train")
        if leaves:
            await one.close()
        await run(other)
        is_first = one._seen is None
        return is_first, await gone(one, other)

    assert attended(work()) == (True, [])


def test_a_slider_has_its_bands_while_another_page_is_still_computing(own_server):
    async def work() -> tuple[bool, list[str]]:
        dear, other = Student(own_server[1]), Student(own_server[1])
        await other.open("Schedules", "momentum=0.51")
        computing = asyncio.create_task(dear.open("Compare", dear_comparison(7)))
        for position in (0.2, 0.4, 0.6):
            await other.slide("Momentum", position)
        is_first = not computing.done()
        computing.cancel()
        await asyncio.gather(computing, return_exceptions=True)
        return is_first, await gone(dear, other)

    assert attended(work()) == (True, [])


@on_linux
def test_signals_to_the_fast_trainer_cost_nobody_their_page(own_server):
    pid, url = own_server

    async def work() -> list[str]:
        dear, other = Student(url), Student(url)
        await other.open("Schedules", "momentum=0.52")
        computing = asyncio.create_task(
            dear.open("Compare", "seeds=200&a.epochs=100&b.epochs=100&a.momentum=0.33")
        )
        for position, sent in zip(
            (0.1, 0.2, 0.3), (signal.SIGINT, signal.SIGKILL, signal.SIGINT), strict=True
        ):
            while (trainer := trainer_pid(pid)) is None:  # it is being replaced
                await asyncio.sleep(0.05)
            os.kill(trainer, sent)
            await other.slide("Momentum", position)
        await computing
        return await gone(dear, other)

    assert attended(work()) == []


# What the pages ask for.


@pytest.fixture
def idle(monkeypatch) -> Trainer:
    """A Keras that never starts, with one reader."""
    own = keras.new_trainer()
    monkeypatch.setattr(own, "start", lambda: None)
    monkeypatch.setattr(keras, "trainer", lambda: own)
    monkeypatch.setattr(page_run, "visitor", lambda: {"reader": "one"})
    monkeypatch.setattr(widgets, "IN_QUEUE", 0)
    return own


def waiting(trainer: Trainer) -> list[int]:
    """The seeds of the runs that wait."""
    return [request.work[1] for task in trainer._queue.tasks for request in task.requests if request.is_open]


def pressed(app: AppTest, seed: int) -> AppTest:
    """The page after Train was pressed with that seed."""
    app.slider(key="seed").set_value(seed).run()
    app.button(key="train.start").click()
    return app.run()


def test_a_press_takes_the_place_of_the_one_before_and_equal_settings_are_not_queued_again(idle):
    app = opened("4_Train.py", {"band": "false"})
    for seed in (1, 2, 2, 3):
        pressed(app, seed)
    assert waiting(idle) == [3]
    requests = idle._queue.tasks
    pressed(app, 3)
    assert idle._queue.tasks == requests


def test_a_press_counts_though_a_slider_is_moved_right_after_it(idle, monkeypatch):
    real, moves = session.put, []

    def put(values):
        if not moves:  # the reader has moved a slider
            moves.append(values)
            raise RerunException(RerunData())
        real(values)

    app = opened("4_Train.py", {"band": "false", "seed": "6"})
    monkeypatch.setattr(session, "put", put)
    app.button(key="train.start").click().run()
    assert moves
    assert waiting(idle) == [6]
    app.run()
    assert waiting(idle) == [6]


def test_a_run_that_was_stopped_can_be_asked_for_again(idle):
    app = pressed(opened("4_Train.py", {"band": "false"}), 4)
    app.button(key="train.stop").click().run()
    assert waiting(idle) == []
    pressed(app, 4)
    assert waiting(idle) == [4]


def test_a_queue_knows_a_visitor_by_the_session_and_whether_the_browser_is_there(monkeypatch):
    class Context:
        session_id = "this one"

    class Runtime:
        here = frozenset({"this one"})

        def is_active_session(self, session_id):
            return session_id in self.here

    assert visitor.visitor() == {}
    monkeypatch.setattr(visitor, "get_script_run_ctx", Context)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", Runtime)
    who = visitor.visitor()
    assert who["reader"] == "this one"
    assert who["is_here"]()
    Runtime.here = frozenset()
    assert not who["is_here"]()


# A trainer that cannot be had.


@pytest.mark.parametrize(
    ("page", "params"),
    [
        ("1_Learning_rate.py", {}),
        ("3_Schedules.py", {"momentum": "0.77"}),
        ("5_Compare.py", {"a.momentum": "0.77"}),
        ("7_Surface.py", {"a.momentum": "0.77"}),
        ("8_The_article.py", {}),
    ],
)
def test_a_lost_trainer_is_reported_in_a_sentence_and_the_next_attempt_works(page, params, monkeypatch):
    results._piece.known.clear()
    broken = Trainer(
        "The fast trainer", [sys.executable, "-c", "raise SystemExit(3)"], {}, advice="Try again."
    )
    with monkeypatch.context() as patch:
        patch.setattr(fast, "trainer", lambda: broken)
        app = opened(page, params)
        assert [each.value for each in app.error] == [
            "The fast trainer could not be started: its process ended with exit code 3. Try again."
        ]
        assert params.items() <= address(app).items()
    app.button(key="results.again").click().run()
    assert not app.error
    assert not app.exception
