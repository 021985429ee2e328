"""The first page: what its players are sent, what it says, and a descent by keyboard in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest

from lrcore import descent
from lrcore.settings import settings_of
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.descent.descent_player import in_words
from pages.components.descent.four_rates import RECIPES, findings
from tests import visit
from tests.conftest import WAIT, no_traceback, settle
from tests.histories import made
from tests.visit import run

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    """The app as it opens with these parameters."""
    return visit.opened("1_Learning_rate.py", params)


def sent(app: AppTest, player: int) -> dict:
    """What the players are sent: the bowl's (0) or the ravine's (1)."""
    return json.loads(app.get("bidi_component")[player].proto.json)


def stop(data: dict, rate: float) -> dict:
    """What a player knows of that rate."""
    return next(stop for stop in data["stops"] if stop["rate"] == rate)


def test_the_app_opens_on_something_to_play_with():
    app = opened()
    assert app.title[0].value == "Learning rate"
    main = [child.type for child in app.main.children.values()]
    assert main.index("flex_container", 1) < main.index("subheader")
    assert app.get("bidi_component")[0].key == "rate.player"


def test_the_bowl_is_sent_its_path_for_every_rate():
    data = sent(opened(), 0)
    rates = [stop["rate"] for stop in data["stops"]]
    assert rates == sorted(rates)
    assert set(settings_of(descent.Bowl)["rate"].offered) <= set(rates)
    for each in data["stops"]:
        path = 3 * (1 - 2 * each["rate"]) ** np.arange(31)
        np.testing.assert_allclose(each["x"], path, rtol=1e-3, atol=1e-13)
        np.testing.assert_allclose(each["y"], path**2, rtol=1e-3, atol=1e-26)


def test_the_rate_of_a_link_between_the_stops_becomes_one():
    app = opened(rate="0.123", **{"ravine.rate": "0.0123"})
    assert app.number_input(key="rate").value == 0.123
    assert [sent(app, i)["rate"] for i in (0, 1)] == [0.123, 0.0123]
    assert stop(sent(app, 0), 0.123)["x"][1] == pytest.approx(3 * (1 - 2 * 0.123), rel=1e-3)


def test_a_steeper_bowl_lowers_the_limit_and_moves_it_on_the_slider():
    app = opened(rate="0.4")
    before = sent(app, 0)
    app.button_group(key="curvature").set_value(4.0)
    after = sent(run(app), 0)
    assert (before["limit"][1], after["limit"][1]) == ("limit 1", "limit 0.5")
    rates = [stop["rate"] for stop in after["stops"]]
    assert rates[round(after["limit"][0])] == pytest.approx(0.5)
    assert (stop(before, 0.4)["verdict"], stop(after, 0.4)["verdict"]) == ("Settles.", "Bounces.")


def test_the_rule_is_shown_with_its_numbers():
    app = opened(rate="0.95", curvature="2")
    assert r"3 - 0.95 \cdot 2 \cdot 3 = -2.7" in app.latex[0].value
    assert "= -0.9}$" in app.markdown[1].value
    assert "2 / c = 1}$" in app.markdown[1].value
    for word in ("Learning rate", "Update", "Weight", "Loss"):
        assert f"**{word}**" in app.latex[0].help


@pytest.mark.parametrize("scene", [descent.Bowl(curvature=4), descent.Ravine(), descent.Ravine(momentum=0.9)])
def test_nothing_that_leaves_is_clipped(scene):
    app = opened(curvature="4", **{"ravine.momentum": str(scene.momentum)})
    data = sent(app, 0 if isinstance(scene, descent.Bowl) else 1)
    for each in data["stops"]:
        zoom = np.array(each["zoom"] or np.ones(data["updates"] + 1))
        for axis, width, power in zip("xy", data["width"], data["growth"], strict=True):
            assert (np.abs(each[axis]) <= width * zoom**power).all()
        assert (np.diff(zoom) >= 0).all()


def test_a_start_fits_into_the_first_view():
    for app in (opened(curvature="1"), opened(curvature="4")):
        assert stop(sent(app, 0), 0.2)["zoom"] is None
        assert stop(sent(app, 1), 0.05)["zoom"] is None


def test_decay_settles_the_ravine_that_bounces_and_the_page_says_when():
    app = opened(**{"ravine.rate": "0.12"})
    assert stop(sent(app, 1), 0.12)["verdict"] == "Diverges."
    app.radio(key="ravine.decay").set_value("TimeBasedDecay")
    settled = stop(sent(run(app), 1), 0.12)
    assert settled["verdict"] == "Bounces."
    assert "95% of the way is done" in settled["words"]
    np.testing.assert_allclose(settled["rates"][1:], 0.12 / (1 + 0.03 * np.arange(60)), rtol=1e-3)
    # 0.12 / (1 + 0.03 t) < 0.1 first at t = 7, which is the eighth update
    assert "below the limit from update 8 on" in app.markdown[3].value
    assert r"\frac{0.12}{1 + 0.03\, t}" in app.latex[1].value


def test_momentum_raises_the_limit_of_the_ravine():
    app = opened()
    app.select_slider(key="ravine.momentum").set_value(0.5)
    assert sent(run(app), 1)["limit"][1] == "limit 0.15"


def test_the_decay_rate_is_offered_where_something_decays():
    app = opened()
    assert app.select_slider(key="ravine.decay_rate").disabled
    app.radio(key="ravine.decay").set_value("ExponentialDecay")
    assert not run(app).select_slider(key="ravine.decay_rate").disabled


def test_a_link_is_read_and_what_cannot_be_meant_is_named():
    good = {"rate": "0.95", "curvature": "4", "ravine.momentum": "0.33", "ravine.decay": "ExponentialDecay"}
    app = opened(**good)
    assert app.button_group(key="curvature").value == 4
    assert app.select_slider(key="ravine.momentum").value == 0.33
    assert app.radio(key="ravine.decay").value == "ExponentialDecay"
    app = opened(rate="99", curvature="9", **{"ravine.momentum": "1", "ravine.decay": "<b>"})
    for label in ("Bowl: Learning rate", "Bowl: Curvature", "Ravine: Momentum", "Ravine: Schedule"):
        assert f"{label} must be" in app.code[0].value
    assert app.number_input(key="rate").value == descent.Bowl.rate


def test_a_link_can_hide_every_control_and_still_set_them():
    values = {
        "rate": "0.7",
        "curvature": "4",
        "ravine.rate": "0.15",
        "ravine.momentum": "0.5",
        "ravine.decay": "Constant",
    }
    app = opened(hide="rate,curvature,momentum,decay,decay_rate", **values)
    assert not any((app.number_input, app.button_group, app.select_slider, app.radio))
    assert [sent(app, i)["rate"] for i in (0, 1)] == [0.7, 0.15]
    assert [sent(app, i)["limit"][1] for i in (0, 1)] == ["limit 0.5", "limit 0.15"]


@pytest.mark.parametrize(
    ("rate", "verdict", "words"),
    [
        (0.025, "Creeps.", "After 30 updates 21% of the way to the minimum is left."),
        (0.4, "Settles.", "95% of the way is done after 2 updates."),
        (0.5, "Settles.", "95% of the way is done after 1 update."),
        (
            0.95,
            "Bounces.",
            "29 of the first 29 updates jump over the minimum. 95% of the way is done after 29 updates.",
        ),
        (
            1.05,
            "Diverges.",
            "After 30 updates it is 17.4 times as far away as at the start. The axes grow with it.",
        ),
    ],
)
def test_a_descent_in_words(rate, verdict, words):
    path = 3 * (1 - 2 * rate) ** np.arange(31)
    assert in_words(descent.outcome(path[:, None])) == (verdict, words)


def test_a_descent_in_words_tells_of_the_way_back():
    path = np.array([1.0, -3e6, 2.0, -0.2])[:, None]
    assert in_words(descent.outcome(path))[1].endswith(
        "In between it was 3.0e6 times as far away as at the start."
    )


def test_the_four_rates_do_what_their_names_say():
    results = dict(zip(RECIPES, experiments.train(list(RECIPES.values()), range(20)), strict=True))
    very_high, high, good, low = (np.median(history.loss, axis=0) for history in results.values())
    assert good[-1] < min(very_high[-1], high[-1], low[-1])
    assert (np.diff(low) < 0).all()
    assert low[-1] > 0.7 * low[0]
    assert (np.diff(high) > 0).mean() > 0.3
    assert very_high.max() > 10 * high.max()


def history(*losses: list[float], lost: Sequence[int] = ()) -> History:
    """Runs with these losses, those of the numbers `lost` being lost."""
    values = np.array(losses, dtype=np.float32)
    return made(values, values, values, values, np.isin(np.arange(len(values)), lost))


def test_findings_compare_the_medians_and_count_the_rises():
    results = {
        "Fast": history([0.8, 0.4, 0.1], [0.8, 0.2, 0.1]),
        "Slow": history([0.8, 0.7, 0.6], [0.8, 0.7, 0.6]),
        "Lost": history([9, np.nan, np.nan], [9, 12, np.nan], lost=[0, 1]),
        "Lost, but a number": history([9, 12, 9], [0.3, 0.5, 0.3], lost=[0]),
        "One lost": history([9, np.nan, np.nan], [0.3, 0.5, 0.3], [0.4, 0.5, 0.4], lost=[0]),
    }
    assert findings(results) == [
        (
            "Fast",
            "0.1 after 3 epochs, the lowest at the end. From one epoch to the next it rose 0% of the time.",
        ),
        (
            "Slow",
            "0.6 after 3 epochs, where “Fast” is after 2. From one epoch to the next it rose 0% of the time.",
        ),
        ("Lost", "2 of 2 runs are lost."),
        ("Lost, but a number", "1 of 2 runs is lost."),
        (
            "One lost",
            "1 of 3 runs is lost. 0.4 after 3 epochs, where “Fast” is after 2. "
            "From one epoch to the next it rose 50% of the time.",
        ),
    ]


def test_the_page_says_what_the_curves_show():
    app = opened()
    results = dict(zip(RECIPES, experiments.train(list(RECIPES.values()), range(20)), strict=True))
    shown = [element.value for element in app.markdown]
    assert all(f"**{name}**: {text}" in shown for name, text in findings(results))


def player(page: Page, key: str = "rate") -> Locator:
    """The player of the rate of that key."""
    return page.locator(f".st-key-{key}-player")


def path(where: Locator) -> str:
    """The path as the browser has it."""
    return where.locator("polyline.path").get_attribute("points")


def says(where: Locator, words: str) -> None:
    """Waits until the slider or the chart tells these words to those who cannot see it."""
    attribute = "aria-valuetext" if where.get_attribute("type") == "range" else "aria-label"
    expect(where).to_have_attribute(attribute, re.compile(words), timeout=WAIT)


def in_link(page: Page, text: str) -> None:
    """Waits until the link holds the text."""
    expect(page).to_have_url(re.compile(re.escape(text)), timeout=WAIT)


def test_descend_the_bowl_with_the_keyboard(open_page):
    page = open_page("/?rate=0.9")
    bowl = player(page)
    rate, update = (bowl.get_by_role("slider", name=name) for name in ("Learning rate", "Update"))
    says(rate, "^0.9: Bounces")
    before = path(bowl)
    rate.focus()
    for _ in range(6):
        rate.press("ArrowRight")
    says(rate, "^1.05: Diverges")
    assert path(bowl) != before
    in_link(page, "rate=1.05")
    update.press("Home")
    update.press("ArrowRight")
    says(update, r"^Update 1 of 30: w −3.3, loss 10.9")
    assert len(path(bowl).split()) == 3  # the start, the first update, and the ball there
    page.reload()
    settle(page)
    says(rate, "^1.05: Diverges")
    no_traceback(page)


def test_landmarks_steps_and_play_in_the_bowl(open_page):
    page = open_page("/")
    bowl = player(page)
    chart = bowl.locator(".chart")
    bowl.get_by_role("button", name="too small").click()
    says(chart, "learning rate 0.025: Creeps")
    in_link(page, "rate=0.025")
    for name, update in (("Back to the start", 0), ("One update forward", 1), ("One update back", 0)):
        bowl.get_by_role("button", name=name).click()
        says(chart, f"Update {update} of 30")
    bowl.get_by_role("button", name="Play", exact=True).click()
    says(chart, "Update 30 of 30")
    expect(bowl.get_by_role("button", name="Play", exact=True)).to_be_visible()
    no_traceback(page)


def test_a_button_pressed_while_it_plays_ends_the_playing_at_once(open_page):
    page = open_page("/")
    bowl = player(page)
    rate, update = (bowl.get_by_role("slider", name=name) for name in ("Learning rate", "Update"))
    bowl.get_by_role("button", name="Play", exact=True).click()
    says(update, "^Update [3-9] of 30")
    bowl.get_by_role("button", name="Back to the start").click()
    page.wait_for_timeout(200)  # a frame that was still to come would have moved it on
    rate.press("ArrowRight")  # from the start, a drag shows the whole descent
    says(update, "^Update 30 of 30")


def test_what_leaves_the_bowl_grows_the_axes_step_by_step(open_page):
    bowl = player(open_page("/?rate=1.05"))
    chart = bowl.locator(".chart")
    says(chart, "Diverges.*The axes grow with it.*Update 30")
    expect(chart).to_contain_text("zoomed out: 14.1 times")
    bowl.get_by_role("slider", name="Update").press("Home")
    says(chart, "Update 0 of 30")
    expect(chart).not_to_contain_text("zoomed out")


def test_a_typed_rate_and_a_landmark_chosen_twice_reach_the_player_and_the_page(open_page):
    page = open_page("/")
    bowl, field = player(page), page.locator(".st-key-rate").get_by_role("spinbutton")
    for _ in range(2):
        bowl.get_by_role("button", name="bouncing").click()
        expect(field).to_have_value("0.95", timeout=WAIT)
        settle(page)
        field.fill("0.33")
        field.press("Enter")
        expect(bowl.locator(".rate")).to_have_text("0.33", timeout=WAIT)
        settle(page)
    no_traceback(page)


def test_a_rate_dragged_where_its_field_is_hidden_is_in_the_link(open_page):
    page = open_page("/?hide=rate")
    player(page).get_by_role("button", name="bouncing").click()
    in_link(page, "rate=0.95")
    player(page).get_by_role("button", name="good").click()
    in_link(page, "rate=0.4")
    page.reload()
    settle(page)
    expect(player(page).locator(".rate")).to_have_text("0.4", timeout=WAIT)


def test_the_rate_outlives_a_visit_to_another_page(open_page):
    page = open_page("/")
    player(page, "ravine-rate").get_by_role("button", name="diverging").click()
    in_link(page, "ravine.rate=0.1025")
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Learning rate", exact=True).click()
    expect(player(page, "ravine-rate").locator(".rate")).to_have_text("0.1025", timeout=WAIT)


def test_the_page_fits_a_phone(open_page):
    page = open_page("/", width=375, height=812)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    boxes = [player(page).locator(part).bounding_box() for part in (".chart", ".rates", ".landmarks", ".now")]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 375 for box in boxes)
