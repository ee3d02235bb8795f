"""Verification of a whole ledger, step by step, as one value to show."""
