"""Widgets: each draws lines of parts, and redraws those that changed."""
