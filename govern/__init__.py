"""Governance and compliance audit for machine learning: evidence, verdicts, signed approvals, and their proof."""

__version__ = "0.1.0"
