"""Who did what with whose data: an append-only, chained log with signed anchors outside of it."""
