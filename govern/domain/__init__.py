"""Frozen values in the field's words; standard library only, so that every room may import them."""
