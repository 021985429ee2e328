"""The learning rate laboratory: `streamlit run app.py`."""

from pages.components.navigation import navigation

navigation().run()
