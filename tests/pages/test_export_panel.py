"""The export panel: its code, and the files of its buttons in a real browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from lrcore.takeaway import export
from tests.conftest import WAIT, start_server, stop_server

DATA = DATASETS["ionosphere"]
ROOT = Path(__file__).parents[2]
PAGE = """
import plotly.graph_objects as go
import streamlit as st

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from pages.components.export_panel import export_panel

recipe = Recipe(StepDecay(0.2), epochs=st.slider("epochs", 1, 9, 5))
names = ("learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
history = {name: [0.5, 0.25] for name in names}
st.text(f"{st.session_state.setdefault('count', 0)} runs before")
st.session_state["count"] += 1
export_panel(recipe, 4, key="bare")
export_panel(recipe, 4, key="full", history=history, figure=lambda: go.Figure(go.Scatter(y=[1, 2])))
"""


def panel_app(kind=None, which="full"):
    at = AppTest.from_string(PAGE, default_timeout=30)
    at.session_state[f"{which}.panel"] = True
    if kind:
        at.session_state[f"{which}.form"] = kind
    at.run()
    assert not at.exception
    return at


def buttons(at):
    return [element.proto.label for element in at.get("download_button")]


def test_a_closed_panel_makes_nothing():
    at = AppTest.from_string(PAGE, default_timeout=30).run()
    assert not at.exception
    assert not at.code
    assert not at.get("download_button")


def test_the_open_panel_shows_the_code_of_the_run_as_it_is_set():
    at = panel_app()
    assert at.code[0].value == export.keras_script(Recipe(StepDecay(0.2), epochs=5), 4).rstrip()
    at.slider[0].set_value(7).run()
    assert at.code[0].value == export.keras_script(Recipe(StepDecay(0.2), epochs=7), 4).rstrip()


def test_each_kind_has_its_files():
    rest = ["Run (CSV)", "Chart (HTML)"]
    assert buttons(panel_app()) == ["Keras script", "Data (CSV)", *rest]
    assert buttons(panel_app("notebook")) == ["Notebook", "Data (CSV)", *rest]
    pytorch = panel_app("pytorch")
    assert buttons(pytorch) == ["PyTorch", *rest]
    code = export.pytorch_scheduler(Recipe(StepDecay(0.2), epochs=5))
    assert pytorch.code[0].value == code.rstrip()
    assert buttons(panel_app(which="bare")) == ["Keras script", "Data (CSV)"]


def test_files_are_made_when_their_button_is_pressed():
    assert all(element.proto.deferred_file_id for element in panel_app().get("download_button"))


@pytest.fixture(scope="module")
def panel_server(tmp_path_factory):
    script = tmp_path_factory.mktemp("panel") / "app.py"
    script.write_text(f"import sys\n\nsys.path.insert(0, {str(ROOT)!r})\n{PAGE}", encoding="utf-8")
    process, url = start_server(script)
    yield url
    stop_server(process)


def test_every_button_delivers_its_file_without_running_the_page_again(browser, panel_server):
    recipe = Recipe(StepDecay(0.2), epochs=5)
    page = browser.new_page()
    page.set_default_timeout(WAIT)
    page.goto(panel_server)
    page.get_by_text("Code to take home").nth(1).click()
    delivered = {}
    for kind, labels in {
        "Keras script": ("Keras script", "Data (CSV)"),
        "Notebook": ("Notebook",),
        "PyTorch": ("PyTorch", "Run (CSV)", "Chart (HTML)"),
    }.items():
        page.get_by_test_id("stButtonGroup").get_by_text(kind, exact=True).click()
        for label in labels:
            button = page.get_by_test_id("stDownloadButton").filter(has_text=label)
            with page.expect_download() as download:
                button.get_by_role("button").click()
            delivered[download.value.suggested_filename] = download.value.path().read_text(encoding="utf-8")
    assert page.get_by_text("0 runs before").is_visible()
    page.close()
    assert delivered.pop("chart.html").startswith("<!doctype html>")
    assert delivered.pop("history.csv").startswith("epoch,")
    assert delivered == {
        "step_decay.py": export.keras_script(recipe, 4),
        "step_decay.ipynb": export.notebook(recipe, 4),
        "step_decay_pytorch.py": export.pytorch_scheduler(recipe),
        "ionosphere.csv": DATA.path.read_text(encoding="utf-8"),
    }
