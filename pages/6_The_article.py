"""The article, checked: its experiments as written, its claims with verdicts, and what is due to what."""

import streamlit as st

from lrcore.claims import CONTROLS
from lrcore.presets import PRESETS
from lrcore.recipes import ARTICLE
from pages.components import article, article_claims, article_traps, comparison, comparison_tables
from pages.components.page import Page

page = Page(__file__)
page.opening(
    "A tutorial tried four schedules on this data and concluded that decay speeds training up. Does it?"
)

st.subheader("Four experiments, as written", anchor=False)
st.markdown(
    "The idea is a good one: large steps first, small ones later. But its experiments change several things at "
    "once. Find them in the settings."
)
as_written = st.container()
results = article.runs(ARTICLE, article.ARTICLE_SEEDS)

st.subheader("Its claims, one by one", anchor=False)
which_target, how_many = st.columns(2, gap="large")
with which_target:
    target = comparison_tables.TARGET_HEIGHT.draw(
        label="Target: training accuracy that counts as high",
        help="The article names no number. Epochs are counted until a run first has this training accuracy.",
    )
with how_many:
    seeds = article.control_seeds()
with as_written:
    article.experiment(target)
results |= article.runs(CONTROLS, seeds)
verdicts = article_claims.verdict_table(target, seeds, results)
article_claims.claims(verdicts)
article_claims.method(target, seeds, verdicts, results)

st.subheader("One change at a time", anchor=False)
st.markdown(
    "Where the article added decay, it added momentum, too. To tell the two apart, cross them: these four recipes all "
    "start at the rate 0.1."
)
article_claims.one_change_at_a_time(results, target, verdicts)

st.subheader("Trap 1: what it validates on", anchor=False)
article_traps.split_trap()

st.subheader("Trap 2: what `decay` counts", anchor=False)
article_traps.decay_trap()

page.closing(
    *(
        (label, "5_Compare.py", comparison.link(comparison.entries_of(PRESETS[preset])))
        for label, preset in (
            ("Its four schedules with equal momentum", "equal_momentum"),
            ("Where decay does help: a first rate of 2.0", "decay_at_2"),
            ("One decay, four meanings: what they do to the training", "four_meanings"),
        )
    ),
)
