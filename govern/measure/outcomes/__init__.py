"""Measures of how right a model is on the whole."""
