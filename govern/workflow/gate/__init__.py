"""Asking policy: what it is asked, what was measured for it, and every attempt."""
