"""The part that draws curves, in a real browser: on a small page, and on the pages that use it."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from lrcore.figures import Curve, Panel
from pages.components.charts.drawing import chart
from pages.components.charts.plot import FOLDER
from tests.conftest import WAIT, settle

PAGE = """
import numpy as np
import streamlit as st

from lrcore.figures import Curve, Panel
from pages.components.charts.drawing import chart
from pages.components.charts.plot import plot

epochs, height = (float(text) for text in st.text_input("Shown", "10 1").split())
y = height * np.arange(1, epochs + 1) / 10
band = {"low": y - 0.05, "high": y + 0.05}
both = [Curve("training", y, "#0f7fc4", **band), Curve("validation, <b>", y / 2, "#d95f02", "dash")]
with_a_gap = Curve("training", np.where(y == y[len(y) // 2], np.nan, y), "#0f7fc4")
steps = Curve("rate", np.append(y, y[-1:]), "#12926b", x=np.arange(epochs + 1), steps=True)
rates = chart([Panel("learning rate", [steps])], int(epochs), 59)
bands = chart([Panel("loss", both), Panel("accuracy", [with_a_gap], (0.6, "always"))], int(epochs))
plot(rates, key="a.rates", group="a", alt=["the rate"])
plot(bands, key="a.bands", group="a", alt=["the loss", "the accuracy"])
kept = chart([Panel("other", [Curve("kept", 2 * y, "#0f7fc4"), Curve("too", y, "#0f7fc4", "dash")])], int(epochs) + 2)
behind = {**kept, "name": "reference: kept"} if epochs > 10 else None
plot(chart([Panel("other", both)], int(epochs)), key="b.other", group="b", alt=["another group"], behind=behind)
"""
KEPT = """root => [...root.querySelectorAll("*")].every(node => node.kept)"""


@pytest.fixture(scope="module")
def opened(browser, url_of_page) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(WAIT)
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(url_of_page)
    settle(page)
    yield page
    page.close()


@pytest.fixture
def page(opened) -> Iterator[Page]:
    """The small page with its curves over ten epochs, nothing hidden and no pointer on it."""
    show(opened, 10, 1)
    yield opened
    opened.mouse.move(1, 1)
    for hidden in opened.locator(".entry[aria-pressed=false]").all():
        hidden.click()
    assert opened.errors == []


def show(page: Page, epochs: int, height: float) -> None:
    field = page.get_by_label("Shown")
    field.fill(f"{epochs} {height}")
    field.press("Enter")
    settle(page)


def values(page: Page, plot: str) -> list[str]:
    return page.locator(f".st-key-a-{plot} .entry b:not([hidden])").all_inner_texts()


def test_new_data_changes_the_nodes_that_there_are_and_never_blanks(page):
    grid = page.locator(".st-key-a-bands .grid")
    line = grid.locator(".curves path.line").first
    grid.evaluate("root => root.querySelectorAll('*').forEach(node => { node.kept = true; })")
    before = line.get_attribute("d")
    line.evaluate("""path => {
        window.blank = 0;
        const look = () => {
            window.blank += !path.getAttribute("d") || !path.isConnected;
            requestAnimationFrame(look);
        };
        look();
    }""")
    show(page, 10, 0.97)
    expect(line).not_to_have_attribute("d", before)
    assert grid.evaluate(KEPT)
    assert page.evaluate("window.blank") == 0
    assert page.evaluate("document.getAnimations().length") == 0


CALLED = """async ([script, data, order]) => {
    const { default: draw } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    const parentElement = document.body.appendChild(document.createElement("div")), cleanUps = {}, shown = [];
    parentElement.innerHTML = "<section class='plot'></section>";
    for (const step of order) {
        const number = Math.abs(step);
        if (step < 0) cleanUps[number]();
        else cleanUps[number] = draw({ data: { ...data, note: `${number}` }, parentElement });
    }
    await new Promise(resolve => setTimeout(resolve, 300));
    shown.push(parentElement.querySelectorAll(".grid").length, parentElement.querySelector(".note").textContent);
    parentElement.remove();
    cleanUps[data.last]();
    return [...shown, parentElement.querySelectorAll(".grid").length];
}"""


@pytest.mark.parametrize(
    ("order", "last"),
    [
        ([1, 2], 2),
        ([1, -1, 2], 2),
        ([1, 2, -1], 2),
        ([2, 1, -1], 2),
        ([1, 3, 2, -2], 3),
        ([1, 2, -2, 3], 3),
        ([1, 2, -2, 3, 4, -3, -4, 5], 5),
    ],
)
def test_one_chart_of_the_newest_data_is_drawn_in_whatever_order_calls_come_and_are_cleaned_up(
    page, order, last
):
    """Calls have ascending numbers; a negative one cleans up that call, which newer data has overtaken."""
    script = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("plot.js", "alone.js"))
    drawn = chart([Panel("loss", [Curve("training", np.arange(3.0), "#0f7fc4")])], 3)
    data = {**drawn, "behind": None, "key": "c", "group": "c", "alt": ["the loss"], "last": last}
    assert page.evaluate(CALLED, [script, data, order]) == [1, str(last), 0]


def test_the_pointer_says_the_values_of_one_epoch_on_all_plots_of_the_group(page):
    page.locator(".st-key-a-bands .chart").first.hover()  # its middle
    epoch = round(10 * float(values(page, "bands")[0]))
    assert 4 <= epoch <= 6
    assert values(page, "rates") == [f"{epoch / 10:g}"]
    assert values(page, "bands")[1] == f"{epoch / 20:g}"
    expect(page.locator(".st-key-a-rates .when")).to_have_text(
        f"epoch {epoch}, updates {59 * epoch - 58} to {59 * epoch}"
    )
    expect(page.locator(".pointed:not([hidden])")).to_have_count(3)
    assert page.locator(".st-key-b-other .entry b").first.inner_text() == "1"
    page.mouse.move(1, 1)
    assert values(page, "rates") == ["1"]
    expect(page.locator(".pointed:not([hidden])")).to_have_count(0)


def test_the_pointer_stays_where_it_is_when_new_data_comes(page):
    page.locator(".st-key-a-rates .chart").hover()
    before = page.locator(".st-key-a-rates .when").inner_text()
    page.get_by_label("Shown").fill("10 2")
    page.keyboard.press("Enter")
    settle(page)
    expect(page.locator(".st-key-a-rates .when")).to_have_text(before)
    expect(page.locator(".pointed:not([hidden])")).to_have_count(3)


def test_the_legend_hides_a_curve_in_all_plots_of_the_group_and_keeps_it_hidden(page):
    entry = page.locator(".st-key-a-bands .entry", has_text="training").first
    entry.click()
    for height in (1, 3):
        show(page, 10, height)
        frames = page.locator(".st-key-a-bands .curves .frame")
        assert [frame.is_visible() for frame in frames.all()] == [False, True, False]
        assert page.locator(".st-key-b-other .curves .frame").first.is_visible()
    expect(entry).to_have_attribute("aria-pressed", "false")
    page.locator(".st-key-a-bands .entry", has_text="training").last.click()
    assert frames.first.is_visible()


def test_the_reference_is_named_where_no_curve_can_be(page):
    label = page.locator(".st-key-a-bands .label", has_text="always")
    chart = page.locator(".st-key-a-bands .chart").last
    assert label.bounding_box()["y"] + label.bounding_box()["height"] < chart.bounding_box()["y"]


def test_one_epoch_is_drawn_as_points_and_a_missing_value_as_a_gap(page):
    frame = page.locator(".st-key-a-bands .curves .frame").last
    assert frame.locator(".line").get_attribute("d").count("M") == 2
    show(page, 1, 5)
    frame = page.locator(".st-key-a-bands .curves .frame").first
    assert frame.locator(".line").get_attribute("d") == ""
    assert frame.locator(".dots").bounding_box() is not None
    assert "h0" in frame.locator(".dots").get_attribute("d")
    expect(page.locator(".st-key-a-rates .when")).to_have_text("epoch 1, updates 1 to 59")


def test_updates_are_written_in_full(page):
    show(page, 500, 0.0005)
    assert "30,000" not in page.locator(".st-key-a-rates .above").all_text_contents()
    assert "25,000" in page.locator(".st-key-a-rates .above").all_text_contents()
    expect(page.locator(".st-key-a-rates .when")).to_have_text("epoch 500, updates 29,442 to 29,500")


def test_the_numbers_are_saved_as_csv(page):
    with page.expect_download() as download:
        page.locator(".st-key-a-bands").get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "a_bands.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(1, 11)]
    assert [row["loss: validation, <b>"] for row in rows[:2]] == ["0.05", "0.1"]
    assert (rows[3]["loss: training, low"], rows[3]["loss: training, high"]) == ("0.35", "0.45")
    assert rows[5]["accuracy: training"] == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charts_are_saved_as_a_picture(page, scheme):
    page.emulate_media(color_scheme=scheme)
    with page.expect_download() as download:
        page.locator(".st-key-a-bands").get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "a_bands.png"
    content = download.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    box = page.locator(".st-key-a-bands .grid").bounding_box()
    assert (width, height) == pytest.approx((2 * box["width"], 2 * box["height"]), abs=2)
    page.emulate_media(color_scheme="light")


def test_what_is_kept_stays_behind_in_grey_with_its_name_and_numbers_until_it_is_cleared(page):
    place = page.locator(".st-key-b-other")
    grey = place.locator(".ghosts .frame:not([hidden])")
    top = place.locator(".rows svg:not([hidden]) text").last
    expect(grey).to_have_count(0)
    show(page, 12, 1)
    expect(grey).to_have_count(2)
    entry = place.locator(".entry", has_text="reference: kept")
    assert entry.locator("b").inner_text() == "2.4"
    assert float(top.text_content()) >= 2
    with page.expect_download() as download:
        place.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert [row["reference: kept, other: too"] for row in rows[10:12]] == ["1.1", "1.2"]
    entry.click()
    expect(grey).to_have_count(0)
    entry.click()
    expect(grey).to_have_count(2)
    show(page, 10, 1)
    expect(grey).to_have_count(0)
    assert float(top.text_content()) <= 1


def test_panels_and_curves_that_are_not_sent_while_a_slider_is_held_stay(page):
    bands = page.locator(".st-key-a-bands")
    lines = [line.get_attribute("d") for line in bands.locator(".curves path.line").all()]
    page.evaluate("""() => {
        const loss = { title: "loss", axis: [0, 1], rows: [], curves: [null, null] };
        const plots = { "a.bands": { note: "on release", panels: [loss] } };
        for (const detail of [{ kind: "start" }, { kind: "drawn", text: "", now: "", plots }])
            document.dispatchEvent(
                new CustomEvent("learning-rate-laboratory:drag", { detail: { group: "a", ...detail } }));
    }""")
    expect(bands.get_by_text("on release")).to_be_visible()
    assert [line.get_attribute("d") for line in bands.locator(".curves path.line").all()] == lines
    page.evaluate("""() => document.dispatchEvent(
        new CustomEvent("learning-rate-laboratory:drag", { detail: { group: "a", kind: "end", moved: false } }))""")
    expect(bands.get_by_text("on release")).to_be_hidden()


def test_each_chart_has_its_words(page):
    for words in ("the rate", "the loss", "the accuracy", "another group"):
        expect(page.get_by_role("img", name=words, exact=True)).to_be_visible()


def test_panels_stand_side_by_side_where_there_is_room_and_nothing_overlaps_or_leaves_the_page(page):
    for width, across in ((1280, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        loss, accuracy = (chart.bounding_box() for chart in page.locator(".st-key-a-bands .chart").all())
        assert (loss["y"] == accuracy["y"]) is across
        for axis in (".st-key-a-rates .columns", ".st-key-a-rates .top"):
            boxes = [each.bounding_box() for each in page.locator(f"{axis} text").all() if each.is_visible()]
            for one, other in itertools.pairwise(boxes):
                assert one["x"] + one["width"] < other["x"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    "path", ["/Schedules?schedule=Step+decay", "/Train?run=as+set", "/Tune?epochs=12&tune.rates=9"]
)
def test_no_page_whose_curves_are_drawn_here_loads_plotly(browser, server, path):
    page, requested = browser.new_page(), []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(server + path)
    page.locator(".chart .curves path.line").first.wait_for(state="attached", timeout=2 * WAIT)
    settle(page)
    page.close()
    assert not [url for url in requested if "plotly" in url.lower()]


def test_a_step_curve_is_sharp_in_the_column_that_stays_in_sight(open_page):
    page = open_page("/Train?schedule=Step+decay", width=1920, height=1080)
    chart = page.locator(".st-key-rates-chart .chart").first
    chart.locator(".curves path.line").first.wait_for(state="attached")
    settle(page)
    box = chart.bounding_box()
    picture = Image.open(io.BytesIO(page.screenshot(clip=box))).convert("HSV")
    height = picture.height // 3  # between the first rate and its half
    middle = round(picture.width * (0.015 + 10 / 50) / 1.03)  # the first drop, after 10 of 50 epochs
    strongest = max(picture.getpixel((x, height))[1] for x in range(middle - 4, middle + 5))
    assert strongest > 150
