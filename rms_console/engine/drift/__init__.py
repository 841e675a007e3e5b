"""Is the shop equal to the store, and how do we know: store, ledger and shop laid side by side."""
