"""The tree, checkpoints, proofs and their verification; runs without a database."""
