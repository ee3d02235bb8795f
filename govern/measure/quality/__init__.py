"""Measures of the data itself."""
