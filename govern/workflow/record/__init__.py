"""Systems, datasets, runs and models as they are recorded; what of a run can still be had."""
