"""Brings every change of an RMS store to its Shopify shop."""

__version__ = "0.1.0"
