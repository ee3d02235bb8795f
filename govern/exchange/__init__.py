"""Foreign formats and systems: one file each, knowing none of the rooms that decide or record."""
