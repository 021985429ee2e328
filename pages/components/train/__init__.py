"""What the page Train has for itself."""
