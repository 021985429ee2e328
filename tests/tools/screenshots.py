"""The README's pictures, made from the running app: `python tests/tools/screenshots.py`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import CHROMIUM_FLAGS, settle, start_server, stop_server  # noqa: E402

FOLDER = Path(__file__).parent / "screenshots"
PAGES = {
    "learning_rate": "/",
    "data": "/Data?split=tail",
    "schedules": "/Schedules?schedule=Step+decay&momentum=0.9",
    "train": "/Train?schedule=Step+decay&momentum=0.9&run=as+set",
    "compare": "/Compare",
    "tune": "/Tune",
    "surface": "/Surface",
    "article": "/The_article",
}


def shoot(page: Page, url: str, name: str, path: str) -> None:
    """One page as it looks when all of it has come."""
    page.goto(url + path)
    settle(page)
    if "run=" in path:
        page.get_by_text("Keras has trained").wait_for(timeout=120_000)
        page.get_by_text("epoch 50 of 50", exact=True).wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> None:
    """Makes all of them anew."""
    FOLDER.mkdir(exist_ok=True)
    process, url = start_server()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(url)  # the first visit has app.py run, which makes the navigation
            settle(page)
            for name, path in PAGES.items():
                shoot(page, url, name, path)
            browser.close()
    finally:
        stop_server(process)


if __name__ == "__main__":
    main()
