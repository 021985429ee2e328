"""Stories on the first page in a real browser: noise and decay in the bowl, momentum in the ravine, its looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_accessibility import serious
from tests.conftest import no_traceback, settle, still
from tests.pages.test_page_learning_rate import in_link, player, says

WIDTHS = (1280, 1024, 853, 768, 390)
"""853 is a window of 1280 at a zoom of 150 %."""
NOISY = "/?bowl.noise=true&rate=0.4"
FLOOR = 2
"""Its place among the curves of a constant rate's losses."""
IN_MOTION = """async chart => {
    const play = chart.getRootNode().querySelector(".play");
    let last = "", moved = 0, frames = 0;
    for (; play.ariaLabel === "Pause" && frames < 40; frames++) {
        await new Promise(done => requestAnimationFrame(done));
        const places = chart.querySelector("path.swarm").getAttribute("d");
        moved += places !== last;
        last = places;
    }
    return [frames, moved];
}"""
"""Some frames while it plays, and in how many of them the swarm is elsewhere than in the one before."""


def floor(bowl: Locator) -> float:
    """How high the floor of the rate lies in the chart of losses, in 10,000ths from its top."""
    line = bowl.locator(".losses .curves .frame:not([hidden]) path.line").nth(FLOOR).get_attribute("d")
    heights = {float(height) for height in line.removeprefix("M").split()[1::2]}
    assert len(heights) == 1
    return heights.pop()


def places(bowl: Locator) -> str:
    """Where the swarm is drawn."""
    return bowl.locator("path.swarm").get_attribute("d")


def drag(page: Page, slider: Locator, share: float) -> None:
    """Drags the handle of a slider to that share of its track, and lets it go."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    least, value, most = slider.evaluate("it => [it.min || 0, it.value, it.max].map(Number)")
    inner, y = box["width"] - 26, box["y"] + box["height"] / 2  # the handle is 26 pixels wide
    page.mouse.move(box["x"] + 13 + inner * (value - least) / (most - least), y)
    page.mouse.down()
    page.mouse.move(box["x"] + 13 + inner * share, y, steps=8)
    page.mouse.up()


def test_switch_the_noise_on_drag_and_see_the_floor_move_then_let_it_decay(open_page):
    page = open_page("/")
    bowl = player(page)
    rate = bowl.get_by_role("slider", name="Learning rate")
    page.locator(".st-key-bowl-noise label").first.click()
    says(rate, "^0.4: Expected loss 0.667 after 60 updates")
    in_link(page, "bowl.noise=true")
    before, swarm = floor(bowl), places(bowl)
    assert swarm.count("M") == 29  # and the strong one
    drag(page, rate, 3 / 87)
    says(rate, "^0.1: Expected loss 0.111 after 60 updates")
    assert floor(bowl) > before + 1000
    assert places(bowl) != swarm
    page.get_by_text("Time-based decay", exact=True).first.click()
    says(rate, "^0.1: Expected loss 0.967 .*8.7 times higher than with the rate kept")
    drag(page, rate, 15 / 87)
    says(rate, "^0.4: Expected loss 0.0167 .*40 times lower than with the rate kept")
    in_link(page, "rate=0.4")
    page.get_by_role("link", name="Try time-based decay on a real network").click()
    expect(page.get_by_role("heading", name="Schedules", exact=True)).to_be_visible()
    in_link(page, "decay_rate=0.8")
    no_traceback(page)


def test_a_drag_moves_balls_by_the_rate_alone_and_again_by_the_draw(open_page):
    page = open_page(NOISY)
    bowl = player(page)
    rate = bowl.get_by_role("slider", name="Learning rate")
    first = places(bowl)
    rate.press("ArrowRight")
    rate.press("ArrowLeft")
    assert places(bowl) == first
    page.get_by_role("button", name="Again").click()
    in_link(page, "bowl.draw=1")
    expect(bowl.locator("path.swarm")).not_to_have_attribute("d", first)


def test_the_ravine_without_and_with_momentum_in_two_drags(open_page):
    page = open_page("/")
    ravine = player(page, "ravine-rate")
    rate = ravine.get_by_role("slider", name="Learning rate")
    says(
        rate,
        "^0.1: Does not arrive: after 100 updates 66% of the distance is left. 100 of 100 updates change sides",
    )
    drag(page, rate, 38 / 87)
    says(rate, "^0.0975: Does not arrive: after 100 updates 58%")
    in_link(page, "ravine.rate=0.0975")
    momentum = page.locator(".st-key-ravine-momentum").get_by_role("slider")
    momentum.focus()
    for _ in range(18):
        momentum.press("ArrowRight")
    says(rate, "^0.0975: Arrives after 44 updates")
    expect(ravine.locator(".limit")).to_have_text("limit 0.19")
    ravine.get_by_role("button", name="fastest").click()
    says(rate, "^0.105: Arrives after 42 updates")
    in_link(page, "ravine.momentum=0.9")
    no_traceback(page)


def test_noise_in_the_ravine_is_settled_by_decay(open_page):
    page = open_page("/?ravine.momentum=0.9&ravine.noise=true")
    chart = player(page, "ravine-rate").locator(".charts > .chart")
    says(chart, "Expected loss 2.65 after 100 updates. That is the floor")
    page.locator(".st-key-ravine-decay").get_by_text("Exponential decay").click()
    says(
        chart,
        "Expected loss 0.152 after 100 updates. Decay makes it 17.4 times lower than with the rate kept",
    )


def test_a_new_rate_does_not_send_the_paths_again(open_page):
    page = open_page("/")
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sizes.append(len(frame))))
    page.goto(page.url.partition("?")[0] + NOISY[1:])
    settle(page)
    says(player(page).get_by_role("slider", name="Learning rate"), "^0.4: Expected loss")
    assert max(sizes) > 300_000
    sizes.clear()
    player(page).get_by_role("slider", name="Learning rate").press("ArrowRight")
    in_link(page, "rate=0.425")
    settle(page)
    assert 0 < sum(sizes) < 100_000


@pytest.mark.parametrize("path", [NOISY, "/?ravine.noise=true&ravine.momentum=0.9"])
def test_the_swarm_moves_in_each_frame_while_it_plays(open_page, path):
    page = open_page(path)
    where = player(page, "rate" if path == NOISY else "ravine-rate")
    where.get_by_role("button", name="Play", exact=True).click()
    frames, moved = where.locator(".charts > .chart").evaluate(IN_MOTION)
    assert frames > 5
    assert moved >= frames - 2


def test_whoever_wants_little_motion_sees_whole_updates_only(open_page):
    page = open_page(NOISY, reduced_motion="reduce")
    bowl = player(page)
    update = bowl.get_by_role("slider", name="Update")
    update.press("Home")
    bowl.get_by_role("button", name="Play", exact=True).click()
    says(update, r"^Update [1-9]\d* of 60")
    bowl.get_by_role("button", name="Pause", exact=True).click()
    stopped = update.get_attribute("aria-valuetext"), places(bowl)
    update.press("Home")
    while update.get_attribute("aria-valuetext") != stopped[0]:
        update.press("ArrowRight")
    assert places(bowl) == stopped[1]


def test_the_opening_leaves_the_bowl_the_screen(open_page):
    page = open_page("/", width=1280, height=720)
    still(page)
    top = page.get_by_role("heading", name="Learning rate", exact=True).bounding_box()["y"]
    bowl = player(page).bounding_box()
    assert bowl["y"] - top <= 90
    assert bowl["y"] + bowl["height"] <= 722
    assert "Learning rate laboratory" in page.locator("[data-testid=stMarkdown]").first.inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_formula_is_cut_and_no_control_leaves_the_page(open_page, width):
    for path in (
        "/?rate=0.1234&curvature=4",
        "/?rate=0.1234&bowl.noise=true&bowl.decay=Step+decay&ravine.noise=true&ravine.momentum=0.35"
        "&ravine.decay=Exponential+decay&ravine.decay_rate=0.125",
    ):
        page = open_page(path, width=width, height=720)
        page.get_by_text("Try next").wait_for()
        still(page)
        cut = page.locator("[data-testid=stMarkdown] .katex").evaluate_all(
            """formulas => formulas.filter(each => {
                const box = each.closest("[data-testid=stMarkdown]").getBoundingClientRect();
                const own = each.querySelector(".katex-html").getBoundingClientRect();
                return own.right > box.right + 1 || own.left < box.left - 1 || own.right > innerWidth;
            }).map(each => each.textContent)"""
        )
        assert not cut
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for part in (".charts > .chart", ".rates", ".landmarks", ".now"):
            box = player(page).locator(part).bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width


def test_axes_end_where_the_walls_end(open_page):
    chart = player(open_page("/")).locator(".charts > .chart")
    walls = chart.locator("polyline.landscape").bounding_box()
    for line in chart.locator("path.grid").all():
        box = line.bounding_box()
        assert box["x"] >= walls["x"] - 3
        assert box["x"] + box["width"] <= walls["x"] + walls["width"] + 3
        assert box["y"] >= walls["y"] - 3


def test_a_word_is_explained_where_it_is_first_used_by_keyboard(open_page):
    page = open_page("/")
    word = page.get_by_role("button", name=re.compile("^slope"))
    word.focus()
    word.press("Enter")
    expect(page.get_by_text("says how fast the loss rises")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_there_is_noise(open_page, scheme):
    page = open_page(f"{NOISY}&bowl.decay=Step+decay&ravine.noise=true", color_scheme=scheme)
    page.get_by_text("Try next").wait_for()
    settle(page)
    found = serious(page)
    assert not found, found


def test_the_chart_of_losses_grows_with_the_updates_and_says_their_values(open_page):
    bowl = player(open_page(NOISY))
    expected = bowl.locator(".losses .curves .frame").first
    entry = bowl.locator(".losses .entry", has_text="expected loss")
    update = bowl.get_by_role("slider", name="Update")
    widths, values = [], []
    for _ in range(3):
        widths.append(float(expected.get_attribute("width").rstrip("%")))
        values.append(entry.locator("b").inner_text())
        says(update, f"expected loss {values[-1]}")
        for _ in range(29):
            update.press("ArrowLeft")
    assert widths[0] > 1.5 * widths[1] > 4 * widths[2] > 0
    assert values[0] == "0.667" != values[2], "the floor, and on the way to it"
