"""What the page Learning rate has for itself: the bowl, the ravine, the four cases on real data."""
