"""Measures of how outcomes and errors differ between groups."""
