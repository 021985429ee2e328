"""What the page Train has for itself: `address` (links), `page_run` (the run and its state), `widgets` (the screen)."""
