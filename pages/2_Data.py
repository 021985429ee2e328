"""The data set: its splits, its table, its labels and its source."""

import pandas as pd
import streamlit as st

from lrcore import figures, source
from lrcore.data import DATASETS, SPLITS
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from pages.components.charts.figure import figure_chart
from pages.components.page import Page
from pages.components.state.controls import SEED
from pages.components.state.recipe_panel import recipe_controls
from pages.components.train.address import run_link

page = Page(__file__)
page.opening("What do the networks of this app learn from, and what does a validation accuracy mean here?")

recipe = Recipe()
data = DATASETS[recipe.data]
frame, y = data.frame, data.y

st.subheader("Split inspector", anchor=False)
controls, chart = st.columns([1, 2], gap="large")
with controls:
    how = recipe_controls()["split"].draw()
    seed = SEED.draw(disabled=how == "tail")
    st.caption(f"{SPLITS[how]}.")
train, validation = data.split(how, seed)
with controls:
    baseline = float(y[validation].mean())
    st.metric('Always answering "good" scores', f"{baseline:.1%}", help="On the validation rows.")
    st.markdown(
        f"It scores {y[train].mean():.1%} on the training rows. An accuracy means something only "
        "by how far it is above such a baseline, so every chart of validation accuracy in this app draws it."
    )
with chart:
    counts = {
        part: {"good": int(y[rows].sum()), "bad": int((1 - y[rows]).sum())}
        for part, rows in (("training", train), ("validation", validation))
    }
    figure_chart(
        st,
        figures.class_counts(counts),
        key="data.counts",
        alt="; ".join(f"{part}: {n['good']} good, {n['bad']} bad" for part, n in counts.items()),
    )
    st.dataframe(
        pd.DataFrame(counts).T.assign(rows=lambda table: table.sum(axis=1)).rename_axis("part"),
        key="data.split",
    )

st.subheader("The table", anchor=False)
st.markdown(
    f"{len(frame)} radar returns, {len(data.features)} features, one class. Antennas at Goose Bay, Labrador, "
    "sent pulses towards the ionosphere. A *good* return shows structure there; a *bad* one passed through. "
    "Each pair of columns (`a01` and `a02`, `a03` and `a04`, ...) is the real and the imaginary part of "
    f"one of {len(data.features) // 2} values of the signal's autocorrelation, one per pulse number, "
    f"all between -1 and 1. `a01` is {' or '.join(f'{v:g}' for v in sorted(frame.a01.unique()))}, and `a02` is "
    f"always {frame.a02.unique().item():g}: it can teach a network nothing. {int(frame.duplicated().sum())} row "
    f"stands twice. The network gets the values as they are, unscaled, as in {source.LINKED}."
)
st.dataframe(frame, height=280, key="data.table")

left, right = st.columns([1, 2], gap="large")
with left:
    st.subheader("From class to label", anchor=False)
    labels = {
        "class": data.classes.keys(),
        "meaning": data.classes.values(),
        "label": (0, 1),
        "rows": data.counts,
    }
    st.dataframe(pd.DataFrame(labels), hide_index=True, key="data.labels")
    st.caption("scikit-learn's `LabelEncoder` numbers the classes in alphabetical order, from 0.")
with right:
    st.subheader("Source and licence", anchor=False)
    st.markdown(f"{data.source} Licence: {data.licence}")

page.closing(
    ("See the article's split", "2_Data.py", {"split": "tail"}),
    ("Train the article's first recipe", "4_Train.py", run_link(ARTICLE["constant"])),
    ("Train it on a stratified split", "4_Train.py", run_link(Recipe())),
)
