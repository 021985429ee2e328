"""The names and the link of the article that this app examines."""

TITLE = "Decoding Learning Rate Decay (code included)"
PUBLISHER, URL = "Analytics Vidhya", "https://medium.com/analytics-vidhya"
NAMED = 'the article "Decoding Learning Rate Decay"'
"""Its name within a sentence, for the first mention on a page."""
LINKED = f"{NAMED} ([{PUBLISHER}]({URL}))"
"""`NAMED` in markdown, with a link to the publisher."""
CREDITED = f'the article "{TITLE}" ([{PUBLISHER}]({URL}), on Medium)'
"""Its full title in markdown, where it is the subject."""
