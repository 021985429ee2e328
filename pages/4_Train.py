import streamlit as st

from lrcore import figures
from lrcore.recipes import ARTICLE
from pages.components.page import Page
from pages.components.recipe_panel import recipe_panel, recipe_parameters, recipe_link

page = Page(__file__)
page.opening("What does the learning rate do over a run, and what does it do to the training?", recipe_parameters())
r = recipe_panel()
st.text(repr(r))
rates = r.learning_rates(235)
st.plotly_chart(figures.with_update_axis(figures.epoch_figure([figures.Panel("learning rate",[figures.rate_curve("x", rates, "#12926b")])]), *rates.shape))
page.closing(*[(x+" "+n, f, recipe_link(a)) for n, a in ARTICLE.items() for x,f in [("here","3_Schedules.py"),("train","4_Train.py")]])
