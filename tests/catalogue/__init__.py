"""Rows of the catalogue of failures that no single part can show: the engine whole, on a store and a shop."""
