"""The parts of the page Compare: recipes by letter, their links, controls, charts and tables, and the verdicts."""
