"""What the page The article has for itself: experiments, claims, traps."""
