"""What the ledger's entries amount to: pure folds, and questions to them."""
