"""Keys, the trust root, checkpoints kept outside; recovering a ledger and erasing what may no longer be kept."""
