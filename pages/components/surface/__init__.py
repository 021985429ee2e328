"""The Surface page: the weights of its runs, their picture, the player, the drop, and the measures over seeds."""
