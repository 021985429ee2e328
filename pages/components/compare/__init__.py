"""What the page Compare has for itself: recipes by letter, their charts and tables, and the verdicts on them."""
