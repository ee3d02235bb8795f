"""Two-sample tests for one column, by scipy or by alibi-detect, with the same statistics."""
