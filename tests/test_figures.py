"""Figures: what they are made of is what plotly knows."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from lrcore import figures
from lrcore.recipes import ARTICLE
from lrcore.schedules import SCHEDULES

RUNS = np.random.default_rng(0).random((20, 50))


def panels() -> list[figures.Panel]:
    """A band with its median, single runs with a reference, and rates on a logarithmic axis."""
    low, middle, high = np.quantile(RUNS, (0.25, 0.5, 0.75), axis=0)
    rates = figures.rate_curve("rate", ARTICLE["step"].learning_rates(235), figures.RATE)
    return [
        figures.Panel("loss", [figures.Curve("training", middle, figures.TRAINING, "dash", low, high)]),
        figures.Panel(
            "accuracy", [figures.Curve("all", middle, figures.VALIDATION, runs=RUNS)], (0.7, "always")
        ),
        figures.Panel("learning rate", [rates], log=True),
    ]


def drawn() -> dict[str, go.Figure]:
    """A figure of every kind, with every part that one can have."""
    return {
        "epochs": figures.epoch_figure(panels()),
        "one panel, no legend": figures.epoch_figure(panels()[:1], legend=False),
        "updates": figures.update_figure(panels()[2], 50, 9),
    }


@pytest.mark.parametrize("kind", drawn())
def test_plotly_finds_nothing_wrong_with_a_figure(kind):
    figure = drawn()[kind]
    assert json.loads(go.Figure(figure.to_dict()).to_json())["data"] == json.loads(figure.to_json())["data"]
    assert go.Figure(json.loads(figure.to_json())).data  # it raises for a property that plotly does not know


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_that_comes_again_looks_different(name):
    styles = [figures.schedule_style(name, repeat) for repeat in range(3)]
    assert len(set(styles)) == 3
