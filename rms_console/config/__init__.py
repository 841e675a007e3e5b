"""console.toml, environment and profiles -> validated settings."""
