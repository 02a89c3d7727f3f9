"""Records to numbers: one metric family, one file. ``METRICS`` is the whole list."""
