"""Every page alone and through `app.py`, and a story on each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import CosineDecay
from tests.datasets import small_dataset
from tests.visit import address, drawn, follow, go, opened, opened_alone, run

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("[0-9]_*.py"))


def through_app(page: str, **params: str) -> AppTest:
    """The page, opened through `app.py` with a link."""
    return opened(page, params)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_through_the_app(page):
    app = through_app(page)
    assert app.title[0].value == page.removesuffix(".py")[2:].replace("_", " ")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_alone(page):
    assert opened_alone(page).title


@pytest.mark.parametrize(
    "params", [{"schedule": "StepDecay"}, {"momentum": "2"}], ids=["respelled", "refused"]
)
def test_a_page_alone_follows_a_link_too(params):
    app = opened_alone("3_Schedules.py", params)
    assert app.selectbox(key="schedule").value == params.get("schedule", "Constant")
    assert app.select_slider(key="momentum").value == 0
    assert [code.value for code in app.code] == [
        "Momentum must be a finite number >= 0 and < 1. The link says '2'"
    ][: "momentum" in params]


def use_every_page() -> None:
    """Opens each page and changes what stands on some of them."""
    for page in PAGES:
        through_app(page)
    test_data_shows_what_the_tail_split_does()
    test_schedules_draws_what_is_set_and_says_when_nothing_moves()


def test_opening_and_using_every_page_leaves_tensorflow_out_of_the_process():
    """In a process of its own: other tests of this one may have imported it."""
    code = (
        "import sys; from tests.pages import test_pages\n"
        "test_pages.use_every_page(); print(*({'tensorflow', 'keras'} & set(sys.modules)), sep=',')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []


def test_data_shows_what_the_tail_split_does():
    app = through_app("2_Data.py")
    assert app.metric[0].value == "63.8%"
    app.button_group(key="split").set_value("tail")
    run(app)
    assert app.metric[0].value == "92.2%"


def test_schedules_draws_what_is_set_and_says_when_nothing_moves():
    app = through_app("3_Schedules.py", schedule="Step decay", epochs_drop="60")
    assert not app.dataframe
    assert "the first change would come at epoch 60; this run ends at 50" in app.warning[0].value
    app.select_slider(key="epochs_drop").set_value(10)
    app.session_state["rates.table"] = True  # opened
    run(app)
    assert not app.warning
    assert r"\eta(t) = 0.1 \cdot 0.5^{\left\lfloor t / 10 \right\rfloor}" in app.latex[1].value
    table = app.dataframe[0].value
    assert table["rate at its first update"].tolist()[9:11] == pytest.approx([0.1, 0.05])


def test_schedules_takes_a_link_s_values_between_the_stops_and_names_the_bad_ones():
    app = through_app("3_Schedules.py", schedule="StepDecay", drop="0.33", momentum="1.5", clock="never")
    assert app.select_slider(key="drop").value == 0.33
    assert app.select_slider(key="momentum").value == 0
    assert "Momentum must be" in app.code[0].value
    assert "Clock must be" in app.code[0].value


def test_a_link_can_hide_controls_and_still_set_them():
    app = through_app("3_Schedules.py", hide="momentum,split", momentum="0.9", split="tail")
    labels = {slider.label for slider in app.select_slider}
    assert "Momentum" not in labels
    assert "Batch size" in labels
    assert "92.2%" in drawn(app, "bands.charts")["panels"][1]["reference"][1]


def test_hidden_controls_keep_what_the_link_says_over_a_change_of_page():
    app = through_app(
        "3_Schedules.py", hide="momentum,schedule,split", momentum="0.9", schedule="StepDecay", split="tail"
    )
    formula = app.latex[1].value
    for page in ("2_Data.py", "3_Schedules.py"):
        go(app, page)
    assert app.latex[1].value == formula
    assert "92.2%" in drawn(app, "bands.charts")["panels"][1]["reference"][1]
    told = address(app)
    assert told["momentum"] == "0.9"
    assert (told["schedule"], told["split"]) == ("StepDecay", "tail")
    assert told["hide"] == "momentum,schedule,split"


def test_controls_hidden_by_an_edited_address_keep_what_they_hold():
    app = through_app("3_Schedules.py", schedule="Step decay", momentum="0.9")
    formula = app.latex[1].value
    for _ in range(3):
        follow(app, address(app) | {"hide": "schedule,momentum"})
        assert app.latex[1].value == formula
    assert address(app)["momentum"] == "0.9"


def test_a_link_can_hide_the_controls_of_data():
    app = through_app("2_Data.py", hide="split,seed", split="tail")
    assert not app.button_group
    assert not app.slider
    assert app.metric[0].value == "92.2%"


def test_the_caption_says_what_t_and_n_are_after_a_warmup():
    app = through_app("3_Schedules.py", schedule="Cosine decay", warmup="0.2")
    (caption,) = (each.value for each in app.caption if "t counts" in each.value)
    assert caption.startswith(
        "The rate climbs in a straight line for 10 epochs: at time s it is (s + 1) / 10 of the schedule's first rate, "
        "and at most that. "
        "t counts epochs from there, of which N = 40 are left."
    )
    wait, left = 10, 40
    halfway = 0.1 * (1 + np.cos(np.pi * 15 / left)) / 2
    assert Recipe(CosineDecay(0.1), warmup=0.2).learning_rates()[wait + 15, 0] == pytest.approx(halfway)


def test_a_drop_far_beyond_the_run_is_not_called_never():
    app = through_app("3_Schedules.py", schedule="Step decay", epochs="10", epochs_drop="300")
    assert app.warning[0].value == (
        "This schedule does not move within the run, on a clock that counts epochs: no change would come before epoch "
        "200; this run ends at 10."
    )


def test_a_rate_that_is_gone_early_is_warned_of_and_a_run_that_ends_in_mid_cycle_is_said():
    app = through_app("3_Schedules.py", schedule="Step decay", clock="update")
    assert "after 100 of 450 updates, in epoch 12 of 50" in app.warning[0].value
    app = through_app("3_Schedules.py", schedule="Cosine decay with restarts")
    assert not app.warning
    assert any("The run ends in mid-cycle: 50 % through cycle 3" in each.value for each in app.caption)


def test_a_warmup_of_no_more_than_an_epoch_is_said_to_leave_the_first_rate_as_it_is():
    app = through_app("3_Schedules.py", epochs="10", warmup="0.1")
    assert any(
        each.value.startswith(
            "The warmup takes 1 epoch: the first epoch has the full rate already. t counts epochs"
        )
        for each in app.caption
    )


def test_the_data_page_speaks_of_the_data_set_that_is_set(tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "ionosphere", small_dataset(tmp_path))
    app = opened("2_Data.py", {"split": "tail"})
    texts = " ".join(each.value for kind in (app.markdown, app.caption) for each in kind)
    assert not re.search("radar|good|bad", texts)
    (metric,) = app.metric
    assert (metric.label, metric.value) == ('Always answering "absent" scores', "50.0%")
    assert "made here" in texts
