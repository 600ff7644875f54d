"""Measures what the package costs beside plain SQL; see bench/RESULTS.md."""
