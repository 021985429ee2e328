"""What a run is: everything that determines it but the seed.

`recipe.py` has the recipe and its parameters in a link, `article.py` the article's four, `presets.py` the ready-made
comparisons, `rate_notes.py` what to say of a recipe's rates, `confounds.py` in what two recipes differ.
To add a setting, add a field to `Recipe`; to add a comparison, an entry to `PRESETS`.
"""
