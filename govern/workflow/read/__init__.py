"""Reading: status, queue, lineage, the log; what held earlier, proved."""
