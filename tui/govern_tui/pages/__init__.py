"""The nine pages: one file each, with what it reads, what it draws and what its keys do."""
