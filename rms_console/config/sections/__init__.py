"""The tables of console.toml, one module per theme. Each key carries its default, its range and its sentence."""
