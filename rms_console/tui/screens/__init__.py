"""Screens: what each shows is a pure function of the view; the screen itself only lays it out."""
