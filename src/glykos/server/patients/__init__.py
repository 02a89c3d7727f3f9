"""The people whose data are kept: their settings and their keys. No readings here."""
