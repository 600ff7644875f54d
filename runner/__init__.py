"""Deploys Sessionbook, session scheduling that lives inside PostgreSQL."""
