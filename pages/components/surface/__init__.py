"""The Surface page: its runs' weights, the picture of them, the player, the drop, what the paths do over seeds."""
