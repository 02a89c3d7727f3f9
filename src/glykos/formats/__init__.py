"""Files to records: one format, one file. ``FORMATS`` is the whole list."""
