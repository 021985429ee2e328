"""What a visitor has set and what the address says of it, after links, hands, page changes and Back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException
from streamlit.testing.v1 import AppTest

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.settings import settings_of
from pages.components.state import session
from pages.components.state.session import BEGUN
from tests.visit import address, follow, go, mirrored, opened, press, run

DATA, SCHEDULES_PAGE, TRAIN, COMPARE = "2_Data.py", "3_Schedules.py", "4_Train.py", "5_Compare.py"
STEP = {"schedule": "StepDecay", "momentum": "0.9"}
PRESET = "page.next.0"  # on Schedules: halve the rate every 10 epochs


def widgets(app: AppTest) -> dict:
    """The values of the page's widgets, by key."""
    kinds = (
        "select_slider",
        "slider",
        "button_group",
        "toggle",
        "selectbox",
        "text_input",
        "number_input",
        "radio",
    )
    return {each.key: each.value for kind in kinds for each in getattr(app, kind) if each.key}


def values(shown: Mapping) -> dict:
    """Of the page's widgets those that a reader sees."""
    return {key: value for key, value in shown.items() if not key.startswith(BEGUN)}


def slide(app: AppTest, key: str, value: float) -> AppTest:
    """Moves a slider by hand."""
    app.select_slider(key=key).set_value(value)
    return run(app)


# Each story: steps, each a function of the visit so far, with what the page then shows (widgets' values by key, where
# None stands for one that is not drawn) and what the address says (None: not in it).
STORIES = {
    "a link without parameters has the defaults, and an address of ours is never empty": [
        (
            lambda _: opened(SCHEDULES_PAGE),
            {"schedule": "Constant", "momentum": 0.0},
            {"schedule": "Constant"},
        ),
    ],
    "a link goes along by the menu, untouched": [
        (lambda _: opened(SCHEDULES_PAGE, STEP), {"schedule": "StepDecay", "momentum": 0.9}, STEP),
        (lambda app: go(app, TRAIN), {"schedule": "StepDecay", "momentum": 0.9}, STEP),
        (lambda app: go(app, DATA), {"split": "stratified"}, {"split": "stratified", "momentum": None}),
        (lambda app: go(app, SCHEDULES_PAGE), {"schedule": "StepDecay", "momentum": 0.9}, STEP),
    ],
    "a split goes from Data to Schedules, and hidden controls stay hidden": [
        (lambda _: opened(DATA, {"split": "tail", "hide": "split,seed"}), {"split": None}, {"split": "tail"}),
        (lambda app: go(app, SCHEDULES_PAGE), {"split": None}, {"split": "tail", "hide": "split,seed"}),
        (lambda app: go(app, TRAIN), {"split": None, "seed": None}, {"split": "tail", "hide": "split,seed"}),
    ],
    "a value of another page's control waits for that page": [
        (lambda _: opened(SCHEDULES_PAGE, {"seed": "5"}), {"seed": None}, {"seed": "5"}),
        (lambda app: go(app, TRAIN), {"seed": 5}, {"seed": "5"}),
    ],
    "parameters that are not ours stay": [
        (
            lambda _: opened(SCHEDULES_PAGE, {"utm_source": "course", **STEP}),
            {},
            {"utm_source": "course", **STEP},
        ),
        (lambda app: slide(app, "momentum", 0.5), {}, {"utm_source": "course", "momentum": "0.5"}),
        (lambda app: go(app, TRAIN), {"momentum": 0.5}, {"utm_source": "course", "momentum": "0.5"}),
    ],
    "Back resets what the old address does not mention": [
        (lambda _: opened(SCHEDULES_PAGE), {"momentum": 0.0}, {"momentum": None}),
        (
            lambda app: press(app, PRESET),
            {"momentum": 0.9, "split": "tail"},
            {"momentum": "0.9", "split": "tail"},
        ),
        (
            lambda app: follow(app, {"schedule": "Constant"}),
            {"momentum": 0.0, "split": "stratified"},
            {"split": None},
        ),
        (
            lambda app: follow(app, {**STEP, "split": "tail"}),
            {"momentum": 0.9, "schedule": "StepDecay"},
            STEP,
        ),
    ],
    "what is set by hand goes along and comes back": [
        (lambda _: opened(TRAIN), {"momentum": 0.0}, {}),
        (lambda app: slide(app, "momentum", 0.8), {"momentum": 0.8}, {"momentum": "0.8"}),
        (lambda app: go(app, COMPARE), {"a.momentum": 0.0}, {"momentum": None}),
        (lambda app: go(app, TRAIN), {"momentum": 0.8}, {"momentum": "0.8"}),
    ],
    "a link of ours to another page leaves alone what it does not mention": [
        (lambda _: opened(TRAIN, {"seed": "7", "momentum": "0.5"}), {"seed": 7}, {}),
        (
            lambda app: go(app, TRAIN, {"kept": "true", "schedule": "StepDecay"}),
            {"seed": 7, "momentum": 0.5},
            {},
        ),
        (
            lambda app: go(go(app, DATA), TRAIN, {"kept": "true", "momentum": "0.9"}),
            {"seed": 7, "momentum": 0.9},
            {"seed": "7", "momentum": "0.9", "kept": None},
        ),
    ],
    "a schedule's values outlive a look at another schedule, and are not in the address meanwhile": [
        (
            lambda _: opened(SCHEDULES_PAGE, {"schedule": "StepDecay", "drop": "0.3"}),
            {"drop": 0.3},
            {"drop": "0.3"},
        ),
        (lambda app: pick(app, "Constant"), {"drop": None}, {"drop": None}),
        (lambda app: pick(app, "StepDecay"), {"drop": 0.3}, {"drop": "0.3"}),
    ],
    "hidden controls have the link's values, and Back brings the controls back": [
        (lambda _: opened(SCHEDULES_PAGE, STEP | {"hide": "momentum"}), {"momentum": None}, STEP),
        (lambda app: follow(app, STEP), {"momentum": 0.9}, STEP | {"hide": None}),
    ],
}


def pick(app: AppTest, schedule: str) -> AppTest:
    """Picks a schedule by hand."""
    app.selectbox(key="schedule").set_value(schedule)
    return run(app)


@pytest.mark.parametrize("story", STORIES, ids=lambda name: name.replace(" ", "-"))
def test_what_is_set_and_what_the_address_says(story):
    app = None
    for number, (step, shown, said) in enumerate(STORIES[story]):
        app = step(app)
        now, there = widgets(app), address(app)
        assert {key: now.get(key) for key in shown} == shown, number
        assert {key: there.get(key) for key in said} == said, number


def test_an_act_is_counted_once_and_a_slider_not_at_all():
    app = opened(SCHEDULES_PAGE)
    acts = [mirrored(app)["acts"]]
    for step in (
        lambda: press(app, PRESET),
        lambda: slide(app, "momentum", 0.5),
        lambda: pick(app, "Constant"),
        lambda: follow(app, STEP),
        lambda: press(app, "page.next.1"),
    ):
        step()
        acts.append(mirrored(app)["acts"])
    assert acts == [0, 1, 1, 1, 1, 2]


def behind(app: AppTest, before: dict) -> AppTest:
    """Sets these widgets to these values, as in a message of a browser that has not had the last answer yet."""
    for key, value in before.items():
        app.get_by_key(key).set_value(value)
    return app


@pytest.mark.parametrize(("page", "preset"), [(SCHEDULES_PAGE, "page.next.1"), (TRAIN, "page.next.3")])
@pytest.mark.parametrize(
    ("act", "moved"),
    [
        (lambda app, _: slide(app, "initial_learning_rate", 0.03), {"initial_learning_rate"}),
        (lambda app, preset: press(app, preset), set()),
        (lambda app, _: follow(app, {"schedule": "StepDecay", "momentum": "0.5", "drop": "0.2"}), set()),
    ],
    ids=["slider", "preset", "history"],
)
def test_what_was_sent_before_an_answer_came_undoes_nothing(page, preset, act, moved):
    app = opened(page, STEP | {"initial_learning_rate": "0.07"})
    shown = widgets(app)
    act(app, preset)
    answered = widgets(app)
    before = {key: shown[key] for key in shown.keys() & answered if key not in moved}
    for _ in range(2):  # the answer to the second act may be under way, too
        slide(behind(app, before), "momentum", 0.2)
        assert values(widgets(app)) == values(answered) | {"momentum": 0.2}
    run(app)
    for key in values(before):  # now the browser knows the answers
        if not key.startswith("initial_learning_rate"):  # it had a value that no slider offers
            run(behind(app, {key: before[key]}))
            assert widgets(app)[key] == before[key]


def test_a_control_may_be_moved_and_brought_back_before_an_answer_comes():
    app = opened(SCHEDULES_PAGE, STEP)
    before = widgets(app)
    press(app, "page.next.1")
    assert widgets(app)["momentum"] == 0
    for value in (0.5, before["momentum"]):
        slide(behind(app, before), "momentum", value)
        assert widgets(app)["momentum"] == value
    assert widgets(app)["epochs_drop"] == 60


def test_a_callback_is_done_although_a_reader_acts_again_meanwhile():
    done, interruptions = [], [RerunException(RerunData(query_string=text)) for text in ("a=1", "a=2")]

    @session.whole
    def callback(value: int) -> None:
        if len(done) < 2:
            done.append(None)
            raise interruptions[len(done) - 1]
        done.append(value)

    with pytest.raises(RerunException) as passed_on:
        callback(7)
    assert done == [None, None, 7]
    assert passed_on.value in interruptions


def page_and_part() -> None:
    """A page that has sent its address, and a part of it that is drawn once more, alone."""
    from pages.components.state import session
    from pages.components.state.controls import SEED

    session.arrive("page")
    session.mirror()
    with session.part("part"):
        SEED.draw()


def test_a_part_that_is_drawn_alone_writes_the_address_again():
    app = run(AppTest.from_function(page_and_part))
    assert mirrored(app)["runs"] == 2
    assert address(app) == {"seed": "0"}


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (["0.9", "0.5"], "Momentum is given more than once: 0.9, 0.5"),
        (["0.9", "0.9"], None),
    ],
)
def test_a_parameter_given_twice_is_told_unless_both_say_the_same(texts, fault):
    app = opened(SCHEDULES_PAGE, {"momentum": texts})
    assert [code.value for code in app.code] == ([fault] if fault else [])
    assert app.select_slider(key="momentum").value == (0.0 if fault else 0.9)


def test_faults_are_told_once_in_the_words_of_the_controls():
    app = opened(COMPARE, {"b.schedule": "Steps", "a.momentum": "1", "seeds": "2", "a.epochs": "2"})
    told = app.code[0].value.splitlines()
    assert "Recipe A: Momentum must be a finite number >= 0 and < 1. The link says '1'" in told
    titles = ", ".join(schedule.title for schedule in SCHEDULES.values())
    assert f"Recipe B: Schedule must be one of {titles}. The link says 'Steps'" in told
    assert not run(app).code


@pytest.mark.parametrize(
    ("page", "prefixes"), [(SCHEDULES_PAGE, [""]), (TRAIN, [""]), (COMPARE, ["a.", "b."])]
)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_setting_of_a_recipe_is_drawn(page, prefixes, schedule):
    link = {
        f"{prefix}{name}": text
        for prefix in prefixes
        for name, text in {"schedule": schedule, "epochs": "2"}.items()
    }
    drawn = widgets(opened(page, link | {"seeds": "2"}))
    own = settings_of(SCHEDULES[schedule])
    needless = {"data", "drop_factor"} | (
        {"warmup"} if "warmup_fraction" in own else set()
    )  # there is one data set to choose, and no extra drop
    expected = {"schedule", *own, *settings_of(SGD), *settings_of(Recipe)} - needless
    for prefix in prefixes:
        assert {prefix + name for name in expected} <= set(drawn)
        assert not {prefix + name for name in set(SETTINGS) - expected} & set(drawn)


def test_a_second_warmup_is_kept_told_and_can_be_taken_away():
    app = opened(SCHEDULES_PAGE, {"schedule": "WarmupStableDecay", "warmup": "0.2"})
    assert address(app)["warmup"] == "0.2"
    assert any("A warmup over 0.2 of the run goes before the schedule" in each.value for each in app.caption)
    press(app, "warmup.remove")
    assert "warmup" not in address(app)
    assert not any("goes before the schedule" in each.value for each in app.caption)


def test_the_clock_that_would_help_is_one_press_away():
    app = opened(SCHEDULES_PAGE, {"schedule": "StepDecay", "epochs_drop": "60"})
    assert "does not move within the run" in app.warning[0].value
    press(app, "rates.switch")
    assert address(app)["clock"] == "update"
    assert not app.warning
