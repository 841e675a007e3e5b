"""Who may write a shop."""
