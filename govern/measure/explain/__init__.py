"""Measures of what a model's decisions rest on."""
