"""Measurements of a running mailapp from the outside. `python -m bench --help`; see README.md beside this file."""
