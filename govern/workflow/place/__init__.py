"""The workspace: its folder, its settings, its folded state, and moments of its past."""
