"""The first page: what its players are sent, what it says, and a descent by keyboard in a real browser."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect
from streamlit.testing.v1 import AppTest

from lrcore import descent
from lrcore.descent.outcome import outcomes
from lrcore.settings import numbers_of, settings_of
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.descent import descent_rules
from pages.components.descent.descent_player import FINEST
from pages.components.descent.descent_words import (
    bowl_in_words,
    compared,
    figure,
    in_words,
    kept_in_words,
    ravine_in_words,
)
from pages.components.descent.four_rates import RATES, RECIPES, findings, on_real_data
from pages.components.descent.terms import TERMS
from pages.components.state.session import BEGUN
from tests import visit
from tests.conftest import frames, no_traceback, settle
from tests.histories import made
from tests.visit import press, run, texts

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    """The app as it opens with these parameters."""
    return visit.opened("1_Learning_rate.py", params)


def sent(app: AppTest, player: int) -> dict:
    """What the players are sent: the bowl's (0) or the ravine's (1)."""
    found = {each.key: json.loads(each.proto.json) for each in app.get("bidi_component")}
    data, paths = (found[f"{('rate', 'ravine.rate')[player]}.{part}"] for part in ("player", "paths"))
    assert data["paths"] == paths["paths"]
    return data | {"stops": json.loads(paths["stops"])}


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
    assert r"= 3 - 0.95 \cdot 2 \cdot 3 \\ &= -2.7 " in app.latex[0].value
    assert "= -0.9}$" in texts(app)
    assert "2 / c = 1}$" in texts(app)


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
    assert stop(sent(app, 1), 0.12)["verdict"] == "Leaves."
    app.radio(key="ravine.decay").set_value("TimeBasedDecay")
    settled = stop(sent(run(app), 1), 0.12)
    rates = 0.12 / (1 + 0.03 * np.arange(100))
    left = 9 * np.prod(1 - 0.05 * rates) / np.hypot(9, 3)  # along; across, all has settled by then
    assert settled["verdict"] == f"Does not arrive: after 100 updates {left:.0%} of the distance is left."
    np.testing.assert_allclose(settled["rates"][1:], rates, rtol=1e-3)
    # 0.12 / (1 + 0.03 t) < 0.1 first at t = 7, which is the eighth update
    assert "below the limit from update 8 on" in texts(app)
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
    drawn = (*app.number_input, *app.button_group, *app.select_slider, *app.radio)
    assert all(each.key.startswith(BEGUN) for each in drawn)
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
    assert bowl_in_words(*outcomes(path[None, :, None])) == (verdict, words)


def test_a_descent_in_words_tells_of_the_way_back():
    path = np.array([1.0, -3e6, 2.0, -0.2])[:, None]
    assert bowl_in_words(*outcomes(path[None]))[1].endswith(
        "In between it was 3.0e6 times as far away as at the start."
    )


@pytest.mark.parametrize(
    ("momentum", "rate", "expected"),
    [
        (
            0.0,
            0.0975,
            (
                "Does not arrive: after 100 updates 58% of the distance is left.",
                "81 of 100 updates change sides.",
            ),
        ),
        (0.9, 0.105, ("Arrives after 42 updates.", "42 of 100 updates change sides.")),
        (
            0.0,
            0.1025,
            (
                "Leaves.",
                "After 100 updates it is 41.6 times as far away as at the start. 100 of 100 updates change sides.",
            ),
        ),
    ],
)
def test_a_descent_in_the_ravine_has_two_facts(momentum, rate, expected):
    (outcome,) = descent.Ravine(momentum=momentum).outcomes([rate])
    assert ravine_in_words(outcome) == expected


NOISY = {"bowl.noise": "true", "rate": "0.4"}


@pytest.mark.parametrize(
    ("scene", "rate", "verdict", "words"),
    [
        (
            descent.Bowl(noise=True),
            0.4,
            "Expected loss 0.667 after 60 updates.",
            "That is the floor of this rate, 0.667: the balls hover, and more updates change nothing.",
        ),
        (
            descent.Bowl(noise=True),
            0.025,
            "Expected loss 0.0447 after 60 updates.",
            "They are not down yet: the floor of this rate is 0.0256.",
        ),
        (
            descent.Bowl(noise=True),
            1.0,
            "Expected loss 249 after 60 updates.",
            "At the limit and above it there is no floor: the balls leave.",
        ),
        (
            descent.Bowl(noise=True, decay="TimeBasedDecay", decay_rate=0.8),
            0.4,
            "Expected loss 0.0167 after 60 updates.",
            "Decay makes it 40 times lower than with the rate kept (0.667), and 2.17 times lower than with the best "
            "constant rate, 0.0312 (0.0361).",
        ),
        (
            descent.Bowl(noise=True, decay="ExponentialDecay", decay_rate=0.2),
            0.1,
            "Expected loss 0.901 after 60 updates.",
            "Decay makes it 8.11 times higher than with the rate kept (0.111), and 24.9 times higher than with the "
            "best constant rate, 0.0312 (0.0361).",
        ),
    ],
)
def test_a_swarm_in_words(scene, rate, verdict, words):
    assert in_words(scene, [rate]) == [(verdict, words)]


def test_what_is_compared_and_counted_reads_well():
    assert compared(1.0, 1.04) == "about the same as with"
    assert compared(3.0, 1.0) == "3 times higher than with"
    assert compared(1.0, 2e7) == "2.0e7 times lower than with"
    assert [figure(value) for value in (9e-10, 0.0123456, 1234.5, 2e7)] == [
        "0",
        "0.0123",
        "1,234",
        "2.0e7",
    ]
    assert kept_in_words(0.5, np.inf).startswith("At the limit")
    assert kept_in_words(0.5, 0.6) == "They are on their way up: the floor of this rate is 0.6."


def scenes(kind: type[descent.Scene]) -> st.SearchStrategy[descent.Scene]:
    """Scenes with noise: any numbers that a link allows."""
    numbers = {
        name: st.integers(int(number.low), int(number.high))
        if number.whole
        else st.floats(number.low, number.high)
        for name, number in numbers_of(kind).items()
    }
    return st.builds(kind, noise=st.just(True), decay=st.sampled_from([*descent.DECAYS]), **numbers)


@settings(max_examples=100)
@given(st.one_of(scenes(descent.Bowl), scenes(descent.Ravine)))
def test_whatever_is_set_the_words_are_true(scene):
    ((verdict, words),) = in_words(scene, [scene.rate])
    end, kept = (each.expected_loss([scene.rate])[0, -1] for each in (scene, scene.constant()))
    assert verdict == f"Expected loss {figure(end)} after {scene.updates} updates."
    assert not re.search(r"\b(nan|inf)\b", words)
    if scene != scene.constant():
        with_the_rate_kept = words.partition("the rate kept")[0]
        assert ("lower" in with_the_rate_kept) == (end * 1.05 <= kept)
        assert ("higher" in with_the_rate_kept) == (end >= kept * 1.05)
    elif "hover" in words:
        assert end == pytest.approx(scene.floors([scene.rate])[0], rel=0.06)


def test_the_switch_of_the_noise_brings_the_setting_that_shows_it():
    app = opened()
    assert not [each for each in app.button_group if each.key == "bowl.sigma"]
    app.toggle(key="bowl.noise").set_value(True)
    app.toggle(key="ravine.noise").set_value(True)
    app = run(app)
    assert app.number_input(key="rate").value == 0.4
    assert app.select_slider(key="ravine.momentum").value == 0.9
    assert [sent(app, i)["updates"] for i in (0, 1)] == [60, 100]
    assert "no sequence of rates whatever has an expected loss below 0.0166" in texts(app)
    for truth in (*descent_rules.BOWL_TRUTHS, descent_rules.RAVINE_TRUTH_WITH_NOISE):
        assert truth in texts(app)


def test_the_switch_of_the_noise_leaves_alone_what_the_reader_has_set():
    app = opened(rate="0.8", **{"ravine.momentum": "0.5"})
    app.toggle(key="bowl.noise").set_value(True)
    app.toggle(key="ravine.noise").set_value(True)
    app = run(app)
    assert app.number_input(key="rate").value == 0.8
    assert app.select_slider(key="ravine.momentum").value == 0.5


@pytest.mark.parametrize(
    ("player", "scene", "params"),
    [
        (0, descent.Bowl(noise=True, draw=3, sigma=4.0), {**NOISY, "bowl.draw": "3", "bowl.sigma": "4"}),
        (
            1,
            descent.Ravine(noise=True, momentum=0.9, decay="StepDecay"),
            {"ravine.noise": "true", "ravine.momentum": "0.9", "ravine.decay": "Step decay"},
        ),
    ],
)
def test_a_player_is_sent_the_swarm_and_its_expected_loss_for_every_rate(player, scene, params):
    data = sent(opened(**params), player)
    rates = [each["rate"] for each in data["stops"]]
    swarms, expected = scene.swarms(rates), scene.expected_loss(rates)
    for i, each in enumerate(data["stops"]):
        packed = np.frombuffer(b64decode(each["swarm"]), "<i2").reshape(scene.updates + 1, scene.balls, -1)
        assert np.abs(packed.astype(int)).max() < FINEST
        zoom = np.array(each["zoom"] or np.ones(scene.updates + 1))[:, None, None]
        width = np.array(data["width"][: packed.shape[-1]]) * zoom
        seen = packed / FINEST * width
        assert (np.abs(seen - swarms[i].swapaxes(0, 1)) <= 1e-3 * width).all()
        np.testing.assert_allclose(each["expected"], expected[i], rtol=1e-3)
        assert each["x"] == pytest.approx(swarms[i, 0, :, 0], rel=1e-3, abs=1e-6)


def test_the_bowl_is_sent_its_bound_and_the_floor_of_each_rate_below_the_limit():
    data = sent(opened(**NOISY), 0)
    (bound,) = (each["values"] for each in data["losses"]["panels"][0]["curves"] if "values" in each)
    np.testing.assert_allclose(bound, descent.Bowl(noise=True).lower_bound(), rtol=1e-3)
    for each in data["stops"]:
        floor = each["rate"] * 4 / (2 * (2 - 2 * each["rate"])) if each["rate"] < 1 else None
        assert each["floor"] == (floor and pytest.approx(floor, rel=1e-3))
        assert each["kept"] is None
    assert data["landmarks"] == [["lowest", 0.025, "0.025"]]


def test_again_draws_other_noise_and_the_link_says_which():
    app = opened(**NOISY)
    before = stop(sent(app, 0), 0.4)
    after = stop(sent(press(app, "bowl.draw.again"), 0), 0.4)
    assert before["swarm"] != after["swarm"]
    assert (before["expected"], before["words"]) == (after["expected"], after["words"])
    assert visit.address(app)["bowl.draw"] == "1"
    assert not [each for each in opened(hide="draw", **NOISY).button if each.key == "bowl.draw.again"]


@pytest.mark.parametrize("decay", [*descent.DECAYS])
def test_the_bowl_decays_by_every_schedule_and_leads_on_with_it(decay):
    app = opened(**NOISY, **{"bowl.decay": decay, "bowl.epochs_drop": "5", "bowl.decay_rate": "0.1"})
    scene = descent.Bowl(rate=0.4, noise=True, decay=decay, decay_rate=0.1, epochs_drop=5)
    each = stop(sent(app, 0), 0.4)
    assert each["expected"] == pytest.approx(scene.expected_loss([0.4])[0].tolist(), rel=1e-3)
    assert scene.schedule.latex(numbers=True).replace("=", "&=", 1) in app.latex[0].value
    recipe = on_real_data(scene.schedule)
    link = next(each.proto for each in app.get("page_link") if "on a real network" in each.proto.label)
    assert recipe.schedule.title.lower() in link.label
    assert recipe.schedule.initial_learning_rate == RATES["High"]
    query = parse_qs(link.query_string)
    assert {name: texts[0] for name, texts in query.items()}.items() >= recipe.to_params().items()


def test_what_the_reader_has_in_mind_helps_the_real_network():
    schedules = [descent.Bowl(noise=True, decay=decay).schedule for decay in descent.DECAYS]
    high = RECIPES[f"High, {RATES['High']:g}"]
    results = experiments.train([high, *map(on_real_data, schedules)], range(20))
    kept, *decayed = (np.median(history.loss[:, -1]) for history in results)
    assert max(decayed) < kept


def test_an_old_link_keeps_momentum_and_decay_and_is_told_of_a_rate_beyond_the_end():
    old = {"ravine.momentum": "0.9", "ravine.decay": "Exponential decay", "ravine.decay_rate": "0.045"}
    app = opened(**old, **{"ravine.rate": "0.5"})
    assert "Ravine: Learning rate must be a finite number >= 0.001 and <= 0.22" in app.code[0].value
    assert app.select_slider(key="ravine.momentum").value == 0.9
    assert app.radio(key="ravine.decay").value == "ExponentialDecay"
    assert app.select_slider(key="ravine.decay_rate").value == 0.045
    assert visit.address(app).items() >= (old | {"ravine.decay": "ExponentialDecay"}).items()


def test_the_page_names_the_best_momentum_of_its_ravine_beside_the_one_of_theory():
    words = texts(opened())
    assert (
        "the best momentum of the slider is **0.85**: at its best constant rate it arrives after 38 updates"
        in words
    )
    assert "Theory's best in the long run, at the rate 0.181, is" in words
    assert "= 0.819}$." in words
    assert "decay" not in words.partition("Across the ravine")[2].partition("**Very high")[0]


def test_each_word_is_one_sentence_and_is_explained_once_where_it_is_first_used():
    apps = opened(), opened(**NOISY)
    for app in apps:
        explained = [name for name, text in TERMS.items() for each in app.markdown if each.value == text]
        assert len(explained) == len(set(explained))
    both = "".join(map(texts, apps))
    assert set(TERMS) == {name for name, text in TERMS.items() if text in both}
    assert all(text.endswith(".") and ". " not in text for text in TERMS.values())


def test_the_lesson_in_the_readme_says_what_the_page_shows():
    lesson = (ROOT / "README.md").read_text(encoding="utf-8").partition("## For teachers")[2]
    noisy = descent.Bowl(noise=True)
    high, low = noisy.expected_loss([0.4, 0.1])[:, -1]
    assert f"from {high:.3g} at rate 0.4 to {low:.3g} at 0.1" in lesson
    decayed = replace(noisy, decay="TimeBasedDecay").expected_loss([0.4, 0.1])[:, -1]
    assert f"{decayed[1]:.3g}" in lesson
    assert f"{high / decayed[0]:.0f} times lower" in lesson
    plain, heavy = (descent.Ravine(momentum=momentum) for momentum in (0.0, 0.9))
    best = min(plain.outcomes(plain.stops), key=lambda each: each.rank)
    assert best.arrival is None
    nearest = plain.landmarks["gets nearest"]
    assert f"the best, {nearest:g}, leaves {best.left:.0%}" in lesson
    assert f"after {heavy.outcomes([nearest])[0].arrival} updates" in lesson


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
    expect(where).to_have_attribute(attribute, re.compile(words))


def in_link(page: Page, text: str) -> None:
    """Waits until the link holds the text."""
    expect(page).to_have_url(re.compile(re.escape(text)))


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
    chart = bowl.locator(".charts > .chart")
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
    frames(page, 3)  # a frame that was still to come would have moved it on
    rate.press("ArrowRight")  # from the start, a drag shows the whole descent
    says(update, "^Update 30 of 30")


def test_what_leaves_the_bowl_grows_the_axes_step_by_step(open_page):
    bowl = player(open_page("/?rate=1.05"))
    chart = bowl.locator(".charts > .chart")
    says(chart, "Diverges.*The axes grow with it.*Update 30")
    expect(chart).to_contain_text("zoomed out: 11.8 times")
    bowl.get_by_role("slider", name="Update").press("Home")
    says(chart, "Update 0 of 30")
    expect(chart).not_to_contain_text("zoomed out")


def test_a_typed_rate_and_a_landmark_chosen_twice_reach_the_player_and_the_page(open_page):
    page = open_page("/")
    bowl, field = player(page), page.locator(".st-key-rate").get_by_role("spinbutton")
    for _ in range(2):
        bowl.get_by_role("button", name="bouncing").click()
        expect(field).to_have_value("0.95")
        settle(page)
        field.fill("0.33")
        field.press("Enter")
        expect(bowl.locator(".rate")).to_have_text("0.33")
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
    expect(player(page).locator(".rate")).to_have_text("0.4")


def test_the_rate_outlives_a_visit_to_another_page(open_page):
    page = open_page("/")
    player(page, "ravine-rate").get_by_role("button", name="diverging").click()
    in_link(page, "ravine.rate=0.1025")
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    page.get_by_role("link", name="Learning rate", exact=True).click()
    expect(player(page, "ravine-rate").locator(".rate")).to_have_text("0.1025")


def test_the_page_fits_a_phone(open_page):
    page = open_page("/", width=375, height=812)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    boxes = [
        player(page).locator(part).bounding_box()
        for part in (".charts > .chart", ".rates", ".landmarks", ".now")
    ]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 375 for box in boxes)
