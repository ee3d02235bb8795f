"""What is proved of a ledger, and what a damage touches."""
