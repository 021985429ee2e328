"""Every page alone and through `app.py`, and a story on each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
PAGES = sorted(path.name for path in (ROOT / "pages").glob("[0-9]_*.py"))


def run(app: AppTest) -> AppTest:
    """Runs the app and lets no exception pass."""
    app.run()
    assert not app.exception, app.exception
    return app


def through_app(page: str, **query_params: str) -> AppTest:
    """The page, opened through `app.py` with a link."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    run(app)
    app.switch_page(f"pages/{page}")
    for name, value in query_params.items():
        app.query_params[name] = value
    return run(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_through_the_app(page):
    app = through_app(page)
    assert app.title[0].value == page.removesuffix(".py")[2:].replace("_", " ")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_alone(page):
    app = run(AppTest.from_file(str(ROOT / "pages" / page), default_timeout=60))
    assert app.title


def use_every_page() -> None:
    """Opens each page and changes what stands on some of them."""
    for page in PAGES:
        through_app(page)
    test_data_shows_what_the_tail_split_does()
    test_schedules_draws_what_is_set_and_says_when_nothing_moves()


def test_opening_and_using_every_page_leaves_tensorflow_out_of_the_process():
    """In a process of its own: other tests of this one may have imported it."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_pages\n"
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
    assert "`momentum` must be" in app.code[0].value
    assert "`clock` must be" in app.code[0].value


def test_a_link_can_hide_controls_and_still_set_them():
    app = through_app("3_Schedules.py", hide="momentum,split", momentum="0.9", split="tail")
    labels = {slider.label for slider in app.select_slider}
    assert "Momentum" not in labels
    assert "Batch size" in labels
    assert "92.2%" in app.get("plotly_chart")[2].proto.spec
