"""Links and arguments that nobody should send: a clear answer, never a traceback, a hang or foreign markup.

HOSTILE_CASES sets how many cases of the core's functions are tried in all; the pages get a share of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from streamlit.testing.v1 import AppTest

from lrcore.data import DATASETS, SPLITS
from lrcore.findings import claims, metrics
from lrcore.recipes.recipe import SETTINGS, Recipe, parse_param
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.server import keras
from lrcore.settings import Choice, Flag, settings_of
from lrcore.training import experiments
from lrcore.training.run import METRICS
from pages.components import results
from pages.components.compare import comparison
from pages.components.train import address
from tests import visit
from tests.histories import made

DATA = DATASETS["ionosphere"]

ROOT = Path(__file__).parents[2]
CASES = int(os.environ.get("HOSTILE_CASES", "1200"))
MARKUP = (
    "<img src=x onerror=alert(1)>",
    "<script>alert('onerror')</script>",
    "</div><iframe srcdoc='onerror'>",
    "![onerror](http://example.org/x.png)",
    "[onerror](javascript:alert(1))",
    "$\\onerror{x}$",
    ":red[onerror] :material/onerror:",
    "**onerror** `onerror`",
)
NASTY = (
    *MARKUP,
    *(
        "",
        " ",
        "\n",
        "\x00",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "-1e400",
        "-1",
        "0",
        "-0.0",
        "1e-320",
        "5e-324",
    ),
    *(
        "1e308",
        "99999999999999999999",
        "9" * 5000,
        "x" * 10_000,
        "é" * 10_000,
        "1_000",
        " 5 ",
        "0x10",
        "1,5",
        "1j",
    ),
    *(
        "True",
        "None",
        "null",
        "[]",
        "{}",
        "{0}",
        "%s%n",
        "../../etc/passwd",
        "'; DROP TABLE runs; --",
        "__class__",
    ),
    *("١٢", "１０", "𝟙", "½", "ümläut", "🙂", "‮abc", "=1+1", "StepDecay,StepDecay", "step decay", "schedule"),
)
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.floats().map(repr),
    st.integers().map(str),
)
OBJECTS = st.one_of(
    TEXTS,
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=2),
    st.floats(width=32).map(np.float32),
    st.integers(-(2**31), 2**31).map(np.int64),
)


def cases(share: float):
    """Settings of a test that gets so large a share of all cases."""
    return settings(
        max_examples=max(1, round(CASES * share)),
        deadline=None,
        derandomize="HOSTILE_CASES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def good_texts(name: str) -> st.SearchStrategy[str]:
    """Values that a link may give a parameter of a recipe."""
    if name == "epochs":
        return st.sampled_from(["1", "2", "3"])
    number = SETTINGS[name]
    if isinstance(number, Flag):
        return st.sampled_from(["true", "false"])
    if isinstance(number, Choice):
        return st.sampled_from([*number.options, *number.options.values()])
    low, high = max(number.low, -1e9), min(number.high, 1e9)
    if number.whole:
        return st.integers(int(low), int(high)).map(str)
    return st.floats(low, high, exclude_min=number.low_open, exclude_max=number.high_open).map(repr)


@st.composite
def links(draw, names) -> dict[str, str]:
    """Parameters of a recipe, some good and some bad, with a run short enough to be trained often."""
    chosen = draw(st.lists(st.sampled_from(sorted(names)), unique=True, max_size=8))
    params = {name: draw(st.one_of(good_texts(name.rpartition(".")[2]), TEXTS)) for name in chosen}
    return params | {name: "2" for name in names if name.endswith("epochs") and name not in params}


def unless_refused(call):
    """What `call` gives; None if it refuses in the project's own words, which are short whatever it was given."""
    try:
        return call()
    except ValueError as error:
        message = str(error)
    assert " must be " in message
    assert "Received" in message
    assert len(message) < 700
    return None


@cases(0.2)
@given(st.one_of(st.sampled_from([*SETTINGS]), TEXTS), TEXTS)
def test_a_parameter_is_parsed_or_refused(name, text):
    value = unless_refused(lambda: parse_param(name, text))
    if value is not None:
        spelled = SETTINGS[name].spell(value)
        assert parse_param(name, spelled) == value


@cases(0.2)
@given(st.one_of(links([*SETTINGS]), st.dictionaries(TEXTS, TEXTS, max_size=4)))
def test_a_link_s_parameters_make_a_recipe_or_are_refused(params):
    recipe = unless_refused(lambda: Recipe.from_params(params))
    if recipe is not None:
        assert Recipe.from_params(recipe.to_params()) == recipe
        rates = recipe.learning_rates()
        assert np.isfinite(rates).all()
        assert (rates >= 0).all()


@cases(0.15)
@given(st.sampled_from([*SCHEDULES.values()]), st.data())
def test_a_schedule_refuses_an_argument_or_gives_rates(schedule, data):
    names = [*settings_of(schedule)]
    arguments = {
        name: data.draw(st.one_of(OBJECTS, good_texts(name).map(float)))
        for name in data.draw(st.lists(st.sampled_from(names), unique=True))
    }
    total = data.draw(st.one_of(st.integers(1, 117_500), st.floats(1e-3, 117_500)))
    times = data.draw(arrays(float, st.integers(0, 20), elements=st.floats(0, 2 * total)))
    rates = unless_refused(lambda: schedule(**arguments)(times, total))
    if rates is not None:
        assert rates.shape == times.shape
        assert np.isfinite(rates).all()
        assert (rates >= 0).all()


@cases(0.1)
@given(st.dictionaries(st.sampled_from([*Recipe.__dataclass_fields__]), OBJECTS, min_size=1, max_size=3))
def test_a_recipe_refuses_an_argument_or_can_be_linked_to(arguments):
    recipe = unless_refused(lambda: Recipe(**arguments))
    if recipe is not None:
        assert Recipe.from_params(recipe.to_params()) == recipe


@cases(0.1)
@given(
    st.one_of(st.sampled_from([*SPLITS]), OBJECTS),
    st.one_of(st.integers(0, 10**6), OBJECTS),
)
def test_a_split_is_a_partition_or_refused(how, seed):
    parts = unless_refused(lambda: DATA.split(how, seed))
    if parts is not None:
        train, validation = parts
        assert len(train)
        assert len(validation)
        assert sorted([*train, *validation]) == list(range(len(DATA.y)))


@cases(0.05)
@given(
    st.lists(
        st.sampled_from([Recipe(epochs=1, hidden_units=1), Recipe(epochs=2, hidden_units=1, batch_size=351)])
    ),
    st.lists(st.one_of(st.integers(0, 300), OBJECTS), max_size=4),
)
def test_any_recipes_and_seeds_are_trained_or_refused(recipes, seeds):
    histories = unless_refused(lambda: experiments.train(recipes, seeds))
    if histories is not None:
        assert [each.loss.shape for each in histories] == [(len(seeds), recipe.epochs) for recipe in recipes]


TABLES = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 40)),
    elements=st.one_of(st.just(np.nan), st.floats(0, 1, width=32), st.floats(0, 2.0**120, width=32)),
)


@cases(0.1)
@given(TABLES, st.one_of(st.floats(0, 1), st.just(np.nan)))
def test_measures_of_any_runs_are_in_order_or_not_numbers(values, target):
    spread = metrics.spread(values)
    whole = ~np.isnan(spread.median)
    assert (spread.low[whole] <= spread.median[whole]).all()
    assert (spread.median[whole] <= spread.high[whole]).all()
    assert (whole == ~np.isnan(values).all(axis=0)).all()
    reach = metrics.reach(metrics.epochs_to_reach(values, target))
    assert reach.low <= reach.median <= reach.high
    history = made(values, values, values, values, np.isnan(values[:, -1]))
    for measure in metrics.MEASURES.values():
        measured = measure.values(history)
        assert (np.isinf(measured) == history.lost).all() or np.isnan(measured).any()


@cases(0.01)
@given(st.integers(1, 5), st.floats(0.5, 1), st.floats(0.5, 0.9999), st.floats(0, 1), st.integers(0, 2**32))
@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_claim_gets_a_verdict_whichever_runs_diverge(seeds, target, confidence, share, seed):
    random = np.random.default_rng(seed)
    alive = np.cumprod(random.random((len(claims.RECIPES), seeds, 50)) >= share**4, axis=-1)
    histories = {
        name: made(*(np.where(runs, random.random((seeds, 50)), np.nan) for _ in METRICS), lost=~runs[:, -1])
        for name, runs in zip(claims.RECIPES, alive, strict=True)
    }
    for claim in (*claims.CLAIMS, *claims.CAUSES):
        for part in claim.parts:
            assert claims.judge(part, histories, target, confidence).outcome in claims.OUTCOMES


@pytest.fixture(autouse=True, scope="module")
def _no_keras():
    """A trainer that is never started: what a link asks of Keras waits for ever."""
    own = keras.new_trainer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own, "start", lambda: None)
        patch.setattr(keras, "trainer", lambda: own)
        yield


def opened(name: str, params: dict[str, str | list[str]]) -> AppTest:
    """The page, opened by a link through `app.py`."""
    return harmless(visit.opened(name, params))


def harmless(app: AppTest) -> AppTest:
    """Nothing of the link stands where markup is interpreted."""
    for kind in ("markdown", "caption", "title", "subheader", "latex", "warning", "info", "error", "success"):
        for element in getattr(app, kind):
            assert "onerror" not in element.value
            assert not getattr(element.proto, "allow_html", False)
    for chart in app.get("plotly_chart"):
        assert not any(tag in chart.proto.spec for tag in ("<img", "<script", "<iframe"))
    for kind in ("select_slider", "slider", "button_group", "toggle", "text_input", "selectbox", "button"):
        for widget in getattr(app, kind):
            assert "onerror" not in widget.label
    return app


def agrees(app: AppTest, name: str, text: str, prefix: str = "") -> bool:
    """Whether the control of that name, if the page draws it, holds what `text` says, or the default."""
    kinds = {"schedule": "selectbox", "nesterov": "toggle", "clock": "button_group", "split": "button_group"}
    drawn = [each for each in getattr(app, kinds.get(name, "select_slider")) if each.key == prefix + name]
    try:
        expected = parse_param(name, text)
    except ValueError:
        return any(f"{SETTINGS[name].label} must be " in code.value for code in app.code)
    return all(each.value == expected for each in drawn)


HIDE = st.one_of(st.just(""), TEXTS, st.lists(st.sampled_from([*SETTINGS]), max_size=3).map(",".join))
OTHERS = st.dictionaries(
    st.sampled_from(
        ["hide", "seed", "band", "overlay", "log", "second", "reference", "split", "target", "kept", "zzz"]
    ),
    st.one_of(TEXTS, st.lists(TEXTS, min_size=2, max_size=3)),
    max_size=3,
)


@pytest.mark.parametrize(
    ("name", "prefix"), [("3_Schedules.py", ""), ("4_Train.py", ""), ("5_Compare.py", "b.")]
)
def test_a_page_keeps_the_valid_part_of_any_link_and_names_the_rest(name, prefix):
    @cases(0.01)
    @given(links([prefix + each for each in SETTINGS]))
    def holds(params):
        app = opened(name, params | {"seeds": "2"})
        for key, text in params.items():
            assert agrees(app, key.removeprefix(prefix), text, prefix), (key, text)

    holds()


@pytest.mark.parametrize(
    "name",
    [
        "1_Learning_rate.py",
        "2_Data.py",
        "3_Schedules.py",
        "4_Train.py",
        "5_Compare.py",
        "6_Tune.py",
        "7_Surface.py",
        "8_The_article.py",
    ],
)
def test_a_page_survives_any_link_and_an_address_edited_under_it(name):
    own = {
        "4_Train.py": ["run", "before"],
        "5_Compare.py": ["recipes", "baseline", "a.name", "b.name", "curves", "predict"],
        "6_Tune.py": [
            "tune.schedules",
            "tune.a.schedule",
            "tune.view",
            "tune.axis",
            "tune.rate",
            "tune.second",
        ],
        "7_Surface.py": [
            "recipes",
            "first_epoch",
            "last_epoch",
            "points",
            "validation",
            "drop_to",
            "toggles",
        ],
    }
    keys = st.sampled_from(
        [*own.get(name, []), "seed", "rate", "curvature", "ravine.decay", "experiment", "runs"]
    )
    more = st.dictionaries(
        keys, st.one_of(TEXTS, st.sampled_from(["until=-5&seed=x", "until=0", "6", "F", "true"]))
    )

    @cases(0.002 if name == "8_The_article.py" else 0.008)
    @given(links([*SETTINGS]), OTHERS, more, links([*SETTINGS]), HIDE)
    def holds(params, others, own, edited, hide):
        tiny = {"seeds": "2", "epochs": "2", "a.epochs": "2", "b.epochs": "2"}
        app = opened(name, tiny | params | others | own)
        harmless(visit.follow(app, tiny | edited | {"hide": hide}))
        harmless(visit.go(app, "3_Schedules.py"))

    holds()


@pytest.mark.parametrize("text", MARKUP)
def test_a_name_is_shown_as_it_is_written(text):
    app = opened(
        "5_Compare.py", {"a.name": text, "a.epochs": "2", "b.epochs": "2", "seeds": "2", "predict": "true"}
    )
    assert app.text_input(key="a.name").value == text


@pytest.mark.parametrize("name", ["3_Schedules.py", "5_Compare.py"])
def test_a_link_too_long_for_a_qr_code_is_still_text(name):
    app = opened(name, {"seeds": "2", "a.epochs": "2", "b.epochs": "2", "zzz": "x" * 10_000})
    harmless(visit.press(app, "page.class"))
    assert any("too long for a QR code" in each.value for each in app.caption)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("3_Schedules.py", {"epochs": "3"}),
        ("5_Compare.py", {"a.epochs": "3", "b.epochs": "3", "seeds": "20"}),
    ],
)
def test_a_link_that_asks_for_too_much_gets_fewer_seeds_and_is_told(name, params, monkeypatch):
    monkeypatch.setattr(results, "BUDGET", 1e-9)
    app = opened(name, params)
    assert "20 seeds of this would keep the server busy" in app.warning[0].value
    assert any(
        "the median of 1 run, " in each.value or "the run of the one seed" in each.value
        for each in app.caption
    )


def test_the_dearest_link_is_within_bounds():
    dearest = Recipe(epochs=500, batch_size=1, hidden_units=128)
    for recipes in ([dearest], [dearest] * comparison.MOST):
        spent = results.seeds_within_budget(recipes, 200) * sum(map(experiments.seconds, recipes))
        assert spent <= 1.5 * results.BUDGET
    assert address.most_epochs(dearest) * 235 <= address.MOST_UPDATES
    assert address.most_epochs(Recipe(epochs=500, batch_size=4)) >= 500
