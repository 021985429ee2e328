"""How fast the app is, measured side by side in one run: `python tests/tools/benchmark.py [part ...]`.

The parts are trainers, startup, browser and drag; without any, all of them. Times differ from machine to machine and
from run to run; the ratios are what counts. Each line of the table has an action, its time, and the ratio to its
yardstick from the same run.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from timeit import timeit

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from lrcore import train, train_with_keras  # noqa: E402
from lrcore.data import DATASETS  # noqa: E402
from lrcore.optimizers import SGD  # noqa: E402
from lrcore.recipes.article import ARTICLE  # noqa: E402
from lrcore.recipes.recipe import Recipe  # noqa: E402
from lrcore.schedules.catalogue import SCHEDULES  # noqa: E402

DATA = DATASETS["ionosphere"]
MOVES = 50
EMPTY_APP = "import streamlit as st\n\nst.title('Empty')\n"
SMALLEST_APP = """
import plotly.graph_objects as go, streamlit as st
rate = st.select_slider("Decay rate", [step / 100 for step in range(1, 101)], value=0.5)
y = [rate / (1 + rate * epoch) for epoch in range(51)]
st.plotly_chart(go.Figure([{"type": "scatter", "y": y}]), key="rates.chart")
"""


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


def in_turn(actions: Sequence[Callable[[], float]], repeats: int = 5) -> list[float]:
    """The least that each returns, after a call that does not count: they take turns, so all meet the same load."""
    times = [[action() for action in actions] for _ in range(repeats + 1)]
    return np.min(times[1:], axis=0).tolist()


def percentiles(times: list[float]) -> str:
    """p50 and p95 in milliseconds."""
    return "p50 {:.0f} ms, p95 {:.0f} ms".format(*(1000 * np.percentile(times, (50, 95))))


def trainers() -> None:
    """The fast trainer and the Keras loop against `model.fit`, the article's recipe and length."""
    from lrcore.server import fast

    _in_processes(1, 100)
    time.sleep(5)  # by then the second process has started
    sizes = [(1, 1), (1, 10), (1, 20), (3, 20), (5, 20), (1, 100), (5, 200)]
    shared = [size for size in sizes if size[0] * size[1] in (20, 100, 1000)]
    trained = [partial(timeit, partial(_ensemble, *size), number=1) for size in sizes]
    trained += [partial(timeit, partial(_in_processes, *size), number=1) for size in shared]
    fit, loop, *took = in_turn([_model_fit, partial(timeit, _keras_loop, number=1), *trained])
    fast.trainer().close()
    row("model.fit, one run of 50 epochs", f"{1000 * fit:.0f} ms", "1")
    row("Keras loop, one call an epoch", f"{1000 * loop:.0f} ms", f"model.fit / {fit / loop:.0f}")
    names = ["fast trainer"] * len(sizes) + ["as the app trains, in two processes"] * len(shared)
    for name, (recipes, seeds), each in zip(names, [*sizes, *shared], took, strict=True):
        runs = recipes * seeds
        row(
            f"{name}, {runs} runs ({recipes} recipes x {seeds} seeds)",
            f"{1000 * each:.0f} ms, {1000 * each / runs:.2f} ms a run",
            f"model.fit / {fit / each:.1f}",
        )
    times = dict(zip(sizes, took, strict=False))
    row("fast trainer, 1000 runs against 100", "", f"{times[5, 200] / times[5, 20]:.1f} times as long")
    for epochs in (50, 100, 200):
        once = seconds(lambda epochs=epochs: _ensemble(1, 20, epochs=epochs), 3)
        row(
            f"fast trainer, 20 runs of {epochs} epochs",
            f"{1000 * once:.0f} ms",
            f"{1e6 * once / epochs:.0f} us an epoch",
        )
    # not ru_maxrss: a new process begins with the peak of the one that started it
    code = (
        "from pathlib import Path; from tests.tools.benchmark import _ensemble; _ensemble(5, 200)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    peak = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    row("fast trainer, peak memory of a process with 1000 runs", f"{int(peak.stdout) / 1024:.0f} MB")


def _ensemble(recipes: int, seeds: int, *, epochs: int = 50) -> None:
    train(_recipes(recipes, epochs), range(seeds))


def _in_processes(recipes: int, seeds: int) -> None:
    """The same in a process beside the server's, and in a second one while a core is free."""
    from lrcore.server import fast

    fast.run(_recipes(recipes), range(seeds), lambda: None)


def _recipes(count: int, epochs: int = 50) -> list[Recipe]:
    chosen = list(SCHEDULES.values())[:count]
    return [Recipe(each(), optimizer=SGD(0.9), epochs=epochs, split="tail") for each in chosen]


def _keras_loop() -> None:
    train_with_keras(ARTICLE["step"], 0)


def _model_fit() -> float:
    """Seconds of one `model.fit` on a new model."""
    import keras

    x, y = DATA.x, DATA.y
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


@contextlib.contextmanager
def _browser():
    """Chromium, as the tests start it."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import CHROMIUM_FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def browser() -> None:
    """From a slider's move to the new curve and to the new bands; from Train to the trained run.

    The yardstick is the smallest app with one slider and one chart.
    """
    with tempfile.TemporaryDirectory() as folder, _browser() as chromium:
        smallest = Path(folder) / "app.py"
        smallest.write_text(SMALLEST_APP)
        with _page(chromium, smallest) as (page, url):
            page.goto(url)
            [least] = _slider_moves(page, ("rates-chart",), ("Decay rate",))
            row(f"slider to chart, {len(least)} moves, smallest app", percentiles(least), "1")
        with _page(chromium, ROOT / "app.py") as (page, url):
            _train(page, f"{url}/Train?seed=100")  # Keras may be starting
            page.goto(f"{url}/Schedules?schedule=Exponential+decay")
            sliders = ("Decay rate", "Initial learning rate")
            for name, times in zip(
                ("learning rate curve", "bands of 20 seeds"),
                _slider_moves(page, ("rates-chart", "bands-charts"), sliders),
                strict=True,
            ):
                ratio = f"{np.median(times) / np.median(least):.1f}"
                row(f"slider to {name}, {len(times)} moves", percentiles(times), ratio)
            first, done = zip(*(_train(page, f"{url}/Train?seed={seed}") for seed in range(10)), strict=True)
            row("click on Train to the first point, 10 times", percentiles(list(first)))
            row("click on Train to the trained run, 10 times", percentiles(list(done)))


def drag() -> None:
    """A slider that is dragged for two seconds: from its thumb's move to the drawn curve and bands."""
    from pages.components.charts import bands, rates
    from pages.components.compare import charts

    of_one = ("initial_learning_rate", "drop", "epochs_drop"), rates.KEY, bands.KEY
    with _browser() as chromium, _page(chromium, ROOT / "app.py") as (page, url):
        _drag(page, f"{url}/Schedules?schedule=StepDecay&momentum=0.9", *of_one)
        _drag(page, f"{url}/Compare", ("a-initial_learning_rate",), charts.RATES, charts.CURVES)


def _drag(page, address: str, keys: Sequence[str], curve: str, bands: str) -> None:
    from tests.conftest import settle
    from tests.tools import drag as held

    page.goto(address)
    settle(page)
    time.sleep(3)  # the trainers have started
    for key, (sweeps, speed) in itertools.product(keys, ((1, "slowly"), (2, "fast"))):
        seen = held.drag(page, key, curve, bands, sweeps)
        settle(page)
        dragged = f"{key} dragged {speed}"
        for name, times in (("curve", seen.curve), ("bands", seen.bands)):
            often = f"{len(times) / seen.seconds:.1f} a second"
            row(f"{dragged}, move to {name}", percentiles(times), often)
        longest = f"frames {percentiles(seen.frames)}, longest {1000 * max(seen.frames):.0f} ms"
        row(f"{dragged}, blank frames, nodes made", f"{seen.blank}, {seen.nodes}", longest)


@contextlib.contextmanager
def _page(chromium, app: Path):
    """A page in the browser, and the address of a server that runs `app`."""
    from tests.conftest import start_server, stop_server

    process, url = start_server(app)
    try:
        yield chromium.new_page(viewport={"width": 1280, "height": 800}), url
    finally:
        stop_server(process)


WATCH = """
keys => {
  const path = key => { // the first curve of a plotly chart, or of a plot of ours
    const place = document.querySelector(`.st-key-${key}`);
    const root = [...place.querySelectorAll("*")].find(each => each.shadowRoot)?.shadowRoot ?? place;
    return root.querySelector(".curves path.line, .scatterlayer path.js-line")?.getAttribute("d");
  };
  const before = keys.map(path), times = keys.map(() => null), begin = performance.now();
  window.watched = new Promise(resolve => {
    const look = () => {
      keys.forEach((key, i) => {
        const now = path(key);
        if (times[i] === null && now && now !== before[i]) times[i] = performance.now() - begin;
      });
      if (times.every(time => time !== null) || performance.now() - begin > 3000) resolve(times);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""


def _slider_moves(page, charts: tuple[str, ...], sliders: tuple[str, ...]) -> list[list[float]]:
    """Seconds from a key on a slider to each new chart, as the browser has them; settings that come twice are few.

    A key that lets a chart as it was does not count.
    """
    from tests.conftest import settle, slider

    settle(page)
    times = []
    while len(times) < MOVES:
        # five stops down on each slider, and back
        handle = slider(page, sliders[len(times) // 5 % len(sliders)])
        handle.focus()
        page.evaluate(WATCH, list(charts))
        page.keyboard.press(("ArrowLeft", "ArrowRight")[len(times) // 10 % 2])
        times.append(page.evaluate("window.watched"))
        settle(page)
    return [
        [each / 1000 for each in chart]
        for chart in zip(*(pair for pair in times if None not in pair), strict=True)
    ]


WATCH_RUN = """
() => {
  const begin = performance.now(), times = [null, null];
  const players = () => [...document.querySelectorAll("*")].flatMap(each => each.shadowRoot ?? []);
  const seen = [
    () => players().some(root => /^epoch [1-9]/.test(root.querySelector("output.epoch")?.textContent)),
    () => document.body.innerText.includes("Keras has trained"),
  ];
  window.watched = new Promise(resolve => {
    const look = () => {
      seen.forEach((is, i) => { if (times[i] === null && is()) times[i] = performance.now() - begin; });
      if (times.every(time => time !== null)) resolve(times); else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""


def _train(page, link: str) -> tuple[float, float]:
    """Seconds from a click on Train to the first epoch that is drawn, and to the trained run."""
    from tests.conftest import settle

    page.goto(link)
    settle(page)
    page.evaluate(WATCH_RUN)
    page.locator(".st-key-train-start button").click()
    first, done = page.evaluate("window.watched")
    return first / 1000, done / 1000


if __name__ == "__main__":
    print("| what | measured | in relation |\n| --- | --- | --- |")
    for part in sys.argv[1:] or ("trainers", "startup", "browser", "drag"):
        {"trainers": trainers, "startup": startup, "browser": browser, "drag": drag}[part]()
