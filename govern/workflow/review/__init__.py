"""People's decisions: dossiers, approvals, conditions."""
