"""The drawn frames while a slider is dragged: `python tests/tools/benchmark.py drag`."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Page

SECONDS, MOVES = 2, 60
"""How long the slider is dragged, and how many times a second the pointer moves."""
NEAR = 0.3
"""Seconds that the pointer is on the thumb before it is pressed."""
WATCH = """
([key, curve, bands]) => {
  const rootOf = plot => [...document.querySelector(`.st-key-${plot.replace(".", "-")}`).querySelectorAll("*")]
    .find(each => each.shadowRoot).shadowRoot.querySelector(".grid");
  const plots = { curve: rootOf(curve), bands: rootOf(bands) };
  const drawn = grid => [...grid.querySelectorAll(".curves .frame")].map(frame => frame.getAttribute("viewBox") +
    [...frame.children].map(path => path.getAttribute("d"))).join() + grid.querySelector(".rows").textContent;
  const thumb = document.querySelector(`.st-key-${key} input[type=range]`);
  const text = () => thumb.getAttribute("aria-valuetext");
  const seen = window.seen = { curve: [], bands: [], blank: 0, nodes: 0, frames: [] };
  let moved = [[text(), 0]], asked = [], last = performance.now();
  const now = { curve: drawn(plots.curve), bands: drawn(plots.bands) };
  new MutationObserver(() => { // its attributes are also written where they stay as they are
    if (text() !== moved.at(-1)?.[0]) moved.push([text(), performance.now()]);
  })
    .observe(thumb, { attributes: true, attributeFilter: ["aria-valuetext"] });
  document.addEventListener("learning-rate-laboratory:drag", ({ detail }) => {
    if (detail.kind === "drawn" && bands in detail.plots) asked.push(detail.text);
  });
  for (const grid of Object.values(plots)) {
    new MutationObserver(changes => changes.forEach(each => { seen.nodes += each.addedNodes.length; }))
      .observe(grid, { subtree: true, childList: true });
  }
  const look = time => {
    seen.frames.push(performance.now() - last);
    last = performance.now();
    for (const plot of ["curve", "bands"]) {
      const new_ = drawn(plots[plot]);
      seen.blank += !new_ || !plots[plot].isConnected;
      if (new_ === now[plot]) continue;
      now[plot] = new_;
      const of = plot === "curve" ? text() : asked.at(-1); // which stop it is that is drawn
      const move = moved.findLast(([stop]) => stop === of);
      if (move) seen[plot].push(last - move[1]);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


@dataclass(frozen=True)
class Drag:
    """One drag: seconds from the thumb's move to the drawn curve and bands, and to the next frame."""

    curve: list[float]
    bands: list[float]
    frames: list[float]
    blank: int
    nodes: int
    seconds: float


def drag(page: Page, key: str, curve: str, bands: str, sweeps: int) -> Drag:
    """Drags the slider of that key over all of its stops to and fro, back to where it was, and lets it go.

    Args:
        key: the slider's, as it stands in its class.
        curve, bands: the keys of the plots of learning rates and of runs.
        sweeps: how often it goes to and fro: the more, the more stops it passes in a second.
    """
    thumb = page.locator(f".st-key-{key} input[type=range]").locator("xpath=../..")
    thumb.scroll_into_view_if_needed()
    box, track = thumb.bounding_box(), page.locator(f".st-key-{key} [role=group]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    left, right = track["x"] + 2, track["x"] + track["width"] - 2
    places = [x, *([right, left] * sweeps), x]
    way = np.cumsum(np.abs(np.diff(places, prepend=x)))
    page.evaluate(WATCH, [key, curve, bands])
    page.mouse.move(x, y)
    time.sleep(NEAR)
    page.mouse.down()
    begin = time.perf_counter()
    for move in range(1, SECONDS * MOVES + 1):
        page.mouse.move(float(np.interp(move / (SECONDS * MOVES) * way[-1], way, places)), y)
        time.sleep(max(0.0, begin + move / MOVES - time.perf_counter()))
    took, seen = time.perf_counter() - begin, page.evaluate("window.seen")
    page.mouse.up()
    times = {name: [each / 1000 for each in seen[name]] for name in ("curve", "bands", "frames")}
    return Drag(**times, blank=seen["blank"], nodes=seen["nodes"], seconds=took)
