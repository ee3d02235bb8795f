"""Evidence packs: made, attached to, verified and replayed."""
