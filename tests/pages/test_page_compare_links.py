"""The Compare page as a link, with names of all kinds, with predictions, and in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.presets import PRESETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from pages.components.compare import charts, comparison, links
from pages.components.compare.comparison import Entry
from tests import visit
from tests.conftest import no_traceback, settle, still
from tests.pages.test_page_compare import SEEDS, four, labels, opened, sentences, trained
from tests.visit import run

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<b>bold</b> <a href=//evil>x</a>",
    "[x](javascript:alert(1)) **b** $x$",
    '=HYPERLINK("http://evil";"x"),",,\'',
)


# Links and names


def test_a_preset_is_a_link_to_the_whole_comparison():
    for preset in PRESETS.values():
        entries = comparison.entries_of(preset)
        app = opened(entries)
        assert labels(app) == [entry.label for entry in entries]
        assert not app.code, "nothing in it is refused"


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"recipes": "7"}, "Number of recipes must be a whole number >= 2 and <= 6"),
        ({"recipes": "1"}, "Number of recipes must be"),
        ({"seeds": "201"}, "Seeds must be a whole number >= 1 and <= 200"),
        ({"seeds": "0"}, "Seeds must be"),
        ({"target": "nan"}, "Target accuracy must be"),
        ({"target_of": "test"}, "Target: accuracy in must be one of training, validation"),
        ({"baseline": "G"}, "Baseline must be one of A, B, C, D, E, F"),
        ({"curves": "all"}, "Curves must be one of"),
        ({"b.name": "x" * 41}, "Recipe B: Name must be printable text of at most 40 characters"),
        ({"b.name": "two\nlines"}, "Recipe B: Name must be printable"),
        ({"b.momentum": "1"}, "Recipe B: Momentum must be"),
    ],
)
def test_what_a_link_cannot_mean_is_refused_by_name_and_the_page_works(params, fault):
    app = opened(**params)
    assert fault in app.code[0].value
    assert len(labels(app)) == 2


def test_a_baseline_that_is_not_there_is_the_first_recipe():
    assert sentences(opened(baseline="F"))[0].startswith("**B** against **A**, the baseline")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_read_as_markdown_or_html(name):
    app = opened([Entry("A", Recipe(), name), Entry("B", Recipe(StepDecay()), name)], predict="true")
    assert app.text_input(key="a.name").value == name
    app.selectbox(key="compare.choice").set_value("A")
    run(app)
    assert labels(app) == [f"A: {name}", f"B: {name}"]
    texts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.title, *app.subheader]
    assert not any(name in each.value for each in texts)


# Predict first


def test_nothing_is_told_before_the_prediction_and_everything_after():
    app = opened(four(), predict="true")
    assert not app.dataframe
    assert not sentences(app)
    assert len(visit.drawn(app, charts.RATES)["panels"]) == 1
    with pytest.raises(StopIteration):
        visit.drawn(app, charts.CURVES)
    app.selectbox(key="compare.choice").set_value("A")
    run(app)
    assert labels(app) == [entry.label for entry in four()]
    finals = [each.val_loss[:, -1].astype(float) for each in trained(*ARTICLE.values())]
    best = min(range(4), key=lambda number: np.median(finals[number]))
    said = app.info[0].value
    assert said.startswith(f"You chose A. **Not decided.** The lowest median is that of {'ABCD'[best]},")
    assert f"{'ABCD'[best]}, {np.median(finals[best]):.3f}." in said
    assert f"A against {'ABCD'[best]}: **too few seeds to say** (higher on {SEEDS} of {SEEDS})" in said


def test_a_right_prediction_is_told_apart_from_a_lucky_one():
    clear = [Entry("A", Recipe(Constant(0.0001))), Entry("B", Recipe(Constant(0.1)))]
    assert predicted(clear, "B").startswith("You chose B. **Right so far, but not decided.**")
    assert predicted(clear, "B", seeds=20).startswith("You chose B. **Right.**")
    assert predicted(clear, "none", seeds=20).startswith(
        "You said that they will be about equal. **Wrong.** The lowest median is that of B"
    )
    twins = [Entry("A", Recipe(Constant(0.1))), Entry("B", Recipe(Constant(0.1), clock="update"))]
    assert "**Right, but it was close.**" in predicted(twins, "A")
    assert "**As good as right.**" in predicted(twins, "B")
    assert "**Right.**" in predicted(twins, "none")


def test_a_recipe_that_is_lost_is_never_the_lowest():
    wild = Entry("B", Recipe(Constant(1000.0), optimizer=SGD(0.99), epochs=10))
    tame = [Entry("A", Recipe(epochs=10)), wild]
    assert "B is lost on 20 of 20 seeds, which counts as worse" in predicted(tame, "B", seeds=20)
    assert "**Wrong.**" in predicted(tame, "B", seeds=20)
    both = [Entry("A", replace(wild.recipe, batch_size=14)), wild]
    assert "No recipe has a lowest median" in predicted(both, "A")


def predicted(entries, letter, seeds=SEEDS):
    """What a reader is told who predicts that recipe."""
    app = opened(entries, predict="true", seeds=str(seeds))
    app.selectbox(key="compare.choice").set_value(letter)
    return run(app).info[0].value


def test_another_recipe_asks_for_another_prediction():
    app = opened(four(), predict="true")
    app.selectbox(key="compare.choice").set_value("B")
    run(app)
    assert app.dataframe
    app.select_slider(key="a.momentum").set_value(0.5)
    run(app)
    assert not app.dataframe
    app.select_slider(key="a.momentum").set_value(0.0)
    run(app)
    assert app.dataframe, "the prediction for these recipes was made"


# In a browser


def test_a_comparison_is_still_there_after_a_look_at_another_page(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Compare", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("tab")).to_have_count(3)
    settle(page)
    page.get_by_role("link", name="Data", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("tab")).to_have_count(3)
    expect(page).to_have_url(re.compile("recipes=3"))
    expect(page).to_have_url(re.compile("b.schedule=Step"))


def test_the_results_appear_in_the_browser_once_predicted(open_page):
    page = open_page(f"/Compare?seeds={SEEDS}&predict=true")
    heading = page.get_by_role("heading", name="Against recipe A, the baseline")
    expect(heading).to_have_count(0)
    page.get_by_role("combobox", name=re.compile("lowest final validation loss")).click()
    page.get_by_role("option", name="B: Halved every 5").click()
    expect(page.get_by_text("You chose B.")).to_be_visible()
    expect(heading).to_be_visible()
    no_traceback(page)


def test_a_click_on_a_name_hides_the_recipe_in_every_chart(open_page):
    page = open_page(f"/Compare?seeds={SEEDS}")
    lines = page.locator(".chart .curves .frame:not([hidden])")
    expect(lines).to_have_count(3 * 2)
    page.get_by_role("button", name="A: Constant").click()
    expect(lines).to_have_count(3)


def test_a_pointer_on_one_chart_shows_the_values_of_its_epoch_in_all(open_page):
    page = open_page(f"/Compare?seeds={SEEDS}")
    values = page.locator(".chart").locator("xpath=..").locator(".entry b:not([hidden])")
    still(page)
    last = values.all_inner_texts()
    page.locator(".st-key-compare-charts .chart").first.hover()
    expect(page.locator(".pointed:not([hidden])")).to_have_count(3)
    (epoch,) = re.findall(r"epoch (\d+)", page.locator(".st-key-compare-rates .when").inner_text())
    there = values.all_inner_texts()
    a, b = trained(Recipe(), Recipe(StepDecay(0.1, 0.5, 5)))
    losses = [np.median(each.val_loss[:, int(epoch) - 1]) for each in (a, b)]
    assert [float(text) for text in there[2:4]] == pytest.approx(losses, rel=1e-3)
    page.mouse.move(1, 1)
    assert values.all_inner_texts() == last != there


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stands_in_the_browser_as_it_is(open_page, name):
    entries = [Entry("A", Recipe(), name), Entry("B", Recipe(StepDecay()))]
    query = urlencode(links.link(entries) | {"seeds": SEEDS})
    page = open_page(f"/Compare?{query}")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    expect(page.get_by_role("textbox", name="Name").first).to_have_value(name)
    legend = page.locator(".st-key-compare-rates .entry span").first
    expect(legend).to_have_text(f"A: {name}")
    assert page.locator("a[href*=evil], a[href*=javascript], img[src=x]").count() == 0
    no_traceback(page)


def _downloaded(page: Page) -> str:
    """The comparison's table as its file."""
    page.get_by_text("All numbers").click()
    button = page.get_by_test_id("stDownloadButton").first.get_by_role("button")
    expect(button).to_be_visible()
    still(page)  # the table above it gets its height when its script has come
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_a_preset_keeps_the_seeds_and_gives_another_visitor_the_same_numbers(open_page):
    page = open_page("/Compare?seeds=3")
    page.get_by_role("button", name="One decay, four meanings").first.click()
    expect(page).to_have_url(re.compile("(?=.*recipes=4)(?=.*seeds=3)"))
    settle(page)
    numbers = _downloaded(page)
    assert "Compounding" in numbers
    other = open_page("/" + page.url.split("/", 3)[3])
    assert _downloaded(other) == numbers
