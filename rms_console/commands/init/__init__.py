"""`init`: asks what is needed, tries each answer, writes console.toml, and ends with a plan; nothing is sent."""
