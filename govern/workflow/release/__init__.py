"""Promotion, deployment, rollback, retirement; what a container asks before it starts."""
