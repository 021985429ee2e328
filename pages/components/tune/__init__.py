"""What the page Tune has for itself: schedules without a rate, their runs over a grid of rates, and what these say.

`entries` has the schedules and their controls, `plan` how many seeds the budget allows, `runs` the trained grids,
`curve`, `heat_map` and `rising` the three views, `point` the chosen rate, `stops` what that shows while its slider is
held, `verdict` the sentences. To add a view, add a word to `views.VIEW`, and a function that shows it to `6_Tune.py`.
"""
