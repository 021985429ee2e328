"""The Surface page in a real browser: a view, playing, the drop, and the link in a fresh browser."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from lrcore.landscape.views import VIEWS
from pages.components.surface import controls
from pages.components.surface.scene import ASPECT
from tests.browser.test_browser import in_view
from tests.conftest import comes, no_traceback, settle, still, until


def player(page: Page):
    return page.locator(".st-key-surface-player")


def moment(page: Page) -> int:
    """The epoch at which the player stands."""
    said = player(page).locator(".moment")
    expect(said).to_have_text(re.compile(r"epoch \d"))
    return int(re.search(r"epoch (\d+)", said.inner_text())[1])


def stand_at(page: Page, point: int) -> None:
    """Scrubs to a point."""
    player(page).get_by_role("slider", name="Point").fill(str(point))


def letters(page: Page) -> list[str]:
    """The letters of the runs that the map shows."""
    return player(page).locator(".map .letter").all_text_contents()


def numbers(page: Page) -> list[str]:
    """The losses in the legends of the charts."""
    return player(page).locator(".charts b").all_inner_texts()


def painted(page: Page) -> int:
    """The number of colours on the canvas."""
    return (
        player(page)
        .locator("canvas")
        .evaluate(
            """canvas => { const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(pixels.buffer)).size; }"""
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_view_is_played_dropped_and_followed_by_its_link(open_page, scheme):
    page = open_page("/Surface", color_scheme=scheme)
    page.get_by_role("button", name="Across the valley").click()
    expect(page).to_have_url(re.compile("first_epoch=10"))
    settle(page)
    comes(["A", "B"], letters, page)
    until(lambda: painted(page) > 5)
    button = player(page).locator(".drop")
    expect(button).to_be_disabled()
    player(page).get_by_role("button", name="Play again").click()
    expect(player(page).get_by_role("button", name="Pause")).to_be_visible()
    expect(player(page).locator(".moment")).not_to_have_text("epoch 10")
    player(page).get_by_role("button", name="Pause").click()
    assert 10 < moment(page) < 50
    comes(["A"], letters, page)  # before the drop the branch is not drawn
    stand_at(page, 10)
    expect(button).to_have_text("Drop A now, to a tenth")
    button.click()
    expect(page).to_have_url(re.compile("b.drop_epoch=20"))
    settle(page)
    expect(player(page).locator(".moment")).to_have_text("epoch 50", timeout=20_000)  # both go on to the end
    comes(["A", "B"], letters, page)
    there = numbers(page)
    fresh = open_page(re.sub(r"^https?://[^/]+", "", page.url), color_scheme=scheme)
    comes(there, numbers, fresh)
    comes(["A", "B"], letters, fresh)
    no_traceback(fresh)


@pytest.mark.parametrize(("scheme", "projector"), [("light", "false"), ("dark", "true")])
@pytest.mark.parametrize("view", [*VIEWS, "four runs"])
def test_controls_picture_and_charts_are_on_one_screen(open_page, view, scheme, projector):
    open_page("/")  # from then on the server has the menu on top
    link = controls.link(VIEWS.get(view, VIEWS["across"])) | {"projector": projector}
    if view == "four runs":
        link |= {"recipes": "4"} | {f"{letter}.batch_size": "235" for letter in "cd"}
    page = open_page(f"/Surface?{urlencode(link)}", width=1280, height=720, color_scheme=scheme)
    expect(player(page).locator(".chart")).to_have_count(1 if view in ("valley", "closer") else 2)
    axes = player(page).locator(".columns text:visible")
    for width, height in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        still(page)
        parts = player(page).locator(".controls > *, .player > .runs, .map, .heading, .chart")
        assert in_view(page, *parts.all(), *axes.all())
        the_map, below = (player(page).locator(part).bounding_box() for part in (".map", ".charts"))
        assert the_map["width"] >= 0.28 * width
        assert the_map["width"] == pytest.approx(ASPECT * the_map["height"], rel=0.01)
        end = player(page).bounding_box()
        assert the_map["y"] + the_map["height"] <= below["y"] + 1
        assert below["y"] + below["height"] <= end["y"] + end["height"] + 1, "it covers what comes next"


def test_on_a_phone_the_first_view_is_on_one_screen(open_page):
    open_page("/")
    page = open_page("/Surface", width=390, height=844)
    still(page)
    parts = player(page).locator(".controls > *, .map, .chart, .columns text:visible")
    assert in_view(page, *parts.all())
    assert player(page).locator(".map").bounding_box()["width"] > 330


def test_keys_step_the_player_and_its_labels_name_the_point(open_page):
    page = open_page("/Surface")
    stand_at(page, 5)
    player(page).get_by_role("button", name="One point forward").press("Enter")
    comes(6, moment, page)
    player(page).get_by_role("slider", name="Point").press("ArrowLeft")
    comes(5, moment, page)
    picture = player(page).locator(".map > svg")
    expect(picture).to_have_attribute(
        "aria-label", re.compile("over the loss surface, epochs 0 to 50. At epoch 5")
    )
    chart = player(page).locator(".chart").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"at epoch 5: A 0\.\d+, B 0\.\d+, C 0\.\d+"))
    assert chart.locator(".dots svg:not([hidden])").count() == 3
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)  # on the first point, untrained
    expect(player(page).locator(".when")).to_have_text("epoch 0")


def test_the_position_survives_a_change_of_page_and_of_a_control(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Surface").click()
    settle(page)
    stand_at(page, 12)
    page.get_by_role("link", name="Data", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Surface").click()
    settle(page)
    comes(12, moment, page)
    page.get_by_text("Validation loss").click()
    expect(player(page).get_by_text("loss of the validation rows")).to_be_visible()
    comes(12, moment, page)


def test_with_reduced_motion_a_drop_does_not_play(open_page):
    page = open_page("/Surface", reduced_motion="reduce")
    stand_at(page, 20)
    player(page).locator(".drop").click()
    expect(page).to_have_url(re.compile("d.drop_epoch=20"))
    settle(page)
    comes(20, moment, page)
