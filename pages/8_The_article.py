"""The article, checked: the answer, its experiments as written, its claims with verdicts, what is due to what."""

import streamlit as st

from lrcore import source
from lrcore.findings.claims import CONTROLS, TUNED
from lrcore.recipes.article import ARTICLE
from pages.components.article import claims, experiments, traps
from pages.components.article.experiments import folded
from pages.components.compare import comparison, links, tables
from pages.components.page import Page
from pages.components.surface import toggling
from pages.components.tune import entries

page = Page(__file__)
page.opening(
    f"{source.CREDITED[0].upper()}{source.CREDITED[1:]} tried four schedules on this data and concluded that decay "
    "speeds training up. Does it?",
    below=True,
)
answer = st.container()
which_target, how_many = st.columns(2, gap="large")
with which_target:
    target = tables.TARGET_HEIGHT.draw(
        label="Target: training accuracy that counts as high",
        help="The article names no number. Epochs are counted until a run first has this training accuracy.",
    )
with how_many:
    seeds = experiments.control_seeds()

st.subheader(
    "Four experiments, as written",
    anchor=False,
    help="They change several things at once: find them in the settings. And which curves are bumpier?",
)
results = experiments.runs(ARTICLE, experiments.ARTICLE_SEEDS)
experiments.experiment(target)
with answer:
    results |= experiments.runs(CONTROLS, seeds)
    claims.show_answer(target, seeds, results)


def does_it_toggle() -> None:
    """The link to where the weights are watched."""
    page.link(
        "Does it toggle around a minimum? Watch its weights, and measure",
        "7_Surface.py",
        toggling.link_to_claim(),
        key="article.toggling",
        icon=":material/arrow_forward:",
    )


def tune_them() -> None:
    """The link to where the rates are tuned."""
    alike = CONTROLS["constant, momentum 0.9"], ARTICLE["step"], ARTICLE["exponential"]
    page.link(
        "Tune the three that have momentum 0.9: how sure is each best rate?",
        "6_Tune.py",
        entries.link(alike),
        key="article.tune",
        icon=":material/arrow_forward:",
    )


st.subheader("Its claims, one by one", anchor=False)
results |= experiments.runs(TUNED, seeds)
verdicts = claims.verdict_table(target, seeds, results)
with st.container(gap="xsmall"):
    claims.claims(verdicts, {"C1": does_it_toggle})

st.subheader("What is behind them", anchor=False)
with st.container(gap="xsmall"):
    folded(
        "One change at a time: is it decay, momentum, or the rate?",
        lambda: claims.one_change_at_a_time(results, target, verdicts, {"Tuned": tune_them}),
        icon=":material/call_split:",
        key="article.causes",
    )
    folded(
        "Two traps: what it validates on, and what `decay` counts",
        traps.traps,
        icon=":material/warning:",
        key="article.traps",
    )
    folded(
        "How the verdicts are reached, and what another target would change",
        lambda: claims.method(target, seeds, verdicts, results),
        icon=":material/help:",
        key="article.method",
    )

page.closing(
    *(
        (label, "5_Compare.py", links.link(comparison.entries_of(preset)))
        for label, preset in (
            ("Its four schedules with equal momentum", experiments.SAME_MOMENTUM),
            ("Where decay does help: a first rate of 2.0", experiments.HELPFUL_DECAY),
            ("One decay, four meanings: what they do to the training", experiments.MEANINGS),
        )
    ),
)
