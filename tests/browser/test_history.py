"""The browser's history: what is on the screen goes along, and Back goes back, by exactly one entry an act."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ROOT, WAIT, comes, no_traceback, settle, slider, start_server, stop_server

PAGES = {
    "Learning rate": "Curvature",
    "Data": "Split",
    "Schedules": "Momentum",
    "Train": "Seed",
    "Compare": "Seeds",
    "Tune": "Rate",
    "The article": "Runs of each control recipe",
}
"""By their titles the pages, each with a control that stands on it."""
MIRROR = ROOT / "pages" / "components" / "state" / "mirror.js"


def menu(page: Page, title: str) -> None:
    """Goes to the page of that title by the menu, and waits until its address is its own."""
    page.get_by_role("link", name=title, exact=True).first.click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    mirrored(page)


def mirrored(page: Page) -> None:
    """Waits until the page has run and the address says what it shows."""
    settle(page)
    page.wait_for_function("location.search.length > 1")


def entries(page: Page) -> int:
    """How many entries the browser's history has."""
    return page.evaluate("history.length")


def shown(page: Page) -> list[str]:
    """The page's title, and what its controls stand at."""
    settle(page)
    fields = ":is([data-testid=stNumberInput], [data-testid=stTextInput]) input"
    controls = (
        page.locator(
            "[data-testid=stSlider] input[type=range], [data-testid=stMain] [role=radio][aria-checked=true], "
            f"[data-testid=stMain] input[role=combobox], {fields}"
        )
        .filter(visible=True)
        .evaluate_all("all => all.map(each => each.ariaValueText || each.value || each.innerText)")
    )
    assert controls
    return [page.get_by_role("heading").first.inner_text(), *controls]


def walk_through_all_pairs(titles: list[str]) -> list[str]:
    """A walk from page to page in which each ordered pair of two comes once: an Eulerian circuit."""
    ways = {title: [other for other in reversed(titles) if other != title] for title in titles}
    path, walk = [titles[0]], []
    while path:
        path.append(ways[path[-1]].pop()) if ways[path[-1]] else walk.append(path.pop())
    return walk[::-1]


@pytest.mark.slow
def test_what_is_set_goes_along_between_every_two_pages_and_back_again(open_page):
    page = open_page("/Schedules?schedule=Step+decay&momentum=0.9&split=tail&a.momentum=0.5&seed=3&runs=100")
    expect(page).to_have_url(re.compile("momentum=0.9"))
    walk = walk_through_all_pairs([*PAGES])
    assert len(walk) == 1 + len(PAGES) * (len(PAGES) - 1)
    been, keys = [], itertools.cycle(["ArrowRight", "ArrowLeft"])  # never beyond the ends
    for title in walk:
        before = entries(page)
        menu(page, title)
        assert entries(page) == min(before + 1, 50), "one entry a click; the browser keeps 50"
        if title in ("Schedules", "Train"):
            url = page.url
            slider(page, "Epochs").press(next(keys))
            expect(page).not_to_have_url(url)
            settle(page)
            assert entries(page) == min(before + 1, 50), "and none for a slider"
        been.append((page.url, shown(page)))
    for url, screen in reversed(been[:-1]):
        page.go_back()
        expect(page).to_have_url(url)
        mirrored(page)
        comes(screen, shown, page)
        no_traceback(page)
    for url, screen in been[1:4]:
        page.go_forward()
        expect(page).to_have_url(url)
        mirrored(page)
        comes(screen, shown, page)


def lesson() -> list[str]:
    """The links of the README's lesson of 45 minutes, in its order."""
    steps = (ROOT / "README.md").read_text(encoding="utf-8").partition("A lesson of 45 minutes")[2]
    return re.findall(r"\(http://localhost:8501(/[^)]*)\)", steps.partition("*For a class*")[0])


def test_the_lesson_of_the_readme_by_its_links_and_by_the_menu_with_back_at_every_step(open_page, server):
    page, been = open_page("/"), []
    links = lesson()
    assert len(links) >= 7
    for link in links:
        page.goto(server + link)
        mirrored(page)
        expect(page.get_by_text("This link has invalid settings")).to_have_count(0)
        here = shown(page)
        if been:
            page.go_back()
            mirrored(page)
            comes(been[-1], shown, page)
            page.go_forward()
            mirrored(page)
            comes(here, shown, page)
        title = here[0]
        other = "Data" if title != "Data" else "Train"
        menu(page, other)
        page.go_back()
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        mirrored(page)
        comes(here, shown, page)
        been.append(here)
        no_traceback(page)


@pytest.mark.parametrize(
    ("path", "presets", "control"),
    [
        (
            "/Schedules?schedule=Cosine+decay",
            ["page-next-0", "page-next-1"],
            "Momentum",
        ),
        ("/Train?epochs=10", ["page-next-1", "page-next-3"], "Seed"),
        ("/Compare?seeds=3", ["compare-preset-article", "compare-preset-four_meanings"], "Seeds"),
    ],
    ids=["Schedules", "Train", "Compare"],
)
def test_preset_preset_slider_back_back_forward(open_page, path, presets, control):
    page = open_page(path)
    mirrored(page)
    states, length = [(page.url, shown(page))], entries(page)
    for number, preset in enumerate(presets, start=1):
        page.locator(f".st-key-{preset} button").first.click()
        expect(page).not_to_have_url(states[-1][0])
        mirrored(page)
        assert entries(page) == length + number
        states.append((page.url, shown(page)))
    slider(page, control).press("ArrowRight")
    expect(page).not_to_have_url(states[-1][0])
    mirrored(page)
    assert entries(page) == length + 2
    moved = page.url, shown(page)
    for move, (url, screen) in (
        ("back", states[1]),
        ("back", states[0]),
        ("forward", states[1]),
        ("forward", moved),
    ):
        getattr(page, f"go_{move}")()
        expect(page).to_have_url(url)
        mirrored(page)
        comes(screen, shown, page)
    slider(page, control).press("ArrowLeft")
    expect(page).not_to_have_url(moved[0])
    settle(page)
    page.reload()
    mirrored(page)
    assert shown(page) != states[0][1], "a change after Back outlives a reload"
    no_traceback(page)


def test_a_reference_outlives_drags_a_reload_and_other_pages_and_back_takes_it_away(open_page):
    page = open_page("/Schedules?schedule=Step+decay&momentum=0.9")
    mirrored(page)
    length = entries(page)
    grey = page.locator(".ghosts .frame:not([hidden]) path.line")
    page.get_by_role("button", name="Keep as reference").click()
    expect(page).to_have_url(re.compile("reference="))
    assert entries(page) == length + 1
    slider(page, "Drop factor").press("ArrowLeft")
    expect(page).to_have_url(re.compile("(?=.*drop=0.4)(?=.*reference=)"))
    expect(grey).to_have_count(5)
    moved = page.url

    def paths() -> list[str]:
        return [path.get_attribute("d") for path in grey.all()]

    kept = paths()

    def stands() -> None:
        expect(page).to_have_url(moved)
        comes(kept, paths)

    stands()
    page.reload()
    stands()
    menu(page, "Data")
    menu(page, "Schedules")
    stands()
    for _ in range(2):
        page.go_back()
        mirrored(page)
    stands()
    page.go_back()
    expect(page).not_to_have_url(re.compile("reference="))
    expect(grey).to_have_count(0)
    page.go_forward()
    mirrored(page)
    stands()
    page.get_by_role("button", name="Clear").click()
    expect(grey).to_have_count(0)
    expect(page).not_to_have_url(re.compile("reference="))


def test_back_undoes_a_run_too(open_page):
    page = open_page("/Train?momentum=0.9&epochs=10")
    mirrored(page)
    page.get_by_role("button", name="experiment 3").click()
    expect(page.get_by_text("Keras has trained 50 of 50 epochs")).to_be_visible(timeout=4 * WAIT)
    page.get_by_role("button", name="experiment 1").click()
    expect(page).to_have_url(re.compile(r"Train\?split=tail&run=as"))
    expect(page.get_by_text("Keras has trained 50 of 50 epochs")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("(?=.*momentum=0.9)(?=.*run=as)"))
    expect(page.get_by_text("Keras has trained 50 of 50 epochs")).to_be_visible()
    expect(page.get_by_text("This run was computed from other settings")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("Press Train to watch Keras")).to_be_visible()
    expect(slider(page, "Epochs")).to_have_attribute("aria-valuetext", "10")


def test_a_link_that_promises_a_run_starts_it_and_back_leaves_the_page(open_page):
    page = open_page("/Data")
    mirrored(page)
    length = entries(page)
    page.get_by_role("link", name=re.compile("first recipe")).click()
    expect(page.get_by_text("Keras has trained 50 of 50 epochs")).to_be_visible(timeout=4 * WAIT)
    assert entries(page) == length + 1
    page.locator(".st-key-train-start button").click()
    settle(page)
    assert entries(page) == length + 1, "a run that is started by hand makes none"
    page.go_back()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()


def test_a_link_to_the_same_page_brings_its_result_into_view(open_page):
    page = open_page("/Schedules?schedule=Step+decay&embed=true&embed_options=show_padding")
    mirrored(page)
    settle(page)
    link = page.get_by_role("button", name="A drop that never comes")
    link.scroll_into_view_if_needed()
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") > 100
    link.click()
    expect(page).to_have_url(
        re.compile("(?=.*epochs_drop=60)(?=.*embed=true)(?=.*embed_options=show_padding)")
    )
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop === 0")


def test_the_link_for_a_class_is_the_app_s_own_address_in_a_frame_too(open_page, server):
    page = open_page("/Data")
    page.route(
        "**/portal/course",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<iframe src="{server}/Schedules?momentum=0.9" width=1200 height=700></iframe>',
        ),
    )
    page.goto(f"{server}/portal/course")
    frame = page.frame(url=re.compile("/Schedules"))
    settle(frame)  # a first run that is still to come would close the dialog
    frame.get_by_role("button", name="For a class").click()
    link = frame.get_by_role("dialog").get_by_test_id("stCode")
    expect(link).to_contain_text(f"{server}/Schedules?momentum=0.9")


def test_addresses_in_small_letters_open_their_pages(open_page):
    open_page("/")  # until somebody has opened the app, Streamlit knows the pages' files alone
    for path, title in {"/schedules?momentum=0.9": "Schedules", "/the_article": "The article"}.items():
        page = open_page(path)
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        no_traceback(page)


FAR_AWAY = """{
    const { addEventListener } = WebSocket.prototype;
    WebSocket.prototype.addEventListener = function (kind, listener, ...more) {
        const later = (...all) => setTimeout(() => listener.apply(this, all), 400);
        addEventListener.call(this, kind, kind === "message" ? later : listener, ...more);
    };
}"""
"""What the server says comes 400 milliseconds late."""


def far_away(context_of, server: str, path: str) -> Page:
    """That page of a visitor who is far from the server."""
    page = context_of().new_page()
    page.add_init_script(FAR_AWAY)
    page.goto(server + path)
    settle(page)
    return page


def test_who_acts_again_before_the_answer_comes_undoes_nothing(context_of, server):
    page = far_away(context_of, server, "/Schedules?schedule=Step+decay")
    slider(page, "Initial learning rate").press("ArrowLeft")
    slider(page, "Momentum").press("ArrowRight")
    expect(page).to_have_url(re.compile("(?=.*initial_learning_rate=0.0)(?=.*momentum=0.)"))
    settle(page)
    page.get_by_role("button", name="A drop that never comes").click()
    slider(page, "Momentum").press("ArrowRight")
    expect(page).to_have_url(re.compile("(?=.*epochs_drop=60)(?=.*momentum=0.)"))
    page.close()


def test_a_rate_chosen_in_the_bowl_stays_though_a_decay_is_chosen_before_the_answer_comes(context_of, server):
    page = far_away(context_of, server, "/?bowl.noise=true")
    page.locator(".st-key-rate-player").get_by_role("slider", name="Learning rate").press("Home")
    page.wait_for_function("window.isAwaiting")
    page.get_by_text("Time-based decay", exact=True).first.click()
    expect(page).to_have_url(re.compile("(?=.*rate=0.0)(?=.*bowl.decay=time)", re.IGNORECASE))
    settle(page)
    expect(page).to_have_url(re.compile("(?=.*rate=0.0)(?=.*bowl.decay=time)", re.IGNORECASE))
    page.close()


CALLED = """async ([script, calls]) => {
    const { default: call } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    let asked = 0;
    const length = history.length;
    addEventListener("popstate", () => { asked++; });
    for (const [visit, runs, acts] of calls) call({ data: { visit, runs, acts, query: `said=${visit}${runs}` } });
    return [location.search, history.length - length, asked];
}"""


@pytest.mark.parametrize(
    ("calls", "shown"),
    [
        (["a1"], ["a1", 0, 0]),
        (["a1", "a2", "a1"], ["a2", 0, 0]),
        (["a2+", "a1"], ["a2", 1, 0]),
        (["a2+", "a1", "a3+"], ["a3", 1, 0]),
        (["a1", "a3+", "a2", "a4++"], ["a4", 2, 0]),
        (["a5", "b1"], ["a5", 0, 1]),
        (["a1", "b2", "b3"], ["b3", 0, 1]),
    ],
)
def test_an_outdated_call_leaves_the_address_and_only_another_session_is_sent_it(
    browser, server, calls, shown
):
    """A call is named by its session, its run, and a plus for each act of the reader until then."""
    page = browser.new_page()
    page.goto(f"{server}/_stcore/health")
    data = [[call[0], int(call[1]), call.count("+")] for call in calls]
    search, entries, asked = page.evaluate(CALLED, [MIRROR.read_text(encoding="utf-8"), data])
    page.close()
    assert [search.removeprefix("?said="), entries, asked] == shown


@pytest.mark.parametrize("path", ["/Schedules?schedule=Step+decay", "/Learning_rate"])
def test_a_link_opens_a_page_on_a_server_just_started_as_it_does_later(browser, path):
    process, url = start_server()
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    looks = []
    try:
        for _ in range(2):
            page.goto(url + path)
            mirrored(page)
            headings = page.get_by_role("heading").all()
            looks.append([shown(page), *(each.bounding_box() for each in headings)])
            expect(page.get_by_test_id("stTopNavLink")).to_have_count(8)
            expect(page.get_by_test_id("stSidebar")).to_have_count(0)
            expect(page.get_by_role("dialog")).to_have_count(0)
    finally:
        page.close()
        stop_server(process)
    assert looks[0] == looks[1]
