"""Widgets that Textual does not have: the row table, verdict documents, charts."""
