"""What runs say: measures, verdicts seed by seed, the article's claims, and all of it in words.

To add a number that tables show and verdicts judge, add an entry to `MEASURES`; to add a claim, one to `CLAIMS`.
"""
