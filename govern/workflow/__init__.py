"""The use cases: the only room in which reading, deciding and writing meet, and the only one that reads the clock."""
