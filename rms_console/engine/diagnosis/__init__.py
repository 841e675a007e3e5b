"""Diagnostics: rules look at what is so and say what to do. `rules` is the table, `gathering` brings the facts."""
