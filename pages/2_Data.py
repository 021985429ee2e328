"""The data set: its splits, its table, its labels and its source."""

import pandas as pd
import streamlit as st

from lrcore import figures
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

choice = st.container()  # of the data set; the split is first in the address
st.subheader("Split inspector", anchor=False)
controls, chart = st.columns([1, 2], gap="large")
with controls:
    how = recipe_controls()["split"].draw()
    seed = SEED.draw(disabled=how == "tail")
    st.caption(f"{SPLITS[how]}.")
with choice:
    data = DATASETS[recipe_controls()["data"].draw()]
frame, y = data.frame, data.y
labels = {word: label for label, word in enumerate(data.classes.values())}
words = sorted(labels, key=lambda word: word != data.larger_class)  # the larger class first
train, validation = data.split(how, seed)
with controls:
    baseline = data.share_of_larger(validation)
    st.metric(
        f'Always answering "{data.larger_class}" scores', f"{baseline:.1%}", help="On the validation rows."
    )
    st.markdown(
        f"It scores {data.share_of_larger(train):.1%} on the training rows. An accuracy means something only "
        "by how far it is above such a baseline, so every chart of validation accuracy in this app draws it."
    )
with chart:
    counts = {
        part: {word: int((y[rows] == labels[word]).sum()) for word in words}
        for part, rows in (("training", train), ("validation", validation))
    }
    figure_chart(
        st,
        figures.class_counts(counts),
        key="data.counts",
        alt="; ".join(
            f"{part}: " + ", ".join(f"{count} {word}" for word, count in of_class.items())
            for part, of_class in counts.items()
        ),
    )
    st.dataframe(
        pd.DataFrame(counts).T.assign(rows=lambda table: table.sum(axis=1)).rename_axis("part"),
        key="data.split",
    )

st.subheader("The table", anchor=False)
st.markdown(data.about(frame))
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
