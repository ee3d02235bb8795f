"""Measures of how a window of data differs from a reference."""
