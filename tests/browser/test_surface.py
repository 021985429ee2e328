"""The Surface page in a real browser: a view, playing, the drop, and the link in a fresh browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import no_traceback, settle


def player(page: Page):
    return page.locator(".st-key-surface-player")


def moment(page: Page) -> int:
    """The epoch that the player stands at."""
    return int(re.search(r"epoch (\d+)", player(page).locator(".moment").inner_text())[1])


def stand_at(page: Page, point: int) -> None:
    """Scrubs there."""
    player(page).get_by_role("slider", name="Point").fill(str(point))


def letters(page: Page) -> list[str]:
    """The runs whose ends are on the map."""
    return player(page).locator(".map .letter").all_text_contents()


def painted(page: Page) -> int:
    """How many colours the ground has."""
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
    assert letters(page) == ["A", "B"]
    assert painted(page) > 5
    button = player(page).locator(".drop")
    expect(button).to_be_disabled()
    player(page).get_by_role("button", name="Play again").click()
    expect(player(page).get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_timeout(600)
    player(page).get_by_role("button", name="Pause").click()
    assert 10 < moment(page) < 50
    assert letters(page) == ["A"], "the branch is not there before the drop"
    stand_at(page, 10)
    expect(button).to_have_text("Drop A now, to a tenth")
    button.click()
    expect(page).to_have_url(re.compile("b.drop_epoch=20"))
    settle(page)
    expect(player(page).locator(".moment")).to_have_text("epoch 50", timeout=20_000)  # both go on to the end
    assert letters(page) == ["A", "B"]
    there = player(page).locator(".charts b").all_inner_texts()
    fresh = open_page(re.sub(r"^https?://[^/]+", "", page.url), color_scheme=scheme)
    assert player(fresh).locator(".charts b").all_inner_texts() == there
    assert letters(fresh) == ["A", "B"]
    no_traceback(fresh)


def test_the_player_is_stepped_by_keys_and_tells_where_it_is(open_page):
    page = open_page("/Surface")
    stand_at(page, 5)
    player(page).get_by_role("button", name="One point forward").press("Enter")
    assert moment(page) == 6
    player(page).get_by_role("slider", name="Point").press("ArrowLeft")
    assert moment(page) == 5
    picture = player(page).locator(".map > svg")
    expect(picture).to_have_attribute(
        "aria-label", re.compile("over the loss surface, epochs 0 to 50. At epoch 5")
    )
    chart = player(page).locator(".chart").first
    expect(chart).to_have_attribute("aria-label", re.compile(r"at epoch 5: A 0\.\d+, B 0\.\d+, C 0\.\d+"))


def test_the_position_outlives_another_page_and_a_moved_slider(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Surface").click()
    settle(page)
    stand_at(page, 12)
    page.get_by_role("link", name="Data", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Surface").click()
    settle(page)
    assert moment(page) == 12
    page.get_by_text("Validation loss").click()
    expect(player(page).get_by_text("loss of the validation rows")).to_be_visible()
    assert moment(page) == 12


def test_who_wants_no_motion_gets_none_after_a_drop(open_page):
    page = open_page("/Surface", reduced_motion="reduce")
    stand_at(page, 20)
    player(page).locator(".drop").click()
    expect(page).to_have_url(re.compile("d.drop_epoch=20"))
    settle(page)
    assert moment(page) == 20
