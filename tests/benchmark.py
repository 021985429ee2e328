"""What is fast, measured side by side in one run: `python tests/benchmark.py [trainers] [startup] [browser]`.

Times differ from machine to machine and from run to run; the ratios are what counts. Each is a line of
a table: what, how long, and how that stands to its yardstick from the same run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from lrcore import ensemble, ionosphere  # noqa: E402
from lrcore.recipes import ARTICLE, Recipe  # noqa: E402
from lrcore.schedules import SCHEDULES  # noqa: E402

MOVES = 50
EMPTY_APP = "import streamlit as st\n\nst.title('Empty')\n"


def row(what: str, figure: str, ratio: str = "") -> None:
    """One line of the table."""
    print(f"| {what} | {figure} | {ratio} |", flush=True)


def seconds(action: Callable[[], object], repeats: int = 5) -> float:
    """The median time of `action`, in seconds, after one call that does not count."""
    action()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def percentiles(times: list[float]) -> str:
    """p50 and p95 in milliseconds."""
    return "p50 {:.0f} ms, p95 {:.0f} ms".format(*(1000 * np.percentile(times, (50, 95))))


def trainers() -> None:
    """The fast trainer and the Keras loop against `model.fit`, the article's recipe and length."""
    fit = _model_fit()
    row("model.fit, one run of 50 epochs", f"{1000 * fit:.0f} ms", "1")
    loop = seconds(_keras_loop)
    row("Keras loop, one call an epoch", f"{1000 * loop:.0f} ms", f"model.fit / {fit / loop:.0f}")
    for recipes, seeds in ((1, 1), (1, 10), (1, 20), (5, 20), (5, 200)):
        took = seconds(lambda recipes=recipes, seeds=seeds: _ensemble(recipes, seeds), 3)
        runs = recipes * seeds
        row(
            f"fast trainer, {runs} runs ({recipes} recipes x {seeds} seeds)",
            f"{1000 * took:.0f} ms, {1000 * took / runs:.2f} ms a run",
            f"model.fit / {fit / took:.1f}",
        )
    for epochs in (50, 100, 200):
        took = seconds(lambda epochs=epochs: _ensemble(1, 20, epochs=epochs), 3)
        row(
            f"fast trainer, 20 runs of {epochs} epochs",
            f"{1000 * took:.0f} ms",
            f"{1e6 * took / epochs:.0f} us an epoch",
        )
    # not ru_maxrss: a new process begins with the peak of the one that started it
    code = (
        "from pathlib import Path; from tests.benchmark import _ensemble; _ensemble(5, 200)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    peak = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    row("fast trainer, peak memory of a process with 1000 runs", f"{int(peak.stdout) / 1024:.0f} MB")


def _ensemble(recipes: int, seeds: int, *, epochs: int = 50) -> None:
    x, y = ionosphere.data()
    splits = [ionosphere.split_indices(y, "tail", seed) for seed in range(seeds)]
    chosen = [Recipe(schedule(), epochs=epochs) for schedule in list(SCHEDULES.values())[:recipes]]
    rates = np.stack([recipe.learning_rates(len(splits[0][0])) for recipe in chosen])
    ensemble.train(x, y, splits, rates, np.full(recipes, 0.9), seeds=range(seeds), batch_size=28)


def _keras_loop() -> None:
    from lrcore import keras_run

    x, y = ionosphere.data()
    split = ionosphere.split_indices(y, "tail", 0)
    recipe = ARTICLE["step"]
    rates = recipe.learning_rates(len(split[0]))
    for _ in keras_run.train(x, y, split, rates, recipe.momentum, seed=0, batch_size=28):
        pass


def _model_fit() -> float:
    import keras

    x, y = ionosphere.data()
    model = keras.Sequential(
        [
            keras.Input((34,)),
            keras.layers.Dense(34, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    begin = time.perf_counter()
    model.fit(x, y, validation_split=0.33, epochs=50, batch_size=28, verbose=0)
    return time.perf_counter() - begin


def startup() -> None:
    """From `streamlit run` to a first page that can be played with, and to all of it, against an empty app."""
    usable, whole = "can be used", "is complete"
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "app.py"
        empty.write_text(EMPTY_APP)
        apps = {"empty app": (empty, "h1"), "this app": (ROOT / "app.py", ".st-key-rate-player svg")}
        times = {name: [_time_to_first_page(*app) for _ in range(5)] for name, app in apps.items()}
    medians = {
        name: dict(zip((usable, whole), np.median(each, axis=0), strict=True)) for name, each in times.items()
    }
    for until in (usable, whole):
        for name, each in medians.items():
            more = each[until] - medians["empty app"][until]
            row(f"start until the first page {until}, {name}", f"{each[until]:.1f} s", f"+ {more:.1f} s")


def _time_to_first_page(app: Path, part: str) -> tuple[float, float]:
    """Seconds until that part of the page is drawn, and until all of it is."""
    from tests.conftest import settle, start_server, stop_server

    begin = time.perf_counter()
    process, url = start_server(app)
    try:
        with _browser() as browser:
            page = browser.new_page()
            page.goto(url)
            page.locator(part).first.wait_for()
            drawn = time.perf_counter() - begin
            settle(page)
            return drawn, time.perf_counter() - begin
    finally:
        stop_server(process)


def _browser():
    import contextlib
    import shutil

    from playwright.sync_api import sync_playwright

    from tests.conftest import CHROMIUM_FLAGS

    @contextlib.contextmanager
    def chromium():
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
            )
            yield browser
            browser.close()

    return chromium()


def browser() -> None:
    """From a slider's release to the new curve and to the new bands; from Train to the trained run."""
    from tests.conftest import settle, start_server, stop_server

    process, url = start_server()
    try:
        with _browser() as chromium:
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{url}/Schedules?schedule=Exponential+decay")
            settle(page)
            curve, bands = _slider_moves(page)
            row(f"slider to learning rate curve, {MOVES} moves", percentiles(curve))
            row(f"slider to the bands of 20 seeds, {MOVES} moves", percentiles(bands))
            page.goto(f"{url}/Train")
            settle(page)
            _train(page)  # Keras may be starting
            first, done = zip(*(_train(page) for _ in range(10)), strict=True)
            row("click on Train to the first point, 10 times", percentiles(list(first)))
            row("click on Train to the trained run, 10 times", percentiles(list(done)))
    finally:
        stop_server(process)


WATCH = """
selectors => {
  const path = selector => document.querySelector(selector)?.getAttribute('d');
  const before = selectors.map(path), times = selectors.map(() => null), begin = performance.now();
  window.watched = new Promise(resolve => {
    const look = () => {
      selectors.forEach((selector, i) => {
        const now = path(selector);
        if (times[i] === null && now && now !== before[i]) times[i] = performance.now() - begin;
      });
      if (times.every(time => time !== null) || performance.now() - begin > 3000) resolve(times);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""


def _slider_moves(page) -> tuple[list[float], list[float]]:
    """Milliseconds from a key on a slider to the new curve and to the new bands, as the browser has them."""
    from tests.conftest import settle, slider

    selectors = [f".st-key-{key} .scatterlayer path.js-line" for key in ("rates-chart", "bands-loss")]
    times = []
    for move in range(MOVES):
        # five stops down on one slider, five on the other, and back: few settings come twice
        handle = slider(page, ("Decay rate", "Initial learning rate")[move // 5 % 2])
        handle.focus()
        page.evaluate(WATCH, selectors)
        page.keyboard.press(("ArrowLeft", "ArrowRight")[move // 10 % 2])
        times.append(page.evaluate("window.watched"))
        settle(page)
    drawn = [pair for pair in times if None not in pair]
    row("moves that changed both charts", f"{len(drawn)} of {len(times)}")
    return [pair[0] / 1000 for pair in drawn], [pair[1] / 1000 for pair in drawn]


def _train(page) -> tuple[float, float]:
    done = page.get_by_text("Keras has trained")
    begin = time.perf_counter()
    page.locator(".st-key-train-start button").click()
    page.wait_for_function("!document.body.innerText.includes('epoch 50 of 50')", timeout=120_000)
    page.get_by_text("epoch 1 of 50", exact=True).or_(
        page.get_by_text("epoch 2 of 50", exact=True)
    ).wait_for()
    first = time.perf_counter() - begin
    done.wait_for(timeout=120_000)
    return first, time.perf_counter() - begin


if __name__ == "__main__":
    print("| what | measured | in relation |\n| --- | --- | --- |")
    for part in sys.argv[1:] or ("trainers", "startup", "browser"):
        {"trainers": trainers, "startup": startup, "browser": browser}[part]()
