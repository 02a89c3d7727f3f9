"""The words: records, units, time, History. Pure Python and NumPy; imports nothing of ours but errors."""
