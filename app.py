"""The learning rate laboratory: `streamlit run app.py`."""

from streamlit.starlette import App

from pages.components.charts import previews
from pages.components.lifespan import lifespan
from pages.components.navigation import navigation

if __name__ == "__main__":  # Streamlit runs this file for every visit
    navigation().run()
else:  # the server loads it once
    app = App(__file__, routes=previews.routes(), lifespan=lifespan)
