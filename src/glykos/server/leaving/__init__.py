"""Everything of one record as one file, and back again."""
