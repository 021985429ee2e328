"""Recipes: everything that determines a training run except its seed.

`recipe.py` has the recipe and its parameters in a link, `article.py` the article's four recipes, `presets.py` the
ready-made comparisons, `rate_notes.py` remarks on a recipe's rates, `confounds.py` the differences of two recipes.
To add a setting, add a field to `Recipe`; to add a comparison, an entry to `PRESETS`.
"""
