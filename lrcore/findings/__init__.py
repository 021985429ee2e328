"""Findings from runs: measures, verdicts, tuning, the article's claims, and the words for all of them.

To add a number that tables show and verdicts judge, add an entry to `MEASURES`; to add a claim, one to `CLAIMS`.
"""
