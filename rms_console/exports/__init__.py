"""Files for service managers, containers and monitoring, made from templates and tables."""
