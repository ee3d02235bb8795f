"""Keys, signers, and the trust root that says who may sign what."""
