"""SQLite and PostgreSQL, the object folder; the only room that knows SQL."""
