"""The article that this app checks: how it is named and linked, in one place for all pages and texts."""

TITLE = "Decoding Learning Rate Decay (code included)"
PUBLISHER, URL = "Analytics Vidhya", "https://medium.com/analytics-vidhya"
NAMED = 'the article "Decoding Learning Rate Decay"'
"""Its name at the first mention on a page, within a sentence."""
LINKED = f"{NAMED} ([{PUBLISHER}]({URL}))"
"""The same in markdown, with a link to where it was published."""
CREDITED = f'the article "{TITLE}" ([{PUBLISHER}]({URL}), on Medium)'
"""Its whole title, where it is the subject."""
