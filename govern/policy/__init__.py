"""Documents, applicability, deciding, waivers, differences and the test kit of policies; pure."""
