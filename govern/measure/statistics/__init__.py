"""Closed-form intervals and tests, with the source of each formula."""
