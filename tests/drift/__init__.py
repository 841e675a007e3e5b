"""Is the shop equal to the store: the drift report, what heals it, and how it is asked for."""
