"""Deterministic simulation: the real engine on a virtual clock against a faulty world. One seed is one history."""
