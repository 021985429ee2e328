"""Controls: a number that a slider and a field show together."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.visit import address, follow, go, opened, run

PAGES = [("3_Schedules.py", ""), ("4_Train.py", ""), ("5_Compare.py", "b.")]


def shown(app: AppTest, key: str) -> tuple[float, float]:
    """The value of the slider and of the field beside it."""
    return app.select_slider(key=key).value, app.number_input(key=f"{key}.exact").value


def typed(app: AppTest, key: str, value: float) -> AppTest:
    app.number_input(key=f"{key}.exact").set_value(value)
    return run(app)


@pytest.mark.parametrize(("page", "prefix"), PAGES)
def test_a_rate_can_be_typed_and_slider_field_and_link_agree(page, prefix):
    key = f"{prefix}initial_learning_rate"
    app = opened(page, {f"{prefix}schedule": "Step decay", "seeds": "2"})
    assert shown(app, key) == (0.1, 0.1)
    typed(app, key, 0.1234567)
    assert shown(app, key) == (0.1234567, 0.1234567)
    assert address(app)[key] == "0.1234567"
    app.select_slider(key=key).set_value(0.03)
    run(app)
    assert shown(app, key) == (0.03, 0.03)
    follow(app, {key: "0.2", "seeds": "2"})
    assert shown(app, key) == (0.2, 0.2)


def test_a_number_that_is_none_for_a_rate_is_not_taken():
    app = opened("3_Schedules.py")
    for refused in (0.0, 1e-300 * 1e-300):
        typed(app, "initial_learning_rate", refused)
        assert shown(app, "initial_learning_rate") == (0.1, 0.1)
        assert "initial_learning_rate" not in address(app)


def test_the_noise_of_steps_is_not_in_the_link():
    app = typed(opened("3_Schedules.py"), "initial_learning_rate", 0.1 - 0.01 - 0.001)
    assert address(app)["initial_learning_rate"] == "0.089"
    assert shown(app, "initial_learning_rate") == (0.089, 0.089)


@pytest.mark.parametrize(
    ("value", "step"), [(0.1, 0.01), (0.099, 0.001), (3, 0.1), (0.0001, 0.00001), (1000, 100), (0, 0.00001)]
)
def test_a_key_moves_a_rate_by_a_step_of_its_own_size(value, step):
    app = opened("3_Schedules.py", {"schedule": "PolynomialDecay", "end_learning_rate": f"{value:g}"})
    assert app.number_input(key="end_learning_rate.exact").step == pytest.approx(step)


def test_a_link_that_hides_a_rate_hides_its_field():
    app = opened("3_Schedules.py", {"hide": "initial_learning_rate"})
    assert "initial_learning_rate.exact" not in {each.key for each in app.number_input}


def test_what_was_typed_goes_along_to_another_page():
    app = typed(opened("3_Schedules.py"), "initial_learning_rate", 0.05)
    assert shown(go(app, "4_Train.py"), "initial_learning_rate") == (0.05, 0.05)
