"""Windows of live data, their baseline, and who is told of them."""
