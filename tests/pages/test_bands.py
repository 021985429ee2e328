"""What is said of bands is true of them."""

from __future__ import annotations

import numpy as np

from lrcore.findings import metrics
from pages.components.charts import bands


def test_the_share_of_runs_in_a_band_is_the_one_in_its_words():
    runs = np.random.default_rng(0).normal(size=(10_000, 1))
    band = metrics.spread(runs)
    inside = np.mean((band.low <= runs) & (runs <= band.high))
    assert f"{100 * inside:.0f} %" in bands.BAND_IN_WORDS
