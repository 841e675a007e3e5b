"""In-memory twins of ports, for tests: they behave, they are not told what to answer."""
